//! Textures of a software GPU, filled and read for the tests.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

pub(crate) mod stream;

use frosted::gpu::wgpu;
use frosted::{Frame, FrameSpec};
pub(crate) use wgpu::TextureFormat as Format;

/// Two devices of the test's own with `limits` on a software driver. `None`, said aloud, where
/// there is none such and none is required.
///
/// # Panics
/// If there is none and `FROSTED_REQUIRE_GPU=1`.
pub(crate) fn software_devices(limits: wgpu::Limits) -> Option<[(wgpu::Device, wgpu::Queue); 2]> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let is_software =
        |adapter: &wgpu::Adapter| adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    let Some(adapter) = adapters.into_iter().find(is_software) else {
        assert!(
            std::env::var_os("FROSTED_REQUIRE_GPU").is_none_or(|value| value != "1"),
            "FROSTED_REQUIRE_GPU=1, and there is no software driver"
        );
        eprintln!("SKIPPED: no Vulkan adapter (no software driver)");
        return None;
    };
    let descriptor = wgpu::DeviceDescriptor {
        required_limits: limits,
        ..Default::default()
    };
    let open = || pollster::block_on(adapter.request_device(&descriptor)).unwrap();
    Some([open(), open()])
}

/// What a frame's texture is, with every usage that copies need.
pub(crate) fn descriptor(
    format: wgpu::TextureFormat,
    width: usize,
    height: usize,
) -> wgpu::TextureDescriptor<'static> {
    wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d {
            width: width as u32,
            height: height as u32,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    }
}

/// Fills `texture` with `frame`, which is of its size and without gaps.
pub(crate) fn fill(queue: &wgpu::Queue, texture: &wgpu::Texture, frame: &Frame) {
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(4 * texture.width()),
        rows_per_image: None,
    };
    let (place, size) = (texture.as_image_copy(), texture.size());
    queue.write_texture(place, frame.bytes(), layout, size);
}

/// What `texture` holds, as a frame of `spec`.
pub(crate) fn read(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
    spec: FrameSpec,
) -> Frame {
    let row = 4 * spec.width();
    let stride = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as usize);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: (stride * spec.height()) as u64,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let place = wgpu::TexelCopyBufferInfo {
        buffer: &buffer,
        layout: wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(stride as u32),
            rows_per_image: None,
        },
    };
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.copy_texture_to_buffer(texture.as_image_copy(), place, texture.size());
    queue.submit([encoder.finish()]);
    buffer.map_async(wgpu::MapMode::Read, .., |outcome| outcome.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let bytes = buffer.get_mapped_range(..).unwrap();
    let mut frame = Frame::new(spec);
    let mut target = frame.view_mut();
    for (y, line) in bytes.chunks_exact(stride).enumerate() {
        target.row_mut(0, y).copy_from_slice(&line[..row]);
    }
    frame
}
