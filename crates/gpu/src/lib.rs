//! The GPU compositor of `frosted`: does what `frosted-cpu` does, to the byte, on any GPU that
//! Vulkan, Metal or Direct3D 12 can reach.
//!
//! [`GpuCompositor`] does the pixel work for the pipeline, which alone decides what covers a
//! frame; use the `frosted` crate rather than this one. A frame goes to the GPU once and comes
//! back once; between the two only its reduced picture is read. Whatever goes wrong there is an
//! error, and the output is left as it was. [`TextureCompositor`] does the same for frames that
//! are textures of the program's own device: of them only the reduced picture is read.
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
mod by_textures;
mod compositor;
mod device;
mod frame_buffers;
mod held;
mod info;
mod memory;
mod options;
mod packing;
mod params;
mod passes;
mod ready;
mod receipts;
mod session;
pub mod shaders;
mod tables;
#[cfg(test)]
mod test_gpu;
mod texture_compositor;
mod texture_frame;
mod texture_session;
mod timer;

pub use by_textures::ByTextures;
pub use compositor::GpuCompositor;
pub use info::{GpuInfo, GpuKind, adapters};
pub use options::{AdapterChoice, GpuOptions, Handover};
pub use texture_compositor::TextureCompositor;
pub use texture_frame::{check_texture, pixel_format};
pub use timer::PassTimes;
pub use wgpu;
