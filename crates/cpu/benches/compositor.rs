//! The pixel work on the CPU at each level of instructions, beside copying the frame's bytes:
//! `cargo xtask bench --cpu`, or `cargo bench --package frosted-cpu`.
//!
//! The picture is noise, the matte a head and shoulders, the backdrop a blur's.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId, Level};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat, Reduced, TextHeight};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::{noise_field, noise_frame};

const SIZES: [(usize, usize); 3] = [(1280, 720), (1920, 1080), (3840, 2160)];

/// What the networks ask for, of frames of 16:9.
const WANTED: (usize, usize) = (256, 144);

/// More frames than the processor's caches hold, as a camera's buffers are: the work of one
/// frame finds nothing of it there.
const FRAMES_BYTES: usize = 96 << 20;

/// A head and shoulders on a reduced grid.
fn person(reduced: &Reduced) -> Vec<u8> {
    let (width, height) = (reduced.width(), reduced.height());
    let value = |at: usize| {
        let x = ((at % width) as f32 + 0.5) / width as f32 - 0.5;
        let y = ((at / width) as f32 + 0.5) / height as f32;
        let head = 1.0 - (x / 0.11).hypot((y - 0.35) / 0.22);
        let shoulders = 1.0 - (x / 0.3).hypot((y - 1.1) / 0.5);
        (128.0 + 1500.0 * head.max(shoulders)).clamp(0.0, 255.0) as u8
    };
    (0..width * height).map(value).collect()
}

struct Desk {
    sources: Vec<Frame>,
    target: Frame,
    field: Field,
    person: Vec<u8>,
    matte: Mask,
    number: u64,
}

impl Desk {
    fn new(spec: FrameSpec, plan: &ConcealPlan) -> Self {
        let frames = (FRAMES_BYTES / spec.buffer_bytes()).max(2);
        // A node every fifth of a cell, as the pipeline's blur has them.
        let step_px = 1 << (plan.blur_cell * plan.square_px / 5).clamp(1, 64).ilog2();
        Self {
            sources: vec![noise_frame(spec, 1); frames],
            target: Frame::new(spec),
            field: noise_field(&spec, step_px, 1),
            person: Vec::new(),
            matte: Mask::new(),
            number: 0,
        }
    }

    fn draw(&mut self, reduced: &Reduced) {
        if self.person.is_empty() {
            self.person = person(reduced);
        }
        self.matte.begin(reduced).copy_from_slice(&self.person);
    }

    fn next(&mut self) -> (FrameId, usize) {
        self.number += 1;
        (
            FrameId(self.number),
            self.number as usize % self.sources.len(),
        )
    }
}

fn compositor(criterion: &mut Criterion) {
    for (width, height) in SIZES {
        for format in PixelFormat::DIRECT {
            let spec = FrameSpec::new(format, width, height).expect("a frame's size");
            let plan = ConcealPlan::new(&spec, WANTED, TextHeight::default());
            let mut desk = Desk::new(spec, &plan);
            let mut group = criterion.benchmark_group(format!("cpu/{format} {width}x{height}"));
            group.throughput(Throughput::Bytes(spec.buffer_bytes() as u64));
            group.sample_size(20);
            group.bench_function("copy", |bencher| {
                bencher.iter(|| {
                    let (_, at) = desk.next();
                    desk.target
                        .bytes_mut()
                        .copy_from_slice(desk.sources[at].bytes());
                });
            });
            for level in Level::all() {
                let mut compositor = CpuCompositor::at_level(CpuOptions::default(), level)
                    .expect("one thread can be had");
                compositor
                    .configure(&spec, &plan)
                    .expect("the plan is the spec's");
                group.bench_function(BenchmarkId::new("reduce", level), |bencher| {
                    bencher.iter(|| {
                        let (id, at) = desk.next();
                        compositor
                            .reduce(id, &desk.sources[at].view())
                            .map(Reduced::width)
                            .ok()
                    });
                });
                group.bench_function(BenchmarkId::new("reduce and paint", level), |bencher| {
                    bencher.iter(|| {
                        let (id, at) = desk.next();
                        let reduced = compositor.reduce(id, &desk.sources[at].view());
                        desk.draw(reduced.expect("a frame can be reduced"));
                        let source = desk.sources[at].view();
                        let cover = Cover::Background {
                            matte: &desk.matte,
                            backdrop: Backdrop::Field(&desk.field),
                        };
                        compositor
                            .paint(id, &source, cover, &mut desk.target.view_mut())
                            .is_ok()
                    });
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, compositor);
criterion_main!(benches);
