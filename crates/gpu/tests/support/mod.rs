//! A software GPU for the tests.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use frosted_core::FrameSpec;
use frosted_core::TextHeight;
use frosted_core::internal::{Compositor, ConcealPlan};
use frosted_gpu::{AdapterChoice, GpuCompositor, GpuOptions, wgpu};

pub(crate) fn options() -> GpuOptions {
    GpuOptions {
        adapter: AdapterChoice::Software,
        ..GpuOptions::default()
    }
}

/// A compositor on a software driver. `None`, said aloud, where there is none such and none is
/// required.
///
/// # Panics
/// If there is none and `FROSTED_REQUIRE_GPU=1`.
pub(crate) fn software_compositor() -> Option<GpuCompositor> {
    match GpuCompositor::new(options()) {
        Ok(compositor) => Some(compositor),
        Err(error) => {
            skip(&error.to_string());
            None
        }
    }
}

/// A device of the test's own on a software driver, with `limits`; `None` as above.
///
/// # Panics
/// As above, and if there is a driver but no such device.
pub(crate) fn software_device(limits: wgpu::Limits) -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let is_software =
        |adapter: &wgpu::Adapter| adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    let Some(adapter) = adapters.into_iter().find(is_software) else {
        skip("no software driver");
        return None;
    };
    let descriptor = wgpu::DeviceDescriptor {
        required_limits: limits,
        ..Default::default()
    };
    Some(pollster::block_on(adapter.request_device(&descriptor)).unwrap())
}

fn skip(why: &str) {
    assert!(
        std::env::var_os("FROSTED_REQUIRE_GPU").is_none_or(|value| value != "1"),
        "FROSTED_REQUIRE_GPU=1, and {why}"
    );
    eprintln!("SKIPPED: no Vulkan adapter ({why})");
}

pub(crate) fn plan(spec: &FrameSpec, square_px: usize) -> ConcealPlan {
    let mut plan = ConcealPlan::new(spec, (256, 144), TextHeight::default());
    plan.square_px = square_px;
    plan
}

/// The same, configured.
pub(crate) fn configured(spec: &FrameSpec, square_px: usize) -> Option<GpuCompositor> {
    let mut compositor = software_compositor()?;
    compositor.configure(spec, &plan(spec, square_px)).unwrap();
    Some(compositor)
}
