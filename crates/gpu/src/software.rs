//! A software GPU for the unit tests.

use crate::device::Gpu;
use crate::options::{AdapterChoice, GpuOptions};

pub(crate) fn options() -> GpuOptions {
    GpuOptions {
        adapter: AdapterChoice::Software,
        ..GpuOptions::default()
    }
}

/// `None`, said aloud, where there is no software driver and none is required.
///
/// # Panics
/// If there is none and `FROSTED_REQUIRE_GPU=1`.
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn software_gpu() -> Option<Gpu> {
    Gpu::open(&options())
        .inspect_err(|why| {
            assert!(
                std::env::var_os("FROSTED_REQUIRE_GPU").is_none_or(|value| value != "1"),
                "FROSTED_REQUIRE_GPU=1, and {why}"
            );
            eprintln!("SKIPPED: no Vulkan adapter ({why})");
        })
        .ok()
}
