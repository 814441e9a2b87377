//! The whole pipeline on the CPU by format, background, engine and size, and the networks in it
//! by engine and threads. The picture is the bundled portrait.
//!
//! `cargo xtask bench`; `cargo bench` with `ORT_DYLIB_PATH` set measures ONNX Runtime as well,
//! without it only the embedded engine, and says so.
#![allow(clippy::print_stderr, reason = "a benchmark speaks to whoever runs it")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use frosted::{
    Background, Colour, CompositorChoice, EngineChoice, Frame, FrameReport, FrameSpec, Model,
    Newcomers, Pipeline, PixelFormat, ProtectedFrame, Rgb, Settings, Setup, Shown, TextHeight,
    Timestamp,
};
use image::RgbImage;

const FORMATS: [PixelFormat; 10] = PixelFormat::ALL;
const SIZES: [(usize, usize); 3] = [(1280, 720), (1920, 1080), (3840, 2160)];
const ENGINES: [EngineChoice; 2] = [EngineChoice::OnnxRuntime, EngineChoice::Rten];

/// The portrait of `examples/data`, cut to 16:9 and scaled.
fn picture(width: usize, height: usize) -> RgbImage {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/portrait.png");
    let picture = image::open(path)
        .expect("examples/data/portrait.png is a picture")
        .to_rgb8();
    let cut = image::imageops::crop_imm(&picture, 0, 60, 512, 288).to_image();
    let filter = image::imageops::FilterType::Triangle;
    image::imageops::resize(&cut, width as u32, height as u32, filter)
}

/// The same as a camera delivers it, of even sides.
fn portrait(format: PixelFormat, (width, height): (usize, usize)) -> Frame {
    let picture = picture(width, height);
    let mut frame = Frame::new(FrameSpec::new(format, width, height).expect("a frame's size"));
    let colour = frame.spec().colour();
    let mut target = frame.view_mut();
    for plane in 0..format.plane_count() {
        let rows = target.spec().plane_rows(plane);
        for y in 0..rows {
            let row = y * height / rows;
            let bytes = row_of(format, plane, &picture, row as u32, colour);
            target.row_mut(plane, y).copy_from_slice(&bytes);
        }
    }
    frame
}

/// Of frames with a chroma row for two of luma, `y` is the upper one's.
fn row_of(
    format: PixelFormat,
    plane: usize,
    picture: &RgbImage,
    y: u32,
    colour: Colour,
) -> Vec<u8> {
    let rgb = |x: u32| picture.get_pixel(x, y).0;
    let yuv = |x: u32| {
        let [r, g, b] = rgb(x);
        colour.yuv_of(Rgb::new(r, g, b))
    };
    let pixels = 0..picture.width();
    let pairs = (0..picture.width()).step_by(2);
    match (format, plane) {
        (PixelFormat::Rgb8, _) => pixels.flat_map(rgb).collect(),
        (PixelFormat::Bgr8, _) => pixels
            .flat_map(|x| {
                let [r, g, b] = rgb(x);
                [b, g, r]
            })
            .collect(),
        (PixelFormat::Rgba8 | PixelFormat::Bgra8, _) => pixels
            .flat_map(|x| {
                let [r, g, b] = rgb(x);
                match format {
                    PixelFormat::Rgba8 => [r, g, b, 255],
                    _ => [b, g, r, 255],
                }
            })
            .collect(),
        (PixelFormat::Yuyv | PixelFormat::Uyvy, _) => pairs
            .flat_map(|x| {
                let ([first, cb, cr], [second, ..]) = (yuv(x), yuv(x + 1));
                match format {
                    PixelFormat::Yuyv => [first, cb, second, cr],
                    _ => [cb, first, cr, second],
                }
            })
            .collect(),
        (_, 0) => pixels.map(|x| yuv(x)[0]).collect(),
        (PixelFormat::Nv12, _) => pairs.flat_map(|x| [yuv(x)[1], yuv(x)[2]]).collect(),
        (PixelFormat::Nv21, _) => pairs.flat_map(|x| [yuv(x)[2], yuv(x)[1]]).collect(),
        (_, plane) => pairs.map(|x| yuv(x)[plane]).collect(),
    }
}

/// A pipeline and its camera.
struct Desk {
    pipeline: Pipeline,
    input: Frame,
    output: ProtectedFrame,
    at: Timestamp,
}

impl Desk {
    /// None, said aloud, where the engine or the network is missing.
    fn new(frame: &Frame, background: Background, setup: Setup) -> Option<Self> {
        let setup = Setup {
            // A GPU, which auto would try, is measured by the benchmark gpu.
            compositor: CompositorChoice::Cpu,
            settings: Settings {
                background,
                newcomers: Newcomers::AtOnce,
                ..Settings::default()
            },
            ..setup
        };
        let engine = setup.engine;
        let pipeline = match setup.build() {
            Ok(pipeline) => pipeline,
            Err(error) => {
                eprintln!("{engine:?} is not measured: {error}");
                return None;
            }
        };
        let mut desk = Self {
            pipeline,
            input: frame.clone(),
            output: ProtectedFrame::new(*frame.spec()),
            at: Timestamp::ZERO,
        };
        let shown = (0..5).map(|_| desk.protect().map(|report| report.shown));
        // Less work is done where the person is not shown.
        assert_eq!(shown.last(), Some(Some(Shown::Person)), "{engine:?}");
        Some(desk)
    }

    fn protect(&mut self) -> Option<FrameReport> {
        self.at = self.at + Duration::from_millis(33);
        self.input.set_captured_at(self.at);
        let protected = self.pipeline.protect(&self.input.view(), &mut self.output);
        protected.ok()
    }
}

fn blur() -> Background {
    Background::Blur(TextHeight::default())
}

fn pipeline(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pipeline");
    group
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30);
    let others = [
        ("frost", Background::Frost(TextHeight::default())),
        ("colour", Background::Colour(Rgb::KEY_GREEN)),
    ];
    let mut measure = |engine, format: PixelFormat, size, name, background: &Background| {
        let frame = portrait(format, size);
        let setup = Setup {
            engine,
            ..Setup::default()
        };
        let Some(mut desk) = Desk::new(&frame, background.clone(), setup) else {
            return;
        };
        let (width, height) = size;
        group.throughput(Throughput::Elements((width * height) as u64));
        let id = BenchmarkId::new(
            format!("{engine:?}/{name}"),
            format!("{format} {width}x{height}"),
        );
        group.bench_function(id, |bencher| bencher.iter(|| desk.protect()));
    };
    for engine in ENGINES {
        for size in SIZES {
            measure(engine, PixelFormat::Nv12, size, "blur", &blur());
        }
        for (name, background) in &others {
            measure(engine, PixelFormat::Nv12, SIZES[0], name, background);
        }
    }
    for format in FORMATS {
        if format != PixelFormat::Nv12 {
            measure(ENGINES[0], format, SIZES[0], "blur", &blur());
        }
    }
    group.finish();
}

/// What the networks take of a frame, with what comes before and after them; faces are looked
/// for in some of the frames only.
fn networks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("networks");
    group
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30);
    let frame = portrait(PixelFormat::Nv12, SIZES[0]);
    for engine in ENGINES {
        for (name, model) in [("quality", Model::Quality), ("landscape", Model::Landscape)] {
            for network_threads in [1, 2] {
                let setup = Setup {
                    engine,
                    model: model.clone(),
                    network_threads,
                    ..Setup::default()
                };
                let Some(mut desk) = Desk::new(&frame, blur(), setup) else {
                    continue;
                };
                let id = BenchmarkId::new(
                    format!("{engine:?}/{name}"),
                    format!("threads {network_threads}"),
                );
                group.bench_function(id, |bencher| {
                    bencher.iter_custom(|frames| {
                        let reports = (0..frames).filter_map(|_| desk.protect());
                        reports.map(|report| report.times.segment).sum()
                    });
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, pipeline, networks);
criterion_main!(benches);
