use std::fs;
use std::path::PathBuf;

use super::abi::Direction;
use super::device::Device;
use super::holders::holders;
use crate::error::CameraErrorKind;
use crate::info::{CameraInfo, CameraKind, SinkInfo};

/// Every camera, in the order of their numbers: hardware first, then loopbacks.
pub(crate) fn cameras() -> Vec<CameraInfo> {
    let mut found: Vec<CameraInfo> = nodes().into_iter().filter_map(camera).collect();
    found.sort_by_key(|camera| camera.kind == CameraKind::Loopback);
    found
}

fn camera(path: PathBuf) -> Option<CameraInfo> {
    let id = path.display().to_string();
    match Device::open(&path) {
        Ok(device) if device.streams(Direction::Capture) => {
            let kind = if device.is_loopback() {
                CameraKind::Loopback
            } else {
                CameraKind::Hardware
            };
            let mut camera = CameraInfo::new(id, device.name().to_owned(), kind);
            camera.modes = device.modes();
            drop(device);
            camera.holders = holders(&path);
            Some(camera)
        }
        Ok(_) => None,
        // It is there, and whoever looks for it should see why it cannot be used.
        Err(error)
            if matches!(
                error.kind(),
                CameraErrorKind::NoPermission | CameraErrorKind::Busy
            ) =>
        {
            let mut camera = CameraInfo::new(id, kernel_name(&path)?, CameraKind::Hardware);
            camera.holders = holders(&path);
            camera.trouble = Some(error);
            Some(camera)
        }
        Err(_) => None,
    }
}

/// Every v4l2loopback device, whether somebody feeds it or not, in the order of their
/// numbers.
pub(crate) fn sinks() -> Vec<SinkInfo> {
    nodes()
        .into_iter()
        .filter_map(|path| {
            let (name, trouble) = match Device::open(&path) {
                Ok(device) if device.is_loopback() => (device.name().to_owned(), None),
                Err(error)
                    if error.kind() == CameraErrorKind::NoPermission && is_virtual(&path) =>
                {
                    (kernel_name(&path)?, Some(error))
                }
                _ => return None,
            };
            Some(SinkInfo {
                holders: holders(&path),
                trouble,
                ..SinkInfo::new(path, name)
            })
        })
        .collect()
}

/// The video nodes, by number.
fn nodes() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir("/sys/class/video4linux") else {
        return Vec::new();
    };
    let mut numbers: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_prefix("video")?
                .parse()
                .ok()
        })
        .collect();
    numbers.sort_unstable();
    numbers
        .into_iter()
        .map(|number| PathBuf::from(format!("/dev/video{number}")))
        .collect()
}

/// The name that the kernel shows of a device that cannot be opened.
fn kernel_name(path: &std::path::Path) -> Option<String> {
    let node = path.file_name()?.to_str()?;
    let name = fs::read_to_string(format!("/sys/class/video4linux/{node}/name")).ok()?;
    Some(name.trim().chars().filter(|c| !c.is_control()).collect())
}

/// Whether no hardware is behind the device, as with every loopback.
fn is_virtual(path: &std::path::Path) -> bool {
    path.file_name()
        .and_then(|node| fs::canonicalize(PathBuf::from("/sys/class/video4linux").join(node)).ok())
        .is_some_and(|target| target.starts_with("/sys/devices/virtual"))
}
