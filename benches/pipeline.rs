//! The whole pipeline on frames of 720p and 1080p, as a camera delivers them.
//!
//! `cargo bench` with `ORT_DYLIB_PATH` set measures ONNX Runtime as well; without it, only
//! the embedded engine, and it says so.
#![allow(clippy::print_stderr, reason = "a benchmark speaks to whoever runs it")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use frosted::{
    Background, CompositorChoice, EngineChoice, Frame, FrameSpec, Newcomers, PixelFormat, Settings,
    Setup, TextHeight, Timestamp,
};

/// The portrait of `examples/data`, cut to 16:9 and scaled to `width` by `height`.
fn portrait(format: PixelFormat, width: usize, height: usize) -> Frame {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/portrait.png");
    let picture = image::open(path)
        .expect("examples/data/portrait.png is a picture")
        .to_rgb8();
    let cut = image::imageops::crop_imm(&picture, 0, 60, 512, 288).to_image();
    let filter = image::imageops::FilterType::Triangle;
    let picture = image::imageops::resize(&cut, width as u32, height as u32, filter);
    let mut frame = Frame::new(FrameSpec::new(format, width, height).expect("a frame's size"));
    let colour = frame.spec().colour();
    let yuv = |x: usize, y: usize| {
        let [r, g, b] = picture.get_pixel(x as u32, y as u32).0;
        colour.yuv_of(frosted::Rgb::new(r, g, b))
    };
    let mut target = frame.view_mut();
    for y in 0..height {
        let luma: Vec<u8> = (0..width).map(|x| yuv(x, y)[0]).collect();
        target.row_mut(0, y).copy_from_slice(&luma);
    }
    for y in 0..height / 2 {
        let chroma: Vec<u8> = (0..width / 2)
            .flat_map(|x| {
                let [_, cb, cr] = yuv(2 * x, 2 * y);
                [cb, cr]
            })
            .collect();
        target.row_mut(1, y).copy_from_slice(&chroma);
    }
    frame
}

fn pipeline(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pipeline");
    group
        .measurement_time(Duration::from_secs(5))
        .sample_size(40);
    let backgrounds = [
        ("blur", Background::Blur(TextHeight::default())),
        ("frost", Background::Frost(TextHeight::default())),
    ];
    for engine in [EngineChoice::OnnxRuntime, EngineChoice::Rten] {
        for (width, height) in [(1280, 720), (1920, 1080)] {
            let frame = portrait(PixelFormat::Nv12, width, height);
            let mut output = Frame::new(*frame.spec());
            for (name, background) in &backgrounds {
                let settings = Settings {
                    background: background.clone(),
                    newcomers: Newcomers::AtOnce,
                    ..Settings::default()
                };
                let setup = Setup {
                    engine,
                    // A GPU, which auto would try, is measured by the benchmark gpu.
                    compositor: CompositorChoice::Cpu,
                    settings,
                    ..Setup::default()
                };
                let mut pipeline = match setup.build() {
                    Ok(pipeline) => pipeline,
                    Err(error) => {
                        eprintln!("{engine:?} is not measured: {error}");
                        continue;
                    }
                };
                let mut input = frame.clone();
                let mut at = Timestamp::ZERO;
                group.throughput(Throughput::Elements(1));
                let id = BenchmarkId::new(
                    format!("{engine:?}/{name}"),
                    format!("nv12 {width}x{height}"),
                );
                group.bench_function(id, |bencher| {
                    bencher.iter(|| {
                        at = at + Duration::from_millis(33);
                        input.set_captured_at(at);
                        pipeline.process(&input.view(), &mut output.view_mut())
                    });
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
