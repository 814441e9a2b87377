use std::time::Duration;

use frosted_core::internal::Compositor;
use frosted_core::{Frame, Mask};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::{BackdropKind, Composition, MatteKind};

use super::*;
use crate::by_textures::ByTextures;
use crate::session::Fault;
use crate::shaders;
use crate::test_gpu::test_gpu;

/// What an output holds before it is painted.
const HELD: u8 = 0x77;

/// What covers the room.
const COLOUR: [u8; 3] = [90, 110, 150];

/// A compositor that has reduced a frame; its matte, and an output that is painted next.
struct Step {
    compositor: TextureCompositor,
    input: wgpu::Texture,
    matte: Mask,
    output: wgpu::Texture,
}

impl Step {
    fn new() -> Option<Self> {
        let mut compositor = TextureCompositor {
            gpu: test_gpu()?,
            ready: Ready::default(),
        };
        let spec = FrameSpec::new(PixelFormat::Rgba8, 1920, 1080).unwrap();
        let [input, output] = [(); 2].map(|()| compositor.texture_for(&spec).unwrap());
        let mut held = Frame::new(spec);
        held.bytes_mut().fill(HELD);
        compositor.show(&held.view(), &output).unwrap();
        let mut step = Self {
            compositor,
            input,
            matte: Mask::new(),
            output,
        };
        step.begin();
        Some(step)
    }

    fn spec(&self) -> FrameSpec {
        FrameSpec::new(PixelFormat::Rgba8, 1920, 1080).unwrap()
    }

    fn begin(&mut self) {
        let spec = self.spec();
        let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::default());
        self.compositor.configure(&spec, &plan).unwrap();
        self.reduce(FrameId(1));
    }

    /// Makes a matte of it that shows everything.
    fn reduce(&mut self, id: FrameId) {
        let reduced = self.compositor.reduce(id, &self.input).unwrap();
        self.matte.begin(reduced).fill(255);
    }

    /// Reduces a frame all of whose bytes are `level`.
    fn reduce_level(&mut self, level: u8) {
        let mut frame = Frame::new(self.spec());
        frame.bytes_mut().fill(level);
        self.compositor.show(&frame.view(), &self.input).unwrap();
        self.reduce(FrameId(1));
    }

    fn paint(&mut self, handover: Handover) -> Result<(), ComposeError> {
        let cover = Cover::Background {
            matte: &self.matte,
            backdrop: Backdrop::Flat(COLOUR),
        };
        let output = &self.output;
        let id = self.matte.frame();
        self.compositor.paint(id, cover, output, handover)
    }

    fn plant(&mut self, fault: Fault) {
        self.compositor
            .ready
            .session()
            .unwrap()
            .session
            .plant(fault);
    }

    /// Whether all of the output's bytes are `level`.
    fn output_is(&self, level: u8) -> bool {
        self.output_is_all([level; 4])
    }

    /// Whether all of the output's pixels are `pixel`.
    fn output_is_all(&self, pixel: [u8; 4]) -> bool {
        let (gpu, output) = (&self.compositor.gpu, &self.output);
        let stride = 4 * output.width();
        let readback = HostBuffer::readback(&gpu.device, (stride * output.height()) as usize);
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let place = wgpu::TexelCopyBufferInfo {
            buffer: &readback.buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(stride),
                rows_per_image: None,
            },
        };
        encoder.copy_texture_to_buffer(output.as_image_copy(), place, output.size());
        let submission = gpu.submit(encoder, std::iter::once(&readback));
        gpu.finish(submission, std::iter::once(&readback)).unwrap();
        let is_pixel = |bytes: &[u8]| Ok(bytes.as_chunks().0.iter().all(|at| *at == pixel));
        readback.read(is_pixel).unwrap()
    }
}

#[test]
fn a_gpu_that_takes_too_long_leaves_the_output_alone() {
    let Some(mut step) = Step::new() else {
        return;
    };
    let patience = step.compositor.gpu.patience;
    step.compositor.gpu.patience = Duration::ZERO;
    let outcome = step.paint(Handover::Checked);
    step.compositor.gpu.patience = patience;
    let error = outcome.unwrap_err();
    assert!(error.to_string().contains("took more than 0 s"), "{error}");
    assert!(step.output_is(HELD));
    step.begin();
    step.paint(Handover::Checked).unwrap();
    assert!(!step.output_is(HELD));
}

#[test]
fn a_pass_that_does_not_run_leaves_the_output_alone() {
    let Some(mut step) = Step::new() else {
        return;
    };
    step.plant(Fault::MostGroups(0));
    let error = step.paint(Handover::Checked).unwrap_err();
    assert!(error.to_string().contains("a pass did not run"), "{error}");
    assert!(step.output_is(HELD));
}

#[test]
fn a_pass_that_does_not_run_is_told_by_the_next_call_if_nobody_waited() {
    let Some(mut step) = Step::new() else {
        return;
    };
    step.plant(Fault::MostGroups(0));
    step.paint(Handover::AtOnce).unwrap();
    assert!(step.output_is(0), "something else than zeros was painted");
    let outcome = step.compositor.reduce(FrameId(2), &step.input);
    let error = outcome.map(drop).unwrap_err();
    assert!(error.to_string().contains("a pass did not run"), "{error}");
}

#[test]
fn by_a_matte_that_does_not_arrive_nothing_is_shown_whoever_waits() {
    for handover in [Handover::Checked, Handover::AtOnce] {
        for words in [0, 5000] {
            let Some(mut step) = Step::new() else {
                return;
            };
            // Shows all of a white frame; the next one is covered.
            step.reduce_level(255);
            step.paint(handover).unwrap();
            assert!(step.output_is(255));
            step.reduce(FrameId(2));
            step.matte.values_mut().fill(0);
            step.plant(Fault::MatteWords(words));
            let mut outcome = step.paint(handover);
            if handover == Handover::AtOnce {
                outcome.unwrap();
                let [red, green, blue] = COLOUR;
                let covered = step.output_is_all([red, green, blue, 255]);
                assert!(covered, "{words} words arrived, and something is shown");
                outcome = step.compositor.reduce(FrameId(3), &step.input).map(drop);
            } else {
                assert!(step.output_is(255), "the output is not as it was");
            }
            let error = outcome.unwrap_err();
            assert!(
                error.to_string().contains("the matte did not arrive"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_pass_that_does_not_run_is_told_also_after_a_card_a_new_size_or_a_new_background() {
    type Next = fn(&mut Step) -> Result<(), ComposeError>;
    let nexts: [(&str, Next); 3] = [
        ("a card", |step| {
            let output = step.compositor.texture_for(&step.spec())?;
            let card = Frame::new(step.spec());
            step.compositor.show(&card.view(), &output)?;
            step.compositor.reduce(FrameId(2), &step.input).map(drop)
        }),
        ("a new size", |step| {
            let spec = FrameSpec::new(PixelFormat::Rgba8, 64, 48).unwrap();
            let plan = ConcealPlan::new(&spec, (16, 12), TextHeight::default());
            step.compositor.configure(&spec, &plan)
        }),
        ("a new background", |step| {
            let spec = step.spec();
            let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::Pixels(90));
            step.compositor.configure(&spec, &plan)
        }),
    ];
    for (name, next) in nexts {
        let Some(mut step) = Step::new() else {
            return;
        };
        step.plant(Fault::MostGroups(0));
        step.paint(Handover::AtOnce).unwrap();
        let Err(error) = next(&mut step) else {
            panic!("{name}: nothing is told");
        };
        let message = error.to_string();
        assert!(message.contains("a pass did not run"), "{name}: {message}");
        assert!(step.output_is(0), "{name}: something else than zeros");
        // It is told by whatever is asked for a frame, until it is configured anew.
        let again = step.compositor.reduce(FrameId(3), &step.input).map(drop);
        assert_eq!(again, Err(error), "{name}");
        step.begin();
        step.paint(Handover::AtOnce).unwrap();
        assert!(!step.output_is(0), "{name}: it does not go on");
    }
}

#[test]
fn a_driver_that_makes_another_shader_of_ours_gives_other_bytes_than_the_cpu() {
    let spec = FrameSpec::new(PixelFormat::Bgra8, 321, 181).unwrap();
    let plan = ConcealPlan::new(&spec, (64, 36), TextHeight::default());
    let rounding = "(OPAQUE - alpha) + OPAQUE / 2u";
    for wrong in [
        None,
        Some("(OPAQUE - alpha)"),
        Some("(OPAQUE - alpha) + OPAQUE / 2u + 9u"),
    ] {
        let Some(gpu) = test_gpu() else { return };
        let ready = Ready::default();
        let mut compositor = TextureCompositor { gpu, ready };
        if let Some(wrong) = wrong {
            let [right] = shaders::paint(spec.format()).try_into().unwrap();
            assert!(right.contains(rounding), "{right}");
            let wrong = right.replace(rounding, wrong);
            compositor
                .gpu
                .passes
                .plant(&compositor.gpu.device, right, wrong);
        }
        let mut by_textures = ByTextures::new(&mut compositor, &spec).unwrap();
        let mut cpu = CpuCompositor::new(CpuOptions::default()).unwrap();
        let composition = Composition {
            spec,
            square_px: plan.square_px,
            matte: MatteKind::Ramp,
            backdrop: BackdropKind::Flat,
        };
        let [shots, expected] = [&mut by_textures as &mut dyn Compositor, &mut cpu].map(|one| {
            one.configure(&spec, &plan).unwrap();
            composition.paint(one).unwrap()
        });
        let same = shots.iter().zip(&expected).all(|(shot, wanted)| {
            assert_eq!(shot.reduced, wanted.reduced);
            shot.painted == wanted.painted
        });
        assert_eq!(same, wrong.is_none(), "{wrong:?}");
    }
}
