//! The cameras of the machine, by whatever its system offers.

use std::path::Path;

#[allow(unused_imports, reason = "not every system needs both")]
use crate::error::{CameraError, CameraErrorKind};
use crate::info::{CameraInfo, SinkInfo};
use crate::mode::{Mode, Wish};
use crate::sink::{Sink, SinkOptions};
use crate::source::Source;

/// Every camera that is there: hardware first, then loopbacks. Cameras that cannot be opened
/// are listed with the reason. No camera's light goes on.
///
/// # Errors
/// [`CameraErrorKind::System`] if the system cannot be asked. No camera at all is an empty
/// list.
pub fn cameras() -> Result<Vec<CameraInfo>, CameraError> {
    #[cfg(target_os = "linux")]
    {
        Ok(crate::v4l2::cameras())
    }
    #[cfg(any(windows, target_os = "macos"))]
    {
        crate::source::nokhwa_cameras()
    }
    #[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
    {
        Err(no_cameras())
    }
}

/// Opens the camera `id` of [`CameraInfo`] in the mode nearest to `wish` and starts it: its
/// light goes on.
///
/// # Errors
/// [`NotFound`](CameraErrorKind::NotFound), [`NoPermission`](CameraErrorKind::NoPermission),
/// [`Busy`](CameraErrorKind::Busy), [`NotACamera`](CameraErrorKind::NotACamera),
/// [`Unsupported`](CameraErrorKind::Unsupported) if it has no mode that is understood, each
/// with the remedy.
pub fn open_camera(id: &str, wish: &Wish) -> Result<Box<dyn Source>, CameraError> {
    #[cfg(target_os = "linux")]
    {
        Ok(Box::new(crate::source::V4l2Source::open(
            Path::new(id),
            wish,
        )?))
    }
    #[cfg(any(windows, target_os = "macos"))]
    {
        Ok(Box::new(crate::source::NokhwaSource::open(id, wish)?))
    }
    #[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
    {
        let _ = (id, wish);
        Err(no_cameras())
    }
}

/// The mode that [`open_camera`] would start the camera in; `None` where that cannot be
/// known without starting it.
///
/// # Errors
/// As [`open_camera`], as far as can be seen without starting the camera.
pub fn probe_camera(id: &str, wish: &Wish) -> Result<Option<Mode>, CameraError> {
    #[cfg(target_os = "linux")]
    {
        crate::source::V4l2Source::probe(Path::new(id), wish).map(Some)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (id, wish);
        Ok(None)
    }
}

/// Every device that a virtual camera can be made of. Empty where there is no v4l2loopback.
pub fn sinks() -> Vec<SinkInfo> {
    #[cfg(target_os = "linux")]
    {
        crate::v4l2::sinks()
    }
    #[cfg(not(target_os = "linux"))]
    {
        Vec::new()
    }
}

/// Opens the v4l2loopback device at `path` for feeding.
///
/// # Errors
/// [`NotFound`](CameraErrorKind::NotFound), [`NoPermission`](CameraErrorKind::NoPermission),
/// [`Busy`](CameraErrorKind::Busy) if another program feeds it,
/// [`NotACamera`](CameraErrorKind::NotACamera) if it is no loopback, and
/// [`Unsupported`](CameraErrorKind::Unsupported) for sizes that cannot be and wherever there
/// is no v4l2loopback, each with the remedy.
pub fn open_loopback(path: &Path, options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
    #[cfg(target_os = "linux")]
    {
        Ok(Box::new(crate::sink::LoopbackSink::open(path, options)?))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (path, options);
        Err(CameraError::new(
            CameraErrorKind::Unsupported,
            "v4l2loopback is Linux's: write Y4M to the standard output here (--output -)",
        ))
    }
}

#[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
fn no_cameras() -> CameraError {
    CameraError::new(
        CameraErrorKind::Unsupported,
        "cameras of this system are not supported: feed frames by the library",
    )
}
