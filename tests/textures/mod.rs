//! Textures of the tests' GPU, filled and read for the tests.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod stream;

use frosted::gpu::wgpu;
use frosted::{Frame, FrameSpec};
use frosted_testing::{is_test_gpu, skip_without_gpu};
pub(crate) use wgpu::TextureFormat as Format;

/// Two devices of the test's own with `limits` on a software driver, or on the GPU that
/// `FROSTED_TEST_GPU` names. `None`, said aloud, where there is none and none is required.
///
/// # Panics
/// As [`skip_without_gpu`].
pub(crate) fn test_devices(limits: wgpu::Limits) -> Option<[(wgpu::Device, wgpu::Queue); 2]> {
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
