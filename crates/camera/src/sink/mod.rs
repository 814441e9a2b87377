//! Where protected frames go.

#[cfg(target_os = "linux")]
mod loopback;
mod pack;
#[cfg(all(feature = "pipewire", target_os = "linux"))]
mod pipewire;
mod threaded;
#[cfg(target_os = "linux")]
mod watch;
mod y4m;

use std::fmt;
use std::time::Duration;

use frosted_core::{MAX_LONG_SIDE, MIN_SIDE, ProtectedFrame, Rate};

use crate::error::{CameraError, CameraErrorKind};

#[cfg(all(feature = "pipewire", target_os = "linux"))]
pub use self::pipewire::PipewireSink;
#[cfg(target_os = "linux")]
pub use loopback::LoopbackSink;
pub use threaded::ThreadedSink;
pub use y4m::Y4mSink;

/// A virtual camera, or another place that shows frames as they come.
///
/// It takes [`ProtectedFrame`]s only. It is released when it is dropped.
pub trait Sink: Send {
    /// Shows one frame, of any size and format: the sink packs it and, where its own size
    /// is another, fits it in between black bars.
    ///
    /// # Errors
    /// [`Disconnected`](crate::CameraErrorKind::Disconnected) if the device is gone;
    /// [`TimedOut`](crate::CameraErrorKind::TimedOut) if it takes no frame at present, which
    /// is no reason to stop.
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError>;

    /// As [`write`](Self::write), for a caller that does not need the frame's pixels any more:
    /// they may go on in the sink without a copy. `frame` holds any earlier protected frame
    /// after that, of any size and format, or is as it was.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    fn take(&mut self, frame: &mut ProtectedFrame) -> Result<(), CameraError> {
        self.write(frame)
    }

    /// How many programs look at it now. Never blocks.
    fn viewers(&mut self) -> Viewers;

    /// Waits until [`viewers`](Self::viewers) may have changed, for `timeout` at most. A sink
    /// that does not know its viewers just waits.
    fn wait(&mut self, timeout: Duration);

    /// Width and height in pixels of what viewers get.
    fn size(&self) -> (usize, usize);

    /// What and where it is, for people: "Frosted Camera (/dev/video10), 1280x720".
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

impl SinkOptions {
    /// Sees whether a virtual camera can be of this size.
    ///
    /// # Errors
    /// [`CameraErrorKind::Unsupported`] unless both sides are even and 16 to 7680.
    pub fn check(&self) -> Result<(), CameraError> {
        let sides = [self.width, self.height];
        if sides
            .iter()
            .all(|side| side % 2 == 0 && (MIN_SIDE..=MAX_LONG_SIDE).contains(side))
        {
            return Ok(());
        }
        Err(CameraError::new(
            CameraErrorKind::Unsupported,
            format!(
                "a virtual camera cannot be {}x{}: both sides have to be even and {MIN_SIDE} to {MAX_LONG_SIDE}",
                self.width, self.height
            ),
        ))
    }
}
