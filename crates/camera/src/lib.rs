//! Cameras of `frosted`: raw frames in, protected frames out.
//!
//! A [`Source`] gives what a camera delivers, as it delivers it, and never waits without a
//! time-out. An [`Unpacker`] makes a frame of it, which a pipeline protects. A [`Sink`] takes
//! a [`ProtectedFrame`](frosted_core::ProtectedFrame) and nothing else, so that no program
//! can send the room to a virtual camera by mistake.
//!
//! ```
//! use frosted_camera::{Source, TestPattern, Unpacker};
//! use frosted_core::{PixelFormat, Rate};
//! use std::time::Duration;
//!
//! let mut camera = TestPattern::new(PixelFormat::Yuyv, 640, 360, Rate::THIRTY)?;
//! let mut unpacker = Unpacker::new();
//! let capture = camera.next(Duration::from_millis(300))?;
//! let frame = unpacker.frame(&capture)?;
//! assert_eq!((frame.spec().width(), frame.spec().height()), (640, 360));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(unsafe_code)]

mod clock;
mod error;
mod info;
mod jpeg;
mod mode;
mod packed;
mod sink;
mod source;
mod suspend;
mod system;
mod unpack;
#[cfg(target_os = "linux")]
mod v4l2;

pub use clock::monotonic_now;
pub use error::{CameraError, CameraErrorKind};
pub use info::{CameraInfo, CameraKind, SinkInfo};
pub use jpeg::JpegDecoder;
pub use mode::{Encoding, Mode, Wish};
#[cfg(target_os = "linux")]
pub use sink::LoopbackSink;
#[cfg(all(feature = "pipewire", target_os = "linux"))]
pub use sink::PipewireSink;
pub use sink::{Sink, SinkOptions, ThreadedSink, Viewers, Y4mSink};
#[cfg(target_os = "linux")]
pub use source::V4l2Source;
pub use source::{Capture, Source, TestPattern};
#[cfg(any(
    windows,
    target_os = "macos",
    all(target_os = "linux", feature = "nokhwa")
))]
pub use source::{NokhwaSource, nokhwa_cameras};
pub use suspend::suspended;
pub use system::{cameras, open_camera, open_loopback, probe_camera, sinks};
pub use unpack::Unpacker;
