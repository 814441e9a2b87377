//! Linux: nokhwa's V4L2 reader, after our own has chosen and set the mode. nokhwa cannot open
//! a camera whose present rate or format it has no name for, sets the first mode it finds
//! when asked for the list, and lists nodes that only take frames.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ::nokhwa::Camera;
use ::nokhwa::error::NokhwaError;
use ::nokhwa::utils::{ApiBackend, CameraIndex};

use super::capture::{Layout, Opened};
use super::claim::Claim;
use super::formats::{exactly, extent, named, words};
use crate::error::{CameraError, CameraErrorKind};
use crate::info::CameraInfo;
use crate::mode::{Encoding, Mode, Wish};
use crate::v4l2::{Device, Direction, Granted, holders};

/// The kernel's permissions show when the device is opened.
pub(super) fn permission() -> Result<(), CameraError> {
    Ok(())
}

/// The kernel's list without modes that nokhwa has no name for.
pub(super) fn cameras() -> Result<Vec<CameraInfo>, CameraError> {
    let mut cameras = crate::v4l2::cameras();
    for camera in &mut cameras {
        camera.modes.retain(|mode| named(mode).is_some());
    }
    Ok(cameras)
}

/// Whether the node `key` is still there.
pub(super) fn is_there(key: &str) -> bool {
    Path::new(key).exists()
}

/// Opens the camera at the path `id` and starts it.
pub(super) fn open(
    id: &str,
    wish: &Wish,
    left: &Arc<AtomicBool>,
) -> Result<Opened<Camera>, CameraError> {
    // Links such as those of /dev/v4l/by-id lead to the numbered node.
    let path = fs::canonicalize(id).unwrap_or_else(|_| PathBuf::from(id));
    let key = path.display().to_string();
    let device = Device::open(&path)?;
    let number = number(&path)?;
    let claim = Claim::take(&key, left)?;
    let granted = set_mode(&device, wish, id)?;
    let layout = Layout {
        mode: granted.mode,
        stride_bytes: match granted.mode.encoding {
            Encoding::Raw(_) => granted.stride_bytes,
            Encoding::Mjpeg => 0,
        },
        colour: granted.colour,
    };
    let format = named(&granted.mode).ok_or_else(|| no_name(id, &granted.mode))?;
    let mut camera = Camera::with_backend(
        CameraIndex::Index(number),
        exactly(format),
        ApiBackend::Video4Linux,
    )
    .map_err(|error| refused(&path, &error))?;
    drop(device);
    camera
        .open_stream()
        .map_err(|error| refused(&path, &error))?;
    Ok(Opened {
        frames: camera,
        extent: extent(&layout)?,
        layout,
        claim,
    })
}

/// nokhwa opens nodes by number.
fn number(path: &Path) -> Result<u32, CameraError> {
    path.to_str()
        .and_then(|path| path.strip_prefix("/dev/video")?.parse().ok())
        .ok_or_else(|| {
            CameraError::new(
                CameraErrorKind::NotACamera,
                format!(
                    "{}: nokhwa opens /dev/video0 and its like only",
                    path.display()
                ),
            )
        })
}

/// Sets the nearest mode that nokhwa can run.
fn set_mode(device: &Device, wish: &Wish, id: &str) -> Result<Granted, CameraError> {
    if !device.streams(Direction::Capture) {
        return Err(CameraError::new(
            CameraErrorKind::NotACamera,
            format!("{id}: gives no frames now: choose another one, see frosted devices"),
        ));
    }
    let modes = device.modes();
    let usable: Vec<Mode> = modes
        .iter()
        .copied()
        .filter(|mode| named(mode).is_some())
        .collect();
    let chosen = wish
        .choose(&usable)
        .ok_or_else(|| match wish.choose(&modes) {
            Some(mode) => no_name(id, &mode),
            None => CameraError::new(
                CameraErrorKind::Unsupported,
                format!("{id}: has no format that is understood here, such as YUYV or MJPEG"),
            ),
        })?;
    device.set_mode(
        Direction::Capture,
        &Mode {
            rate: chosen.rate.or(Some(wish.rate)),
            ..chosen
        },
    )
}

fn no_name(id: &str, mode: &Mode) -> CameraError {
    CameraError::new(
        CameraErrorKind::Unsupported,
        format!(
            "{id}: nokhwa cannot run it as {mode}, only as yuyv, nv12, rgb or mjpeg with a whole \
             number of frames a second: read it through V4L2"
        ),
    )
}

fn refused(path: &Path, error: &NokhwaError) -> CameraError {
    let shown = path.display();
    let text = words(error);
    if text.contains("busy") {
        let holders = holders(path);
        let who = if holders.is_empty() {
            "another program".to_owned()
        } else {
            holders.join(", ")
        };
        return CameraError::new(
            CameraErrorKind::Busy,
            format!("{shown}: {who} uses it: end that program or choose another camera"),
        );
    }
    CameraError::new(
        CameraErrorKind::System,
        format!("{shown}: nokhwa cannot start it: {text}"),
    )
}
