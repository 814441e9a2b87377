//! The GPU compositor of `frosted`: does what `frosted-cpu` does, to the byte, on any GPU that
//! Vulkan, Metal or Direct3D 12 can reach.
//!
//! [`GpuCompositor`] does the pixel work for the pipeline, which alone decides what covers a
//! frame; use the `frosted` crate rather than this one. A frame goes to the GPU once and comes
//! back once; between the two only its reduced picture is read. Whatever goes wrong there is an
//! error, and the output is left as it was.
//!
//! ```
//! use frosted_gpu::{GpuCompositor, GpuOptions};
//!
//! match GpuCompositor::new(GpuOptions::default()) {
//!     Ok(compositor) => println!("{}", compositor.info()),
//!     Err(error) => println!("the CPU it is: {error}"),
//! }
//! ```
#![forbid(unsafe_code)]

mod adapter;
mod buffers;
mod compositor;
mod device;
mod frame_buffers;
mod held;
mod info;
mod options;
mod packing;
mod params;
mod passes;
mod session;
pub mod shaders;
mod tables;
mod timer;

pub use compositor::GpuCompositor;
pub use info::{GpuInfo, GpuKind, adapters};
pub use options::{AdapterChoice, GpuOptions};
pub use timer::PassTimes;
pub use wgpu;
