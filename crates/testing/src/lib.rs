//! Fakes, scenes and checks for the tests of `frosted`. Not published.
//!
//! A fake engine gives f32 tensors, so that what is not a number or of the wrong size is
//! refused by the very code that guards a real network. A canary room has colours that
//! nothing else in a frame has, so that one pixel of it that survives is found.
#![forbid(unsafe_code)]

mod canary;
mod clock;
mod composition;
mod compositor;
mod engine;
mod faces;
mod gpu;
mod refusals;
mod scene;

pub use canary::{CanaryError, find_canary, person_correlation};
pub use clock::ManualClock;
pub use composition::{
    BackdropKind, Composition, MatteKind, Shot, compositions, noise_field, noise_frame,
};
pub use compositor::{Fault, FaultyCompositor};
pub use engine::{Answer, FakeEngine, FakeSegmenter, Script};
pub use faces::{FaceAnswer, FaceScript, FakeFaceEngine, PlantedFace};
pub use gpu::{is_test_gpu, skip_without_gpu, test_gpu_name};
pub use refusals::{Refusal, refusals};
pub use scene::{Camera, CanaryScene, PERSON_LEVELS, person_part};
