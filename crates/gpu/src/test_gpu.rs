//! A GPU for the unit tests.

use crate::device::Gpu;
use crate::options::{AdapterChoice, GpuOptions};

/// A software driver, or what `FROSTED_TEST_GPU` names.
pub(crate) fn options() -> GpuOptions {
    GpuOptions {
        adapter: match frosted_testing::test_gpu_name() {
            None => AdapterChoice::Software,
            Some(part) => AdapterChoice::Named(part),
        },
        ..GpuOptions::default()
    }
}

/// `None`, said aloud, where there is none and none is required.
///
/// # Panics
/// As [`frosted_testing::skip_without_gpu`].
pub(crate) fn test_gpu() -> Option<Gpu> {
    Gpu::open(&options())
        .inspect_err(|why| frosted_testing::skip_without_gpu(&why.to_string()))
        .ok()
}
