//! The CPU compositor of `frosted`: reads a frame once, writes its protected form once.
//!
//! [`CpuCompositor`] does the pixel work for the pipeline, which alone decides what covers
//! a frame; use the `frosted` crate rather than this one. The kernels reckon in integers,
//! so every machine, every level of instructions and every number of threads gives the same
//! bytes.
//!
//! ```
//! use frosted_cpu::{CpuCompositor, CpuOptions};
//!
//! assert!(CpuCompositor::new(CpuOptions::default()).is_ok());
//! assert!(CpuCompositor::new(CpuOptions { threads: 0 }).is_err());
//! ```
// Only kernels may be otherwise, each beside a scalar truth.
#![deny(unsafe_code)]

mod alpha;
mod bands;
mod compositor;
mod kernels;
mod painter;
mod session;
mod spans;
mod threads;

pub use compositor::{CpuCompositor, CpuOptions};
