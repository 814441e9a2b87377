//! The decision between network and painting alone, on reduced pictures as large as those of a
//! frame of 1280x720 for either network, at every level of the processor.

use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use frosted_core::internal::{ConcealPlan, Cover, FrameId, Level};
use frosted_core::{
    ComposeError, FrameSpec, FrameView, Mask, PixelFormat, Reduced, SegmentError, Segmenter,
    SegmenterInfo, Timestamp,
};
use frosted_pipeline::{DistantSurface, Settings, Surface, SurfacePipeline, SystemClock};

/// How deep in a figure that breathes and nods a pixel is, in pixels; outside below 0.
fn depth(picture: &Reduced, at: usize) -> f32 {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let sway = 0.02 * width * (picture.frame().0 as f32 * 0.15).sin();
    let x = (at % picture.width()) as f32 - width / 2.0 - sway;
    let y = (at / picture.width()) as f32;
    let head = 0.2 * height - x.hypot(y - 0.35 * height);
    let body = (0.3 * width - x.abs()).min(y - 0.6 * height);
    head.max(body)
}

/// A network that finds the figure, with a soft border.
struct Figure((usize, usize));

impl Segmenter for Figure {
    fn wanted_size(&self, _: &FrameSpec) -> (usize, usize) {
        self.0
    }

    fn segment(&mut self, picture: &Reduced, mask: &mut Mask) -> Result<(), SegmentError> {
        for (at, value) in mask.begin(picture).iter_mut().enumerate() {
            *value = (128.0 + 50.0 * depth(picture, at)) as u8;
        }
        Ok(())
    }

    fn reset(&mut self) {}

    fn info(&self) -> SegmenterInfo {
        SegmenterInfo::default()
    }
}

/// Frames that are drawn reduced, and painted nowhere.
struct Drawn {
    spec: FrameSpec,
    square_px: usize,
    picture: Reduced,
}

impl Surface for Drawn {
    fn configure(&mut self, _: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.square_px = plan.square_px;
        Ok(())
    }

    fn reduce(&mut self, id: FrameId) -> Result<&Reduced, ComposeError> {
        let _ = self.picture.prepare(&self.spec, self.square_px, id);
        let figure: Vec<f32> = (0..self.picture.width() * self.picture.height())
            .map(|at| depth(&self.picture, at))
            .collect();
        let width = self.picture.width();
        let mut noise = id.0 as u32;
        let planes = self.picture.prepare(&self.spec, self.square_px, id);
        for (plane, values) in planes.into_iter().enumerate() {
            for (at, value) in values.iter_mut().enumerate() {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let shelf = 40 * ((at % width / 9 + at / width / 7) % 3);
                let level = if figure[at] > 0.0 { 170 } else { 60 + shelf };
                *value = (level - 20 * plane) as u8 + (noise >> 30) as u8;
            }
        }
        Ok(&self.picture)
    }

    fn paint(&mut self, _: FrameId, _: Cover<'_>) -> Result<(), ComposeError> {
        Ok(())
    }
}

impl DistantSurface for Drawn {
    fn spec(&self) -> FrameSpec {
        self.spec
    }

    fn show(&mut self, _: &FrameView<'_>) -> Result<(), ComposeError> {
        Ok(())
    }
}

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    group.sample_size(20).throughput(Throughput::Elements(1));
    for wanted in [(256, 144), (320, 180)] {
        for level in Level::all() {
            let id = BenchmarkId::new(format!("{}x{}", wanted.0, wanted.1), level);
            group.bench_function(id, |bencher| {
                level.force();
                let settings = Settings {
                    deadline: None,
                    ..Settings::default()
                };
                let clock = Arc::new(SystemClock::new());
                let mut pipeline =
                    SurfacePipeline::assemble(Box::new(Figure(wanted)), settings, clock);
                let mut surface = Drawn {
                    spec: FrameSpec::new(PixelFormat::Nv12, 1280, 720).expect("a frame's size"),
                    square_px: 1,
                    picture: Reduced::default(),
                };
                let mut at = Timestamp::ZERO;
                bencher.iter_custom(|frames| {
                    let mut took = Duration::ZERO;
                    for _ in 0..frames {
                        at = at + Duration::from_millis(33);
                        let report = pipeline.process(&mut surface, at);
                        took += report.expect("a frame of its spec").times.decide;
                    }
                    took
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
