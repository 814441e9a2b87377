//! Times both stages of the CPU compositor and prints one line of JSON.
//!
//! `cargo run --release -p frosted-cpu --example time_compositor -- nv12 1280 720 [THREADS] [edges]`
//!
//! The matte is a person of half the frame's width over a field; with `edges` every pixel
//! is mixed, the worst case.

use std::error::Error;
use std::time::Instant;

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat, Reduced, TextHeight};
use frosted_cpu::{CpuCompositor, CpuOptions};

const FRAMES: u64 = 400;
const STEP_PX: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let format: PixelFormat = next("nv12").parse()?;
    let (width, height) = (next("1280").parse()?, next("720").parse()?);
    let threads = next("1").parse()?;
    let matte_of = match next("person").as_str() {
        "edges" => edges,
        _ => person,
    };

    let spec = FrameSpec::new(format, width, height)?;
    let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::default());
    let mut compositor = CpuCompositor::new(CpuOptions { threads })?;
    compositor.configure(&spec, &plan)?;
    let source = noise(spec);
    let mut target = Frame::new(spec);
    let field = slope(&spec);
    let mut matte = Mask::new();
    let (mut reduce, mut paint) = (Vec::new(), Vec::new());
    for number in 1..=FRAMES {
        let start = Instant::now();
        let reduced = compositor.reduce(FrameId(number), &source.view())?;
        reduce.push(start.elapsed().as_secs_f64() * 1e3);
        matte_of(reduced, &mut matte);
        let cover = Cover::Background {
            matte: &matte,
            backdrop: Backdrop::Field(&field),
        };
        let start = Instant::now();
        compositor.paint(
            FrameId(number),
            &source.view(),
            cover,
            &mut target.view_mut(),
        )?;
        paint.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let [reduce, paint] = [reduce, paint].map(|mut times| {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times[times.len() * share / 100];
        format!("{{\"median\":{:.3},\"p95\":{:.3}}}", at(50), at(95))
    });
    #[expect(clippy::print_stdout, reason = "the program's purpose")]
    {
        println!(
            "{{\"format\":\"{format}\",\"width\":{width},\"height\":{height},\
             \"threads\":{threads},\"square_px\":{},\"reduce_ms\":{reduce},\"paint_ms\":{paint}}}",
            plan.square_px
        );
    }
    Ok(())
}

fn noise(spec: FrameSpec) -> Frame {
    let mut frame = Frame::new(spec);
    let mut state = 1u32;
    for byte in frame.bytes_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    frame
}

fn slope(spec: &FrameSpec) -> Field {
    let (width, height) = (
        spec.width().div_ceil(STEP_PX) + 1,
        spec.height().div_ceil(STEP_PX) + 1,
    );
    let plane = |factor: usize| {
        let node = |index: usize| (index * factor * 256 % (255 * 256)) as u16;
        (0..width * height).map(node).collect()
    };
    Field {
        step_px: STEP_PX,
        width,
        height,
        planes: [plane(3), plane(5), plane(7)],
    }
}

/// An ellipse of half the frame's width, with an edge a few pixels wide.
fn person(reduced: &Reduced, matte: &mut Mask) {
    let (width, height) = (reduced.width(), reduced.height());
    let values = matte.begin(reduced).chunks_exact_mut(width);
    for (y, row) in values.enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            let across = (x as f32 / width as f32 - 0.5) / 0.25;
            let down = (y as f32 / height as f32 - 0.8) / 0.7;
            let inside = 1.0 - across.hypot(down);
            *value = (128.0 + inside * width as f32 * 16.0).clamp(0.0, 255.0) as u8;
        }
    }
}

fn edges(reduced: &Reduced, matte: &mut Mask) {
    for (index, value) in matte.begin(reduced).iter_mut().enumerate() {
        *value = if index % 2 == 0 { 140 } else { 220 };
    }
}
