//! A GPU for the tests: a software driver, or what `FROSTED_TEST_GPU` names.
#![allow(dead_code, reason = "each test file uses its own part")]

use frosted_core::FrameSpec;
use frosted_core::TextHeight;
use frosted_core::internal::{Compositor, ConcealPlan};
use frosted_gpu::{AdapterChoice, GpuCompositor, GpuOptions, wgpu};
use frosted_testing::{is_test_gpu, skip_without_gpu, test_gpu_name};

pub(crate) fn options() -> GpuOptions {
    GpuOptions {
        adapter: match test_gpu_name() {
            None => AdapterChoice::Software,
            Some(part) => AdapterChoice::Named(part),
        },
        ..GpuOptions::default()
    }
}

/// A compositor on it. `None`, said aloud, where there is none and none is required.
///
/// # Panics
/// As [`skip_without_gpu`].
pub(crate) fn test_compositor() -> Option<GpuCompositor> {
    match GpuCompositor::new(options()) {
        Ok(compositor) => Some(compositor),
        Err(error) => {
            skip_without_gpu(&error.to_string());
            None
        }
    }
}

/// A device of the test's own on it, with `limits`; `None` as above.
///
/// # Panics
/// As above, and if there is a driver but no such device.
pub(crate) fn test_device(limits: wgpu::Limits) -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let is_it = |adapter: &wgpu::Adapter| {
        let info = adapter.get_info();
        is_test_gpu(&info.name, info.device_type == wgpu::DeviceType::Cpu)
    };
    let Some(adapter) = adapters.into_iter().find(is_it) else {
        skip_without_gpu("there is no such driver");
        return None;
    };
    let descriptor = wgpu::DeviceDescriptor {
        required_limits: limits,
        ..Default::default()
    };
    Some(pollster::block_on(adapter.request_device(&descriptor)).unwrap())
}

pub(crate) fn plan(spec: &FrameSpec, square_px: usize) -> ConcealPlan {
    let mut plan = ConcealPlan::new(spec, (256, 144), TextHeight::default());
    plan.square_px = square_px;
    plan
}

/// The same, configured.
pub(crate) fn configured(spec: &FrameSpec, square_px: usize) -> Option<GpuCompositor> {
    let mut compositor = test_compositor()?;
    compositor.configure(spec, &plan(spec, square_px)).unwrap();
    Some(compositor)
}
