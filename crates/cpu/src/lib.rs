//! The CPU compositor of `frosted`: reads a frame once, writes its protected form once.
//!
//! [`CpuCompositor`] does the pixel work for the pipeline, which alone decides what covers
//! a frame; use the `frosted` crate rather than this one. The kernels are plain integer
//! code, so every machine and every number of threads gives the same bytes.
//!
//! ```
//! use frosted_cpu::{CpuCompositor, CpuOptions};
//!
//! assert!(CpuCompositor::new(CpuOptions::default()).is_ok());
//! assert!(CpuCompositor::new(CpuOptions { threads: 0 }).is_err());
//! ```
#![forbid(unsafe_code)]

mod alpha;
mod bands;
mod compositor;
mod kernels;
mod painter;
mod session;
mod spans;
mod threads;

pub use compositor::{CpuCompositor, CpuOptions};
