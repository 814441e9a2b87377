//! macOS: AVFoundation. Type-checked, not run on hardware.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ::nokhwa::error::NokhwaError;
use ::nokhwa::utils::{ApiBackend, CameraIndex, FrameFormat};
use ::nokhwa::{Camera, nokhwa_check, nokhwa_initialize, query};
use frosted_core::{Colour, PixelFormat};
use nokhwa_bindings_macos::AVCaptureDevice;

use super::capture::{Layout, Opened};
use super::claim::Claim;
use super::formats::{exactly, extent, mode, named, words};
use crate::error::{CameraError, CameraErrorKind};
use crate::info::{CameraInfo, CameraKind};
use crate::mode::{Mode, Wish};

/// What the user gets to answer macOS's question before the camera counts as forbidden; the
/// answer counts the next time.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// Rows are padded to this many bytes and nokhwa does not say; only widths that need no
/// padding are taken.
const ROW_ALIGNMENT_BYTES: usize = 64;

/// A camera lists rates at which it cannot be run; so many modes are tried.
const TRIES: usize = 4;

/// Asks the user through macOS, if that was not done before.
pub(super) fn permission() -> Result<(), CameraError> {
    if nokhwa_check() {
        return Ok(());
    }
    let (answer, answered) = mpsc::channel();
    nokhwa_initialize(move |allowed| {
        // Nobody listens to an answer that came late.
        let _ = answer.send(allowed);
    });
    if answered.recv_timeout(ANSWER_LIMIT) == Ok(true) {
        return Ok(());
    }
    Err(CameraError::new(
        CameraErrorKind::NoPermission,
        "macOS does not let this program use the camera: allow it in System Settings, Privacy & \
         Security, Camera, where it has the name of the program that it was started from, such as \
         Terminal",
    ))
}

/// Every camera with its modes.
pub(super) fn cameras() -> Result<Vec<CameraInfo>, CameraError> {
    let found = query(ApiBackend::AVFoundation).map_err(|error| cannot_ask(&error))?;
    let described = found.iter().map(|camera| {
        let mut info = CameraInfo::new(camera.misc(), camera.human_name(), CameraKind::Hardware);
        match modes(&info.id) {
            Ok(modes) => info.modes = modes,
            Err(error) => info.trouble = Some(refused(&info.name, &error)),
        }
        info
    });
    Ok(described.collect())
}

/// Whether the camera with the identifier `key` is still there, as far as can be told.
/// Nothing else tells: a reader of an unplugged camera waits for ever.
pub(super) fn is_there(key: &str) -> bool {
    query(ApiBackend::AVFoundation).map_or(true, |found| {
        found.iter().any(|camera| camera.misc() == key)
    })
}

/// Opens the camera with the identifier or the number `id` and starts it.
pub(super) fn open(
    id: &str,
    wish: &Wish,
    left: &Arc<AtomicBool>,
) -> Result<Opened<Camera>, CameraError> {
    let found = query(ApiBackend::AVFoundation).map_err(|error| cannot_ask(&error))?;
    let key = found
        .iter()
        .find(|camera| camera.misc() == id || camera.index().as_string() == id)
        .map(::nokhwa::utils::CameraInfo::misc)
        .ok_or_else(|| {
            CameraError::new(
                CameraErrorKind::NotFound,
                format!("{id}: there is no such camera: plug it in, or see what there is with frosted devices"),
            )
        })?;
    let claim = Claim::take(&key, left)?;
    let modes = modes(&key).map_err(|error| refused(id, &error))?;
    let (mut camera, mode) = first_that_opens(id, &key, wish, modes)?;
    camera.open_stream().map_err(|error| refused(id, &error))?;
    let taken = camera.resolution();
    if (taken.width() as usize, taken.height() as usize) != (mode.width, mode.height) {
        return Err(CameraError::new(
            CameraErrorKind::Unsupported,
            format!("{id}: did not take {mode}, which it offers: choose another size"),
        ));
    }
    let layout = Layout {
        stride_bytes: row_bytes(&mode),
        colour: Colour::default(),
        mode,
    };
    Ok(Opened {
        frames: camera,
        extent: extent(&layout)?,
        layout,
        claim,
    })
}

fn first_that_opens(
    id: &str,
    key: &str,
    wish: &Wish,
    mut modes: Vec<Mode>,
) -> Result<(Camera, Mode), CameraError> {
    let mut why = CameraError::new(
        CameraErrorKind::Unsupported,
        format!("{id}: has no format that is understood here, or no width that 32 divides"),
    );
    for _ in 0..TRIES {
        let Some((mode, format)) = wish
            .choose(&modes)
            .and_then(|mode| Some((mode, named(&mode)?)))
        else {
            break;
        };
        let index = CameraIndex::String(key.to_owned());
        match Camera::with_backend(index, exactly(format), ApiBackend::AVFoundation) {
            Ok(camera) => return Ok((camera, mode)),
            Err(error) => why = refused(id, &error),
        }
        modes.retain(|other| *other != mode);
    }
    Err(why)
}

/// The modes that are asked of the bindings, because nokhwa mixes the formats up.
///
/// Whatever the camera's own format, macOS is asked for YUYV: nokhwa has no right picture in
/// another one. It counts NV12 as YUYV for that reason.
fn modes(key: &str) -> Result<Vec<Mode>, NokhwaError> {
    let formats = AVCaptureDevice::from_id(key, None)?.supported_formats()?;
    let mut modes: Vec<Mode> = Vec::new();
    for format in formats {
        let Some(mode) = mode(&format).filter(|_| format.format() == FrameFormat::YUYV) else {
            continue;
        };
        if row_bytes(&mode) % ROW_ALIGNMENT_BYTES == 0 && !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    Ok(modes)
}

fn row_bytes(mode: &Mode) -> usize {
    PixelFormat::Yuyv.plane_size(0, mode.width, mode.height).0
}

fn cannot_ask(error: &NokhwaError) -> CameraError {
    CameraError::new(
        CameraErrorKind::System,
        format!("AVFoundation cannot be asked for cameras: {}", words(error)),
    )
}

fn refused(id: &str, error: &NokhwaError) -> CameraError {
    let text = words(error);
    if text.contains("already in use") {
        return CameraError::new(
            CameraErrorKind::Busy,
            format!("{id}: another program uses it: end that program or choose another camera"),
        );
    }
    CameraError::new(
        CameraErrorKind::System,
        format!("{id}: cannot be started: {text}: unplug it and plug it in again"),
    )
}
