//! Where protected frames go.

use std::fmt;
use std::time::Duration;

use frosted_core::{ProtectedFrame, Rate};

use crate::error::CameraError;

/// A virtual camera, or another place that shows frames as they come.
///
/// It takes [`ProtectedFrame`]s only. It is released when it is dropped.
pub trait Sink: Send {
    /// Shows one frame. It may be of any size and Y'CbCr or RGB format; the sink packs and, where
    /// its own size is another, fits it in between black bars.
    ///
    /// # Errors
    /// [`Disconnected`](crate::CameraErrorKind::Disconnected) if the device is gone;
    /// [`TimedOut`](crate::CameraErrorKind::TimedOut) if it takes no frame at present, which
    /// is no reason to stop.
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError>;

    /// How many programs look at it now. Never blocks.
    fn viewers(&mut self) -> Viewers;

    /// Waits until [`viewers`](Self::viewers) may have changed, for `timeout` at most. A sink that does not
    /// know its viewers just waits.
    fn wait(&mut self, timeout: Duration);

    /// What and where it is, for people: "Frosted Camera (/dev/video10), 1280x720 yuyv".
    fn describe(&self) -> String;
}

/// Who looks at a virtual camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Viewers {
    /// It cannot be known, as with a pipe: somebody may look.
    Unknown,
    /// As many programs; 0 = nobody.
    Count(u32),
}

impl Viewers {
    /// Whether frames are worth their work: somebody looks, or may.
    pub fn watching(self) -> bool {
        self != Self::Count(0)
    }
}

impl fmt::Display for Viewers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Count(count) => count.fmt(f),
        }
    }
}

/// What a sink is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkOptions {
    /// Width in pixels, even. Default: 1280.
    pub width: usize,
    /// Height in pixels, even. Default: 720.
    pub height: usize,
    /// Frames a second that viewers are told. Default: 30.
    pub rate: Rate,
}

impl Default for SinkOptions {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            rate: Rate::THIRTY,
        }
    }
}
