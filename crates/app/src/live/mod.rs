//! The virtual camera: frames of a camera, protected, to whoever watches.
//!
//! [`Session`] is the loop's body. Cameras and outputs come in from outside, so that tests
//! plant every fault in them.

mod camera;
mod feed;
mod harden;
mod output;
mod recording;
mod session;
mod status;

pub(crate) use camera::{CameraChoice, SystemCameras};
pub(crate) use harden::harden;
pub(crate) use output::{LOAD_LOOPBACK, Outputs, SystemOutputs, loopback_driver};
pub(crate) use session::Session;
pub(crate) use status::{State, Status};

#[cfg(test)]
mod tests;
