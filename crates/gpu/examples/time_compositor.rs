//! Times both steps of the GPU compositor and prints one line of JSON: from call to return, and
//! on the GPU's own clock.
//!
//! `cargo run --release -p frosted-gpu --example time_compositor -- nv12 1920 1080 [NAME]`
//!
//! The matte is a soft disc over a field that changes with every frame. NAME is a part of the
//! GPU's name; without it the first real one is taken.

use std::error::Error;
use std::time::{Duration, Instant};

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, FrameId};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat, TextHeight};
use frosted_gpu::{AdapterChoice, GpuCompositor, GpuOptions};
use frosted_testing::{MatteKind, noise_field, noise_frame};

const FRAMES: u64 = 200;
const STEP_PX: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let format: PixelFormat = next("nv12").parse()?;
    let (width, height) = (next("1920").parse()?, next("1080").parse()?);
    let adapter = match next("") {
        name if name.is_empty() => AdapterChoice::Real,
        name => AdapterChoice::Named(name),
    };

    let spec = FrameSpec::new(format, width, height)?;
    let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::default());
    let mut compositor = GpuCompositor::new(GpuOptions {
        adapter,
        timestamps: true,
        ..GpuOptions::default()
    })?;
    let start = Instant::now();
    compositor.configure(&spec, &plan)?;
    let configure = start.elapsed();
    let (source, mut target) = (noise_frame(spec, 1), Frame::new(spec));
    let fields = [2, 3].map(|seed| noise_field(&spec, STEP_PX, seed));
    let mut matte = Mask::new();
    let mut times: [Vec<Duration>; 4] = Default::default();
    for number in 1..=FRAMES {
        let id = FrameId(number);
        let start = Instant::now();
        let reduced = compositor.reduce(id, &source.view())?;
        times[0].push(start.elapsed());
        MatteKind::Disc.draw(reduced, number, &mut matte);
        let cover = Cover::Background {
            matte: &matte,
            backdrop: Backdrop::Field(&fields[number as usize % 2]),
        };
        let start = Instant::now();
        compositor.paint(id, &source.view(), cover, &mut target.view_mut())?;
        times[1].push(start.elapsed());
        if let Some(passes) = compositor.last_pass_times() {
            times[2].push(passes.reduce);
            times[3].push(passes.paint);
        }
    }
    let [reduce, paint, reduce_pass, paint_pass] = times.map(median_and_p95);
    #[expect(clippy::print_stdout, reason = "the program's purpose")]
    {
        println!(
            "{{\"gpu\":\"{}\",\"format\":\"{format}\",\"width\":{width},\"height\":{height},\
             \"configure_ms\":{:.3},\"reduce_ms\":{reduce},\"paint_ms\":{paint},\
             \"reduce_pass_ms\":{reduce_pass},\"paint_pass_ms\":{paint_pass}}}",
            compositor.info(),
            configure.as_secs_f64() * 1e3
        );
    }
    Ok(())
}

fn median_and_p95(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: usize| match times.get(times.len() * share / 100) {
        Some(time) => format!("{:.3}", time.as_secs_f64() * 1e3),
        None => "null".to_owned(),
    };
    format!("{{\"median\":{},\"p95\":{}}}", at(50), at(95))
}
