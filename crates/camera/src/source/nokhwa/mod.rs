//! Cameras through the crate nokhwa: what Windows and macOS have, and a second way on Linux.
//!
//! nokhwa 0.10 reads without a time-out, panics here and there and hands out buffers that are
//! longer than their frames. So a thread of its own owns each camera
//! ([`capture`]), the frame's end is looked for ([`extent`]), and what nokhwa gets wrong about
//! formats is put right or refused per system.

mod capture;
mod claim;
mod extent;
mod formats;
#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
mod system;

use std::borrow::Cow;
use std::time::Duration;

use ::nokhwa::Camera;

use self::capture::{Capturing, RawFrames};
use super::{Capture, Source};
use crate::error::{CameraError, CameraErrorKind};
use crate::info::CameraInfo;
use crate::mode::{Mode, Wish};

/// A camera read through nokhwa, on a thread of its own.
///
/// Rates are whole numbers only: a camera's mode of 29.97 frames a second cannot be had. On
/// Linux frames that the driver marks as broken are not known as such, and a raw frame that
/// the camera cut short ends with the pixels of an older one; `V4l2Source` has neither fault.
#[derive(Debug)]
pub struct NokhwaSource {
    capturing: Capturing,
}

impl NokhwaSource {
    /// Opens the camera `id` of [`nokhwa_cameras`] in the mode nearest to `wish` and starts
    /// it: its light goes on. Waits for 5 seconds at most.
    ///
    /// # Errors
    /// [`NotFound`](CameraErrorKind::NotFound), [`NoPermission`](CameraErrorKind::NoPermission)
    /// with the remedy, [`Busy`](CameraErrorKind::Busy), also if this process has it open or
    /// its driver never answered when it was closed,
    /// [`Unsupported`](CameraErrorKind::Unsupported) if it has no mode that nokhwa can run,
    /// [`TimedOut`](CameraErrorKind::TimedOut) if the driver does not answer.
    pub fn open(id: &str, wish: &Wish) -> Result<Self, CameraError> {
        system::permission()?;
        let (wanted, wish) = (id.to_owned(), *wish);
        let capturing = Capturing::start(id, system::is_there, move |left| {
            system::open(&wanted, &wish, left)
        })?;
        Ok(Self { capturing })
    }
}

impl Source for NokhwaSource {
    fn mode(&self) -> Mode {
        self.capturing.layout().mode
    }

    /// The time stamp is that of the frame's arrival, the count that of the frames read.
    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError> {
        let layout = self.capturing.layout();
        let shot = self.capturing.next(timeout)?;
        Ok(Capture {
            bytes: &shot.bytes,
            mode: layout.mode,
            stride_bytes: layout.stride_bytes,
            colour: layout.colour,
            captured_at: shot.captured_at,
            sequence: shot.sequence,
        })
    }
}

/// Every camera that nokhwa finds, without those that only take frames. No light goes on.
/// Waits for 5 seconds at most.
///
/// # Errors
/// [`System`](CameraErrorKind::System) if the system cannot be asked,
/// [`TimedOut`](CameraErrorKind::TimedOut) if it does not answer.
pub fn nokhwa_cameras() -> Result<Vec<CameraInfo>, CameraError> {
    capture::ask("the list of cameras", system::cameras)
}

impl RawFrames for Camera {
    fn wait(&mut self) -> Result<Cow<'_, [u8]>, CameraError> {
        self.frame_raw().map_err(|error| {
            CameraError::new(
                CameraErrorKind::Disconnected,
                format!("the camera stopped: {}", formats::words(&error)),
            )
        })
    }
}
