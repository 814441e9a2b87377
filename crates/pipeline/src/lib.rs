//! The heart of `frosted`: what is shown of each frame, and what happens when something
//! goes wrong.
//!
//! A [`Pipeline`] is handed every frame and a place for its protected form. It never owns
//! the camera, the loop or the window. In every case the output holds no uncovered room
//! when a call returns: on an error of the caller's, of the network's, of the compositor's,
//! on a panic in any of them.
//!
//! A frame's way: check → repack ([`door`](self)) → reduce → segment → facts → policy →
//! subject → band → backdrop → paint → report.
#![forbid(unsafe_code)]

mod backdrop;
mod bits;
mod clock;
mod course;
mod door;
mod edges;
mod error;
mod faces;
mod facts;
mod frozen;
mod guarded;
mod matte;
mod packed;
mod pipeline;
mod policy;
mod report;
mod room;
mod settings;
mod settle;
mod stages;
mod stuck;
mod subject;
mod surface;

pub use clock::{Clock, SystemClock};
pub use error::{Error, ErrorKind};
pub use pipeline::Pipeline;
pub use report::{Cause, FrameReport, Shown, StageTimes};
pub use settings::{CardReason, Newcomers, Settings, Subjects};
#[doc(hidden)]
pub use stages::Surface;
/// For crates whose frames are not in memory; no part of the API.
#[doc(hidden)]
pub use surface::{DistantSurface, SurfacePipeline};
