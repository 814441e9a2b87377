//! The vocabulary of `frosted`: frames, masks, time, colour and the concealment plan.
//!
//! Every other part of `frosted` depends on this crate and on no other part. It holds
//! no engine, no device and no heavy dependency.
//!
//! A frame's way: [`FrameView`] → reduced picture → [`Mask`] → painted [`FrameViewMut`].
//! What is checked by a constructor here is never checked again behind it.
//!
//! ```
//! use frosted_core::{FrameSpec, FrameView, PixelFormat, Timestamp};
//!
//! let spec = FrameSpec::new(PixelFormat::Nv12, 1280, 720)?;
//! let bytes = vec![128; spec.buffer_bytes()];
//! let frame = FrameView::from_buffer(spec, &bytes, Timestamp::ZERO)?;
//! assert_eq!(frame.row(1, 359).len(), 1280);
//! # Ok::<(), frosted_core::FrameError>(())
//! ```
// `internal::level` compiles loops for what the processor has, and `internal::marks` asks it for
// what no loop is compiled to; nothing else may.
#![deny(unsafe_code)]

mod background;
mod card;
mod colour;
mod error;
mod face;
mod format;
mod frame;
mod mask;
mod plan;
mod protected;
mod rate;
mod reduced;
mod rotation;
mod seam;
mod spec;
mod time;
mod view;

pub use background::{Background, Picture, Rgb, TextHeight};
pub use card::CardPainter;
pub use colour::{Colour, Matrix, Range};
pub use error::{FrameError, FrameErrorKind};
pub use face::{Face, FacePoints, Faces, Point};
pub use format::{MAX_PLANES, PixelFormat};
pub use frame::Frame;
pub use mask::Mask;
pub use protected::ProtectedFrame;
pub use rate::Rate;
pub use reduced::Reduced;
pub use rotation::Rotation;
pub use seam::{
    ComposeError, ComposeErrorKind, CompositorInfo, FaceFinder, FacesFound, SegmentError,
    SegmentErrorKind, Segmenter, SegmenterInfo,
};
pub use spec::{FrameSpec, MAX_LONG_SIDE, MAX_SHORT_SIDE, MIN_SIDE};
pub use time::Timestamp;
pub use view::{FrameView, FrameViewMut};

/// What passes between the pipeline and a compositor.
///
/// A compositor paints by a mask that it is handed, so nothing in here is part of the
/// public API: only `frosted-pipeline` may decide what covers a frame. Nothing here can
/// say "show everything".
#[doc(hidden)]
pub mod internal {
    pub mod checks;
    pub mod fixed;
    pub mod layout;
    mod level;
    mod marks;
    mod placement;

    pub use crate::plan::{COVERED_UP_TO, ConcealPlan, MatteRamp, SHOWN_BY_HALF_FROM, SHOWN_FROM};
    pub use crate::protected::{KeptFrame, protected_mut};
    pub use crate::seam::{Backdrop, Compositor, Cover, Field, FrameId};
    pub use level::{Instructions, Level, UnknownInstructions, Work};
    pub use marks::bits_of;
    pub use placement::Placement;
}
