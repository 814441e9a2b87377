//! Where raw frames come from.

#[cfg(any(
    windows,
    target_os = "macos",
    all(target_os = "linux", feature = "nokhwa")
))]
mod nokhwa;
mod pattern;
#[cfg(target_os = "linux")]
mod stamp;
#[cfg(target_os = "linux")]
mod v4l2;

use std::fmt;
use std::time::Duration;

use frosted_core::{Colour, Timestamp};

use crate::error::CameraError;
use crate::mode::Mode;

#[cfg(any(
    windows,
    target_os = "macos",
    all(target_os = "linux", feature = "nokhwa")
))]
pub use self::nokhwa::{NokhwaSource, nokhwa_cameras};
pub use pattern::TestPattern;
#[cfg(target_os = "linux")]
pub use v4l2::V4l2Source;

/// A camera that runs.
///
/// It is opened by its constructor and closed, its light with it, when it is dropped.
pub trait Source: Send {
    /// The mode that it runs in, which need not be the one that was wished for.
    fn mode(&self) -> Mode;

    /// Waits for the next frame, for `timeout` at most. Where several are ready, the
    /// youngest comes and the others are dropped.
    ///
    /// # Errors
    /// [`TimedOut`](crate::CameraErrorKind::TimedOut) if none came,
    /// [`Disconnected`](crate::CameraErrorKind::Disconnected) if none will come any more: drop
    /// the source and open it anew. [`Damaged`](crate::CameraErrorKind::Damaged) if the
    /// device says that this frame is broken.
    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError>;
}

/// What a camera delivered: one frame as it came.
///
/// It shows the room, so its [`Debug`](fmt::Debug) form holds no byte of it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Capture<'a> {
    /// The frame's bytes, as many as the device says it wrote, and not all that its buffer
    /// holds.
    pub bytes: &'a [u8],
    /// What the bytes are; its rate is the one that the device promised.
    pub mode: Mode,
    /// Bytes from one row to the next of the first plane; 0 for MJPEG.
    pub stride_bytes: usize,
    /// What the samples mean.
    pub colour: Colour,
    /// When it was captured, by [`monotonic_now`](crate::monotonic_now)'s clock.
    pub captured_at: Timestamp,
    /// The device's own count; a gap means lost frames.
    pub sequence: u64,
}

impl<'a> Capture<'a> {
    /// A capture without gaps between rows, in webcams' colours, captured now.
    pub fn new(bytes: &'a [u8], mode: Mode, sequence: u64) -> Self {
        let (stride_bytes, colour) = match mode.encoding {
            crate::Encoding::Raw(format) => (
                format.plane_size(0, mode.width, mode.height).0,
                Colour::default(),
            ),
            crate::Encoding::Mjpeg => (0, Colour::JPEG),
        };
        Self {
            bytes,
            mode,
            stride_bytes,
            colour,
            captured_at: crate::monotonic_now(),
            sequence,
        }
    }
}

impl fmt::Debug for Capture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("mode", &self.mode)
            .field("captured_at", &self.captured_at)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}
