//! Pixel work on the GPU, step by step, beside the CPU's in the same run: `cargo xtask bench
//! --gpu`, or `cargo bench --features gpu --bench gpu`.
//!
//! It takes the GPU that the library would take, or the one whose name has
//! `FROSTED_BENCH_GPU` in it, and fails if there is none such; without the variable and a GPU a
//! software driver, which tells nothing about speed and shows only that all of it runs.
#![allow(clippy::print_stderr, reason = "a benchmark speaks to whoever runs it")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat, Reduced, TextHeight};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_gpu::{
    AdapterChoice, GpuCompositor, GpuInfo, GpuKind, GpuOptions, Handover, PassTimes,
    TextureCompositor, adapters, wgpu,
};
use frosted_testing::{noise_field, noise_frame};

const FRAMES: [(PixelFormat, usize, usize); 4] = [
    (PixelFormat::Nv12, 1280, 720),
    (PixelFormat::Nv12, 1920, 1080),
    (PixelFormat::Nv12, 3840, 2160),
    (PixelFormat::Rgba8, 1920, 1080),
];

/// What the default network asks for, of frames of 16:9.
const WANTED: (usize, usize) = (320, 192);

/// Frame pixels from node to node of a backdrop.
const FIELD_STEP_PX: usize = 16;

fn gpu(criterion: &mut Criterion) {
    let Some((options, info)) = choose() else {
        eprintln!("the GPU is not measured: there is none, nor a software driver");
        return;
    };
    eprintln!("GPU: {info}");
    if info.kind == GpuKind::Software {
        eprintln!("It is a software driver on the CPU: its times say nothing about GPUs.");
    }
    for (format, width, height) in FRAMES {
        let spec = FrameSpec::new(format, width, height).expect("a frame's size");
        let mut group = criterion.benchmark_group(format!("gpu/{format} {width}x{height}"));
        if info.kind == GpuKind::Software {
            group.sample_size(10);
            group.warm_up_time(Duration::from_millis(500));
            group.measurement_time(Duration::from_secs(1));
        }
        let mut shot = Shot::new(spec);
        group.throughput(Throughput::Elements(1));
        let cpu = CpuCompositor::new(CpuOptions::default()).expect("one thread can be had");
        in_memory(&mut group, "frame on the CPU", cpu, &mut shot);
        let compositor = GpuCompositor::new(options.clone()).expect("it was there just now");
        in_memory(&mut group, "frame on the GPU", compositor, &mut shot);
        passes(&mut group, &options, &mut shot);
        let (device, queue) = open(&info);
        if format.has_alpha() {
            for (name, handover) in [
                ("texture, checked", Handover::Checked),
                ("texture, at once", Handover::AtOnce),
            ] {
                let compositor = TextureCompositor::with_device(device.clone(), queue.clone());
                let compositor = compositor.expect("it was there just now");
                textures(&mut group, name, (compositor, handover), &device, &mut shot);
            }
        }
        group.throughput(Throughput::Bytes(spec.buffer_bytes() as u64));
        transfers(&mut group, &device, &queue, shot.source.bytes());
        group.finish();
    }
}

/// The best real GPU, or the one that is asked for, or a software driver.
fn choose() -> Option<(GpuOptions, GpuInfo)> {
    let with = |adapter| GpuOptions {
        adapter,
        ..GpuOptions::default()
    };
    let first = |adapter| {
        let options = with(adapter);
        let info = adapters(&options).into_iter().next()?;
        Some((options, info))
    };
    match std::env::var("FROSTED_BENCH_GPU") {
        Ok(named) => {
            let named = AdapterChoice::Named(named);
            let found = first(named.clone());
            if found.is_none()
                && let Err(error) = GpuCompositor::new(with(named))
            {
                eprintln!("FROSTED_BENCH_GPU: {error}");
                std::process::exit(1);
            }
            found
        }
        Err(_) => first(AdapterChoice::Real).or_else(|| first(AdapterChoice::Software)),
    }
}

/// The program's own device on the GPU `info`.
fn open(info: &GpuInfo) -> (wgpu::Device, wgpu::Queue) {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let is_it = |adapter: &wgpu::Adapter| GpuInfo::of(&adapter.get_info()) == *info;
    let adapter = adapters
        .into_iter()
        .find(is_it)
        .expect("it was there just now");
    let descriptor = wgpu::DeviceDescriptor::default();
    pollster::block_on(adapter.request_device(&descriptor)).expect("it was there just now")
}

/// A frame, and what covers it: another backdrop each time, as when the camera's picture
/// changes.
struct Shot {
    source: Frame,
    target: Frame,
    fields: [Field; 2],
    matte: Mask,
    number: u64,
}

impl Shot {
    fn new(spec: FrameSpec) -> Self {
        Self {
            source: noise_frame(spec, 1),
            target: Frame::new(spec),
            fields: [2, 3].map(|seed| noise_field(&spec, FIELD_STEP_PX, seed)),
            matte: Mask::new(),
            number: 0,
        }
    }

    fn plan(&self) -> ConcealPlan {
        ConcealPlan::new(self.source.spec(), WANTED, TextHeight::default())
    }

    fn next(&mut self) -> FrameId {
        self.number += 1;
        FrameId(self.number)
    }

    /// A third of the picture is somebody, a third the room, a third the border.
    fn draw(matte: &mut Mask, reduced: &Reduced) {
        let width = reduced.width();
        for (at, value) in matte.begin(reduced).iter_mut().enumerate() {
            let level = (3 * 255 * (at % width) / width).saturating_sub(255);
            *value = level.min(255) as u8;
        }
    }

    fn run(&mut self, compositor: &mut dyn Compositor) {
        let id = self.next();
        let reduced = compositor.reduce(id, &self.source.view());
        Self::draw(&mut self.matte, reduced.expect("a frame can be reduced"));
        let cover = Cover::Background {
            matte: &self.matte,
            backdrop: Backdrop::Field(&self.fields[self.number as usize % 2]),
        };
        let (source, mut target) = (self.source.view(), self.target.view_mut());
        let painted = compositor.paint(id, &source, cover, &mut target);
        painted.expect("a frame can be painted");
    }
}

fn in_memory(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut compositor: impl Compositor,
    shot: &mut Shot,
) {
    let configured = compositor.configure(shot.source.spec(), &shot.plan());
    if let Err(error) = configured {
        eprintln!("{name} is not measured: {error}");
        return;
    }
    group.bench_function(name, |bencher| bencher.iter(|| shot.run(&mut compositor)));
}

/// By the GPU's own clock, without the way there and back.
fn passes(group: &mut BenchmarkGroup<'_, WallTime>, options: &GpuOptions, shot: &mut Shot) {
    let timed = GpuOptions {
        timestamps: true,
        ..options.clone()
    };
    let mut compositor = GpuCompositor::new(timed).expect("it was there just now");
    let configured = compositor.configure(shot.source.spec(), &shot.plan());
    if let Err(error) = configured {
        eprintln!("passes are not measured: {error}");
        return;
    }
    shot.run(&mut compositor);
    if compositor.last_pass_times().is_none() {
        eprintln!("passes are not measured: the GPU has no clock");
        return;
    }
    let time_of_reduce: fn(PassTimes) -> Duration = |times| times.reduce;
    for (name, time_of) in [
        ("pass: reduce", time_of_reduce),
        ("pass: paint", |times| times.paint),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let rounds = (0..rounds).map(|_| {
                    shot.run(&mut compositor);
                    compositor.last_pass_times().map_or(Duration::ZERO, time_of)
                });
                rounds.sum()
            });
        });
    }
}

/// From texture to texture; with [`Handover::AtOnce`] each frame waits for the one before.
fn textures(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    (mut compositor, handover): (TextureCompositor, Handover),
    device: &wgpu::Device,
    shot: &mut Shot,
) {
    let spec = *shot.source.spec();
    let [input, output] = [(); 2].map(|()| {
        device.create_texture(&wgpu::TextureDescriptor {
            label: None,
            size: wgpu::Extent3d {
                width: spec.width() as u32,
                height: spec.height() as u32,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        })
    });
    let filled = compositor.show(&shot.source.view(), &input);
    filled.expect("a texture can be filled");
    let configured = compositor.configure(&spec, &shot.plan());
    if let Err(error) = configured {
        eprintln!("{name} is not measured: {error}");
        return;
    }
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let id = shot.next();
            let reduced = compositor.reduce(id, &input);
            Shot::draw(&mut shot.matte, reduced.expect("a frame can be reduced"));
            let cover = Cover::Background {
                matte: &shot.matte,
                backdrop: Backdrop::Field(&shot.fields[shot.number as usize % 2]),
            };
            let painted = compositor.paint(id, cover, &output, handover);
            painted.expect("a frame can be painted");
        });
    });
}

/// The frame's bytes to the GPU and back, without any pass: what a frame in memory pays for
/// the bus.
fn transfers(
    group: &mut BenchmarkGroup<'_, WallTime>,
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    frame: &[u8],
) {
    let size = frame.len().next_multiple_of(4) as u64;
    let buffer = |usage| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        })
    };
    let on_gpu = buffer(wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST);
    let upload = buffer(wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::MAP_WRITE);
    let readback = buffer(wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ);
    let copy = |from: &wgpu::Buffer, to: &wgpu::Buffer| {
        let mut encoder = device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(from, 0, to, 0, None);
        queue.submit([encoder.finish()]);
    };
    let map = |buffer: &wgpu::Buffer, mode| {
        buffer.map_async(mode, .., |outcome| outcome.expect("a buffer can be mapped"));
        let polled = device.poll(wgpu::PollType::wait_indefinitely());
        polled.expect("a device that is there answers");
    };
    group.bench_function("upload", |bencher| {
        bencher.iter_custom(|rounds| {
            let mut took = Duration::ZERO;
            for _ in 0..rounds {
                map(&upload, wgpu::MapMode::Write);
                let began = Instant::now();
                let mut view = upload.get_mapped_range_mut(..).expect("it is mapped");
                view.slice(..frame.len()).copy_from_slice(frame);
                drop(view);
                upload.unmap();
                copy(&upload, &on_gpu);
                let polled = device.poll(wgpu::PollType::wait_indefinitely());
                polled.expect("a device that is there answers");
                took += began.elapsed();
            }
            took
        });
    });
    let mut back = vec![0; frame.len()];
    group.bench_function("readback", |bencher| {
        bencher.iter(|| {
            copy(&on_gpu, &readback);
            map(&readback, wgpu::MapMode::Read);
            let view = readback.get_mapped_range(..).expect("it is mapped");
            back.copy_from_slice(&view[..frame.len()]);
            drop(view);
            readback.unmap();
            black_box(&mut back);
        });
    });
}

criterion_group!(benches, gpu);
criterion_main!(benches);
