use frosted_core::{ComposeError, ComposeErrorKind};

use crate::options::{AdapterChoice, GpuOptions};
use crate::timer::Timer;

/// The adapters that `options` allow, best first.
pub(crate) fn candidates(options: &GpuOptions) -> Vec<wgpu::Adapter> {
    let mut adapters = all(options.backends);
    adapters.retain(|adapter| is_allowed(&adapter.get_info(), &options.adapter));
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::IntegratedGpu => 0,
        wgpu::DeviceType::DiscreteGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    });
    adapters
}

fn all(backends: wgpu::Backends) -> Vec<wgpu::Adapter> {
    // No validation layers, whatever the build's profile: wgpu validates by itself.
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    pollster::block_on(instance.enumerate_adapters(backends))
}

fn is_allowed(info: &wgpu::AdapterInfo, choice: &AdapterChoice) -> bool {
    let is_software = info.device_type == wgpu::DeviceType::Cpu;
    match choice {
        AdapterChoice::Real => !is_software,
        AdapterChoice::Software => is_software,
        AdapterChoice::Named(part) => {
            let (name, part) = (info.name.to_lowercase(), part.to_lowercase());
            name.contains(&part)
        }
    }
}

/// The error where no adapter is allowed.
pub(crate) fn none_found(options: &GpuOptions) -> ComposeError {
    let what = match &options.adapter {
        AdapterChoice::Real => "there is no GPU with a driver".to_owned(),
        AdapterChoice::Software => "there is no software driver of a GPU".to_owned(),
        AdapterChoice::Named(part) => {
            let there = all(options.backends);
            let there: Vec<_> = there
                .iter()
                .map(|adapter| format!("\"{}\"", adapter.get_info().name))
                .collect();
            let there = match there.as_slice() {
                [] => "none at all".to_owned(),
                there => there.join(", "),
            };
            format!("there is no GPU with \"{part}\" in its name, there is {there}")
        }
    };
    let tried = wgpu::Instance::enabled_backend_features() & options.backends;
    let tried: Vec<_> = tried
        .iter_names()
        .map(|(name, _)| name.to_lowercase())
        .collect();
    ComposeError::new(
        ComposeErrorKind::Device,
        format!(
            "{what} (tried: {}): install its driver, name another or leave the pixel work to the CPU",
            match tried.as_slice() {
                [] => "nothing".to_owned(),
                tried => tried.join(", "),
            }
        ),
    )
}

/// Asks for no more than every GPU has, but for the size of buffers, where it asks for what
/// there is, up to an 8K frame's.
pub(crate) fn descriptor(
    adapter: &wgpu::Adapter,
    options: &GpuOptions,
) -> wgpu::DeviceDescriptor<'static> {
    let (has, enough) = (adapter.limits(), wgpu::Limits::defaults());
    wgpu::DeviceDescriptor {
        label: Some("frosted"),
        required_features: match options.timestamps {
            true => adapter.features() & Timer::FEATURE,
            false => wgpu::Features::empty(),
        },
        required_limits: wgpu::Limits {
            max_storage_buffer_binding_size: has
                .max_storage_buffer_binding_size
                .min(enough.max_storage_buffer_binding_size),
            max_buffer_size: has.max_buffer_size.min(enough.max_buffer_size),
            ..wgpu::Limits::downlevel_defaults()
        },
        // Few buffers, made once: memory is worth more than the time to make them.
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    }
}
