//! Measures what a protected clip still shows of the room, and what it costs the person.
//!
//! An [`Auditor`] is given each frame before and after protection, with the true matte of the
//! person where there is one, and makes a [`Report`] of it, which [`Limits`] turn into a
//! [`Verdict`]. How each figure is defined stands with its measure: `leak`, `detail`,
//! `fringe`, `person`, `halo`, `cut` and `temporal` among the sources.
//!
//! A [`MatteJudge`] measures how close mattes are to the true ones ([`MatteFigures`]), whoever made
//! them.
//!
//! It does not read text, decode codes or look for faces: a clip that passes here can still
//! show a face that the mattes call room but that has no fine texture.
//!
//! ```
//! use frosted_core::{Frame, FrameSpec, PixelFormat, Rgb};
//! use frosted_eval::{Auditor, Limits, Outcome};
//!
//! let spec = FrameSpec::new(PixelFormat::Rgb8, 64, 48)?;
//! let mut room = Frame::new(spec);
//! for (at, byte) in room.bytes_mut().iter_mut().enumerate() {
//!     *byte = if at / 9 % 2 == 0 { 200 } else { 60 };
//! }
//! let mut wall = Frame::new(spec);
//! wall.view_mut().fill(Rgb::new(130, 130, 130));
//! let mut auditor = Auditor::new(64, 48);
//! auditor.add(&room.view(), &wall.view(), Some(&[0; 64 * 48]))?;
//! let report = auditor.finish()?;
//! assert_eq!(report.union_px, 0);
//! assert_eq!(report.verdict(&Limits::default()).outcome, Outcome::Pass);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod auditor;
mod cut;
mod detail;
mod error;
mod filter;
mod fringe;
mod halo;
mod leak;
mod luma;
mod matte;
mod person;
mod quality;
mod report;
mod room;
mod shape;
mod temporal;
mod verdict;

pub use auditor::{Auditor, FrameFigures};
pub use cut::CutFigures;
pub use detail::{Band, Detail};
pub use error::{AuditError, AuditErrorKind};
pub use person::PersonFigures;
pub use quality::{MatteFigures, MatteJudge};
pub use report::{Ground, Report, Spread};
pub use room::{Room, RoomMean, RoomOrigin};
pub use verdict::{Limits, Outcome, Verdict};
