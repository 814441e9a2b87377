//! Person segmentation of `frosted`: what a model wants, how it is run, and what its
//! numbers mean.
//!
//! A [`ModelSpec`] says how to feed a model. [`open`] checks the model's bytes, picks an
//! engine and gives a [`NetworkSegmenter`], which turns reduced pictures into masks. Own
//! engines come in through [`Engine`] and [`NetworkSegmenter::new`]. [`open_faces`] and
//! [`FaceDetector::new`] do the same for a network that finds faces.
//!
//! ```
//! use frosted_segment::{Engine, EngineError, ModelSpec, NetworkSegmenter};
//! use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
//!
//! struct Nobody(ArrayD<f32>);
//!
//! impl Engine for Nobody {
//!     fn name(&self) -> String {
//!         "an engine that finds nobody".into()
//!     }
//!     fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
//!         Ok(self.0.view())
//!     }
//! }
//!
//! let spec = ModelSpec::from_toml(
//!     r#"
//!     name = "nobody"
//!     layout = "nchw"
//!     width = 64
//!     height = 36
//!     channels = "rgb"
//!     mean = [0.0, 0.0, 0.0]
//!     std = [1.0, 1.0, 1.0]
//!     fit = "stretch"
//!     [output]
//!     kind = "alpha"
//!     "#,
//! )?;
//! let engine = Nobody(ArrayD::zeros(IxDyn(&[1, 1, 36, 64])));
//! let segmenter = NetworkSegmenter::new(Box::new(engine), spec)?;
//! assert_eq!(segmenter.spec().name(), "nobody");
//! # Ok::<(), frosted_segment::LoadError>(())
//! ```
//!
//! A recurrent network takes tensors that it gave for the picture before: the spec names
//! them, the segmenter keeps them and forgets them by
//! [`reset`](frosted_core::Segmenter::reset).
//!
//! Features, the first two on by default:
//!
//! - `onnxruntime`: ONNX Runtime, loaded from a shared library when it is needed. The `ort`
//!   crate behind it can be in a program only once; a program with another version of it
//!   turns this off.
//! - `embedded`: `rten`, compiled in, needs no file and about five times as long.
//! - `cuda`, `tensorrt`, `directml`, `coreml`, `openvino`, `webgpu`: execution providers of
//!   ONNX Runtime that can then be asked for, see [`Provider`].
#![deny(unsafe_code)]

mod checksum;
mod choice;
mod engine;
mod error;
mod faces;
mod memory;
mod open;
mod placement;
mod postprocess;
mod preprocess;
mod provider;
mod resample;
mod search;
mod segmenter;
mod spec;
mod trial;

#[cfg(feature = "onnxruntime")]
pub use engine::onnxruntime::{refuse_telemetry, share_environment};
pub use engine::{Engine, EngineError};
pub use error::{LoadError, LoadErrorKind};
pub use faces::{FaceDetector, FaceOptions, Look};
// Engines take and give its views.
pub use ::ndarray;
pub use choice::{EngineChoice, EngineOptions};
pub use open::{open, open_engine, open_faces};
pub use provider::Provider;
pub use search::pinned::{PINNED_VERSION, PinnedLibrary};
pub use search::{
    Place, PlaceOrigin, PlaceOutcome, RuntimeReport, RuntimeSearch, offered_providers, probe,
};
pub use segmenter::NetworkSegmenter;
pub use spec::{
    AnchorGrid, ChannelOrder, Fit, Layout, ModelOutput, ModelSpec, ModelState, OutputKind,
};
