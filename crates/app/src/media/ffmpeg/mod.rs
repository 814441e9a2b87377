//! Other containers, through the programs `ffmpeg` and `ffprobe`.
//!
//! They are handed file names with the prefix `file:` and may open nothing but files and
//! pipes, so that no input can make them use the network. From an input only the first real
//! video stream and the sound are taken.

mod child;
mod container;
mod cut;
mod decode;
mod encode;
mod matroska;
mod probe;
mod programs;

pub use container::Container;
pub use decode::Decoder;
pub use encode::{EncodeJob, Encoder};
pub use matroska::RawMatroska;
pub use probe::{Probe, probe};
pub use programs::Programs;
