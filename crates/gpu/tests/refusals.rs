//! What the compositor refuses: the same as the CPU's, in the same words, and the target is left
//! as it was.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod support;

use frosted_core::internal::{Backdrop, Compositor, Cover, Field, FrameId};
use frosted_core::{
    Colour, ComposeError, ComposeErrorKind, Frame, FrameSpec, Mask, Matrix, PixelFormat, Range,
    Rotation,
};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::{noise_field, noise_frame};
use support::plan;

const CANARY: u8 = 0x77;

fn spec(format: PixelFormat) -> FrameSpec {
    FrameSpec::new(format, 64, 48).unwrap()
}

/// Paints frame 5 by its matte, but for what a case breaks.
struct Attempt<'c> {
    compositor: &'c mut dyn Compositor,
    source: Frame,
    target: Frame,
    matte: Mask,
    field: Field,
    id: FrameId,
}

impl<'c> Attempt<'c> {
    fn new(compositor: &'c mut dyn Compositor, format: PixelFormat) -> Self {
        let spec = spec(format);
        compositor.configure(&spec, &plan(&spec, 4)).unwrap();
        let source = noise_frame(spec, 1);
        let mut matte = Mask::new();
        let id = FrameId(5);
        matte
            .begin(compositor.reduce(id, &source.view()).unwrap())
            .fill(255);
        let mut target = Frame::new(spec);
        target.bytes_mut().fill(CANARY);
        Self {
            compositor,
            source,
            target,
            matte,
            field: noise_field(&spec, 16, 2),
            id,
        }
    }

    fn paint(&mut self, backdrop: Option<Backdrop<'_>>) -> Result<(), ComposeError> {
        let before = self.target.clone();
        let cover = Cover::Background {
            matte: &self.matte,
            backdrop: backdrop.unwrap_or(Backdrop::Field(&self.field)),
        };
        let (source, mut target) = (self.source.view(), self.target.view_mut());
        let outcome = self.compositor.paint(self.id, &source, cover, &mut target);
        assert_eq!(outcome.is_err(), self.target == before);
        outcome
    }
}

/// Both compositors' answers to the same attempt, which must be the same.
struct Both {
    cpu: CpuCompositor,
    gpu: frosted_gpu::GpuCompositor,
}

impl Both {
    fn new() -> Option<Self> {
        Some(Self {
            cpu: CpuCompositor::new(CpuOptions::default()).unwrap(),
            gpu: support::test_compositor()?,
        })
    }

    fn outcome<T>(
        &mut self,
        name: &str,
        attempt: impl Fn(&mut dyn Compositor) -> Result<T, ComposeError>,
    ) -> Result<(), ComposeErrorKind> {
        let on_cpu = attempt(&mut self.cpu).map(drop);
        let on_gpu = attempt(&mut self.gpu).map(drop);
        assert_eq!(on_cpu, on_gpu, "{name}");
        on_gpu.map_err(|error| error.kind())
    }
}

#[test]
fn an_attempt_with_nothing_wrong_paints() {
    let Some(mut both) = Both::new() else { return };
    for format in PixelFormat::DIRECT {
        let outcome = both.outcome("right", |compositor| {
            Attempt::new(compositor, format).paint(None)
        });
        assert_eq!(outcome, Ok(()), "{format}");
    }
}

#[test]
fn mattes_of_other_frames_are_stale() {
    type Change = fn(&mut Attempt<'_>);
    let cases: [(&str, Change); 7] = [
        ("another id is painted", |attempt| attempt.id = FrameId(6)),
        ("another frame was reduced since", |attempt| {
            let view = attempt.source.view();
            attempt.compositor.reduce(FrameId(6), &view).unwrap();
        }),
        ("the compositor was configured anew", |attempt| {
            let spec = *attempt.source.spec();
            attempt
                .compositor
                .configure(&spec, &plan(&spec, 4))
                .unwrap();
        }),
        ("the last reduction failed", |attempt| {
            let other = Frame::new(FrameSpec::new(PixelFormat::Nv12, 16, 16).unwrap());
            attempt
                .compositor
                .reduce(attempt.id, &other.view())
                .unwrap_err();
        }),
        ("the matte was never begun", |attempt| {
            attempt.matte = Mask::new();
        }),
        ("frame 0 is no frame", |attempt| {
            attempt.id = FrameId(0);
            let view = attempt.source.view();
            let reduced = attempt.compositor.reduce(FrameId(0), &view).unwrap();
            attempt.matte.begin(reduced).fill(255);
        }),
        ("the matte is of another grid", |attempt| {
            let spec = *attempt.source.spec();
            let mut other = CpuCompositor::new(CpuOptions::default()).unwrap();
            other.configure(&spec, &plan(&spec, 8)).unwrap();
            let view = attempt.source.view();
            attempt
                .matte
                .begin(other.reduce(attempt.id, &view).unwrap())
                .fill(255);
        }),
    ];
    let Some(mut both) = Both::new() else { return };
    for (name, change) in cases {
        let outcome = both.outcome(name, |compositor| {
            let mut attempt = Attempt::new(compositor, PixelFormat::Nv12);
            change(&mut attempt);
            attempt.paint(None)
        });
        assert_eq!(outcome, Err(ComposeErrorKind::StaleMask), "{name}");
    }
}

#[test]
fn frames_of_other_specs_are_refused() {
    let configured = spec(PixelFormat::Nv12);
    let colour = Colour {
        matrix: Matrix::Bt709,
        range: Range::Full,
    };
    let cases = [
        ("format", spec(PixelFormat::I420)),
        ("size", FrameSpec::new(PixelFormat::Nv12, 48, 64).unwrap()),
        ("colour", configured.with_colour(colour)),
        ("rotation", configured.with_rotation(Rotation::Half)),
    ];
    let Some(mut both) = Both::new() else { return };
    for (name, other) in cases {
        let wrong = Err(ComposeErrorKind::WrongSpec);
        let frame = noise_frame(other, 1);
        let outcome = both.outcome(name, |compositor| {
            let attempt = Attempt::new(compositor, PixelFormat::Nv12);
            let reduced = attempt.compositor.reduce(FrameId(9), &frame.view());
            reduced.map(drop)
        });
        assert_eq!(outcome, wrong, "{name} reduced");
        let outcome = both.outcome(name, |compositor| {
            let mut attempt = Attempt::new(compositor, PixelFormat::Nv12);
            attempt.source = frame.clone();
            attempt.paint(None)
        });
        assert_eq!(outcome, wrong, "{name} of the source");
        let outcome = both.outcome(name, |compositor| {
            let mut attempt = Attempt::new(compositor, PixelFormat::Nv12);
            attempt.target = frame.clone();
            attempt.paint(None)
        });
        assert_eq!(outcome, wrong, "{name} of the target");
        let outcome = both.outcome(name, |compositor| {
            Attempt::new(compositor, PixelFormat::Nv12).paint(Some(Backdrop::Picture(&frame)))
        });
        assert_eq!(outcome, wrong, "{name} of the picture");
    }
}

#[test]
fn fields_that_do_not_reach_over_the_frame_are_refused() {
    type Change = fn(&mut Field);
    let cases: [(&str, Change); 7] = [
        ("no step", |field| field.step_px = 0),
        ("a step that is no power of two", |field| field.step_px = 24),
        ("a step too wide", |field| field.step_px = 1 << 16),
        ("nodes too close for the frame", |field| field.step_px = 8),
        ("a plane missing", |field| field.planes[2].clear()),
        ("a plane too short", |field| field.planes[1].truncate(19)),
        ("no nodes", |field| *field = Field::default()),
    ];
    let Some(mut both) = Both::new() else { return };
    for (name, change) in cases {
        let outcome = both.outcome(name, |compositor| {
            let mut attempt = Attempt::new(compositor, PixelFormat::Nv12);
            change(&mut attempt.field);
            attempt.paint(None)
        });
        assert_eq!(outcome, Err(ComposeErrorKind::WrongSpec), "{name}");
    }
}

#[test]
fn only_formats_with_alpha_can_be_transparent() {
    let Some(mut both) = Both::new() else { return };
    for format in PixelFormat::DIRECT {
        let outcome = both.outcome("transparent", |compositor| {
            let mut attempt = Attempt::new(compositor, format);
            let field = attempt.field.clone();
            attempt.paint(Some(Backdrop::Transparent(&field)))
        });
        let wanted = match format.has_alpha() {
            true => Ok(()),
            false => Err(ComposeErrorKind::WrongSpec),
        };
        assert_eq!(outcome, wanted, "{format}");
    }
}

#[test]
fn everything_can_be_covered_before_anything_was_reduced() {
    let spec = spec(PixelFormat::Nv12);
    let Some(mut compositor) = support::configured(&spec, 4) else {
        return;
    };
    let source = noise_frame(spec, 1);
    let mut target = Frame::new(spec);
    let cover = Cover::Everything {
        backdrop: Backdrop::Flat([90, 91, 92]),
    };
    compositor
        .paint(FrameId(1), &source.view(), cover, &mut target.view_mut())
        .unwrap();
    assert_eq!(target.view().row(0, 47)[63], 90);
    assert_eq!(target.view().row(1, 23)[62..], [91, 92]);
}

#[test]
fn what_cannot_be_configured_does_not_work_on() {
    let Some(mut both) = Both::new() else { return };
    for format in PixelFormat::ALL {
        let spec = spec(format);
        let source = Frame::new(spec);
        for square_px in [0, 4] {
            let outcome = both.outcome("configured", |compositor| {
                compositor.configure(&spec, &plan(&spec, square_px))
            });
            let reduced = both.outcome("reduced", |compositor| {
                compositor.reduce(FrameId(1), &source.view()).map(drop)
            });
            let wanted = match PixelFormat::DIRECT.contains(&format) && square_px > 0 {
                true => Ok(()),
                false => Err(ComposeErrorKind::WrongSpec),
            };
            assert_eq!((outcome, reduced), (wanted, wanted), "{format}");
        }
    }
}

#[test]
fn squares_that_only_the_cpu_sums_are_refused_at_configure() {
    let spec = FrameSpec::new(PixelFormat::Nv12, 640, 480).unwrap();
    let Some(mut compositor) = support::configured(&spec, 128) else {
        return;
    };
    let error = compositor.configure(&spec, &plan(&spec, 129)).unwrap_err();
    assert_eq!(error.kind(), ComposeErrorKind::Device);
    assert!(error.to_string().contains("129 pixels wide"), "{error}");
}
