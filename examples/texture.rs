//! Protects a frame that is a texture, on the app's own GPU device:
//! `cargo run --release --features gpu --example texture OUT.png [IN.png]`
//!
//! A stand-in for an app that renders with wgpu. The texture that the camera's frame lies in is
//! filled from a picture here, and the protected one is read back to be looked at; an app draws
//! it instead (`examples/gpu_preview` does).
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example speaks to whoever runs it"
)]

use std::error::Error;
use std::time::Duration;

use frosted::gpu::wgpu;
use frosted::{Settings, Setup, Shown, Timestamp};
use image::RgbaImage;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(path) = arguments.next() else {
        return Err("usage: texture OUT.png [IN.png]".into());
    };
    let portrait = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/portrait.png");
    let picture = image::open(arguments.next().unwrap_or(portrait.into()))?.to_rgba8();

    let (device, queue) = pollster::block_on(open_device())?;
    let mut pipeline = Setup {
        settings: Settings::for_stills(),
        ..Setup::default()
    }
    .build_for_textures(device.clone(), queue.clone())?;
    println!("GPU: {}", pipeline.gpu_info());

    let frame = device.create_texture(&descriptor("frame", &picture));
    let protected = device.create_texture(&descriptor("protected", &picture));
    queue.write_texture(
        frame.as_image_copy(),
        &picture,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(4 * picture.width()),
            rows_per_image: None,
        },
        frame.size(),
    );
    for number in 1..=10 {
        let at = Timestamp::ZERO + number * Duration::from_millis(33);
        let report = pipeline.process_texture(&frame, at, &protected)?;
        println!("frame {number}: {}", report.shown);
        if report.shown == Shown::Person {
            break;
        }
    }
    read(&device, &queue, &protected)?.save(&path)?;
    Ok(())
}

/// Any device will do; a software driver's, too, which is slow.
async fn open_device() -> Result<(wgpu::Device, wgpu::Queue), Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = instance.request_adapter(&Default::default()).await?;
    Ok(adapter.request_device(&Default::default()).await?)
}

fn descriptor<'l>(label: &'l str, picture: &RgbaImage) -> wgpu::TextureDescriptor<'l> {
    wgpu::TextureDescriptor {
        label: Some(label),
        // The input is copied from and the output to; to fill the one and to read the other, as
        // is done here, takes the opposite.
        usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
        size: wgpu::Extent3d {
            width: picture.width(),
            height: picture.height(),
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        view_formats: &[],
    }
}

/// What `texture` holds; this is for the example alone and slow.
fn read(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
) -> Result<RgbaImage, Box<dyn Error>> {
    let row = 4 * texture.width();
    let stride = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("picture"),
        size: u64::from(stride) * u64::from(texture.height()),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let place = wgpu::TexelCopyBufferInfo {
        buffer: &buffer,
        layout: wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(stride),
            rows_per_image: None,
        },
    };
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.copy_texture_to_buffer(texture.as_image_copy(), place, texture.size());
    queue.submit([encoder.finish()]);
    buffer.map_async(wgpu::MapMode::Read, .., |_| {});
    device.poll(wgpu::PollType::wait_indefinitely())?;
    let bytes = buffer.get_mapped_range(..)?;
    let rows = bytes.chunks_exact(stride as usize);
    let pixels = rows
        .flat_map(|line| line[..row as usize].to_vec())
        .collect();
    RgbaImage::from_raw(texture.width(), texture.height(), pixels)
        .ok_or_else(|| "the texture is no picture".into())
}
