//! The pixel work of some frames of 1280x720 at a level of instructions, for programs that
//! count instructions: `cargo xtask instructions`.
//!
//! usage: pixel_work FORMAT common|avx2|avx512 reduce|paint FRAMES

use std::error::Error;

use frosted_core::internal::{
    Backdrop, Compositor, ConcealPlan, Cover, FrameId, Instructions, Level,
};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat, TextHeight};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::{MatteKind, noise_field, noise_frame};

/// Frame pixels from node to node of the backdrop.
const FIELD_STEP_PX: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [format, level, stage, frames] = arguments.as_slice() else {
        return Err("usage: pixel_work FORMAT common|avx2|avx512 reduce|paint FRAMES".into());
    };
    let format: PixelFormat = format.parse()?;
    let instructions: Instructions = level.parse()?;
    let level = Level::all().find(|level| level.instructions() == instructions);
    let level = level.ok_or("this processor does not have these instructions")?;
    let frames: u64 = frames.parse()?;

    let spec = FrameSpec::new(format, 1280, 720)?;
    let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::default());
    let mut compositor = CpuCompositor::at_level(CpuOptions::default(), level)?;
    compositor.configure(&spec, &plan)?;
    let source = noise_frame(spec, 1);
    let mut target = Frame::new(spec);
    let field = noise_field(&spec, FIELD_STEP_PX, 2);
    let (mut matte, mut person) = (Mask::new(), Vec::new());
    for number in 1..=frames {
        let reduced = compositor.reduce(FrameId(number), &source.view())?;
        if stage == "reduce" {
            continue;
        }
        if person.is_empty() {
            MatteKind::Disc.draw(reduced, 1, &mut matte);
            person.extend_from_slice(matte.values());
        }
        matte.begin(reduced).copy_from_slice(&person);
        let cover = Cover::Background {
            matte: &matte,
            backdrop: Backdrop::Field(&field),
        };
        let (source, mut target) = (source.view(), target.view_mut());
        compositor.paint(FrameId(number), &source, cover, &mut target)?;
    }
    Ok(())
}
