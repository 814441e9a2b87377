//! What the compositor refuses, and that the target is left as it was.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod oracle;

use frosted_core::internal::{Backdrop, Compositor, Cover, Field, FrameId};
use frosted_core::{
    Colour, ComposeErrorKind, Frame, FrameSpec, Mask, Matrix, PixelFormat, Range, Rotation,
};
use frosted_cpu::{CpuCompositor, CpuOptions};
use oracle::{compositor, field, noise_frame, plan};

fn spec(format: PixelFormat) -> FrameSpec {
    FrameSpec::new(format, 64, 48).unwrap()
}

/// Paints frame 5 by its matte, but for what `change` breaks.
struct Attempt {
    compositor: CpuCompositor,
    source: Frame,
    target: Frame,
    matte: Mask,
    field: Field,
    id: FrameId,
}

impl Attempt {
    fn new(format: PixelFormat) -> Self {
        let spec = spec(format);
        let mut compositor = compositor(&spec, 4, 1);
        let source = noise_frame(spec, 1, 0);
        let mut matte = Mask::new();
        let id = FrameId(5);
        matte
            .begin(compositor.reduce(id, &source.view()).unwrap())
            .fill(255);
        let mut target = Frame::new(spec);
        target.bytes_mut().fill(0x77);
        Self {
            compositor,
            source,
            target,
            matte,
            field: field(&spec, 16),
            id,
        }
    }

    fn paint(&mut self, backdrop: Option<Backdrop<'_>>) -> Result<(), ComposeErrorKind> {
        let before = self.target.clone();
        let cover = Cover::Background {
            matte: &self.matte,
            backdrop: backdrop.unwrap_or(Backdrop::Field(&self.field)),
        };
        let outcome = self.compositor.paint(
            self.id,
            &self.source.view(),
            cover,
            &mut self.target.view_mut(),
        );
        assert_eq!(outcome.is_err(), self.target == before);
        outcome.map_err(|error| {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.ends_with('.'), "{message}");
            error.kind()
        })
    }
}

#[test]
fn an_attempt_with_nothing_wrong_paints() {
    assert_eq!(Attempt::new(PixelFormat::Nv12).paint(None), Ok(()));
}

#[test]
fn mattes_of_other_frames_are_stale() {
    type Change = fn(&mut Attempt);
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
            let mut other = compositor(&spec, 8, 1);
            let view = attempt.source.view();
            attempt
                .matte
                .begin(other.reduce(attempt.id, &view).unwrap())
                .fill(255);
        }),
    ];
    for (name, change) in cases {
        let mut attempt = Attempt::new(PixelFormat::Nv12);
        change(&mut attempt);
        assert_eq!(
            attempt.paint(None),
            Err(ComposeErrorKind::StaleMask),
            "{name}"
        );
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
    for (name, other) in cases {
        let wrong = Err(ComposeErrorKind::WrongSpec);
        let frame = noise_frame(other, 1, 0);
        let mut attempt = Attempt::new(PixelFormat::Nv12);
        let reduced = attempt.compositor.reduce(FrameId(9), &frame.view());
        assert_eq!(
            reduced.map(drop).map_err(|error| error.kind()),
            wrong,
            "{name} reduced"
        );

        let mut attempt = Attempt::new(PixelFormat::Nv12);
        attempt.source = frame.clone();
        assert_eq!(attempt.paint(None), wrong, "{name} of the source");

        let mut attempt = Attempt::new(PixelFormat::Nv12);
        attempt.target = frame.clone();
        assert_eq!(attempt.paint(None), wrong, "{name} of the target");

        let mut attempt = Attempt::new(PixelFormat::Nv12);
        assert_eq!(
            attempt.paint(Some(Backdrop::Picture(&frame))),
            wrong,
            "{name} of the picture"
        );
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
    for (name, change) in cases {
        let mut attempt = Attempt::new(PixelFormat::Nv12);
        change(&mut attempt.field);
        assert_eq!(
            attempt.paint(None),
            Err(ComposeErrorKind::WrongSpec),
            "{name}"
        );
    }
}

#[test]
fn only_formats_with_alpha_can_be_transparent() {
    for format in PixelFormat::DIRECT {
        let mut attempt = Attempt::new(format);
        let field = attempt.field.clone();
        let outcome = attempt.paint(Some(Backdrop::Transparent(&field)));
        let wanted = if format.has_alpha() {
            Ok(())
        } else {
            Err(ComposeErrorKind::WrongSpec)
        };
        assert_eq!(outcome, wanted, "{format}");
    }
}

#[test]
fn everything_can_be_covered_before_anything_was_reduced() {
    let spec = spec(PixelFormat::Nv12);
    let source = noise_frame(spec, 1, 0);
    let mut target = Frame::new(spec);
    let cover = Cover::Everything {
        backdrop: Backdrop::Flat([90, 91, 92]),
    };
    compositor(&spec, 4, 1)
        .paint(FrameId(1), &source.view(), cover, &mut target.view_mut())
        .unwrap();
    assert_eq!(target.view().row(0, 47)[63], 90);
    assert_eq!(target.view().row(1, 23)[62..], [91, 92]);
}

#[test]
fn formats_that_are_repacked_at_the_door_cannot_be_configured() {
    for format in PixelFormat::ALL {
        let spec = spec(format);
        let mut compositor = CpuCompositor::new(CpuOptions::default()).unwrap();
        let outcome = compositor.configure(&spec, &plan(&spec, 4));
        let direct = PixelFormat::DIRECT.contains(&format);
        assert_eq!(outcome.is_ok(), direct, "{format}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ComposeErrorKind::WrongSpec);
            assert!(error.to_string().starts_with(&format.to_string()));
            let source = Frame::new(spec);
            let reduced = compositor.reduce(FrameId(1), &source.view());
            assert_eq!(
                reduced.map(drop).map_err(|error| error.kind()),
                Err(ComposeErrorKind::WrongSpec),
                "a compositor that could not be configured works on"
            );
        }
    }
}

#[test]
fn a_square_of_no_pixels_is_refused() {
    let spec = spec(PixelFormat::Nv12);
    let mut compositor = CpuCompositor::new(CpuOptions::default()).unwrap();
    let error = compositor.configure(&spec, &plan(&spec, 0)).unwrap_err();
    assert_eq!(error.kind(), ComposeErrorKind::WrongSpec);
}
