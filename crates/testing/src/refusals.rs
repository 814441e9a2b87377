use std::fmt;

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId};
use frosted_core::{
    Colour, ComposeError, ComposeErrorKind, Frame, FrameSpec, Mask, Matrix, PixelFormat, Range,
    Reduced, Rotation, TextHeight,
};

use crate::composition::{noise_field, noise_frame};

/// An attempt that every compositor answers in the same way: by the same kind of error, and a
/// target that is left as it was, or by none.
pub struct Refusal {
    name: String,
    wanted: Result<(), ComposeErrorKind>,
    attempt: Box<AttemptOn>,
}

type AttemptOn = dyn Fn(&mut dyn Compositor) -> Result<(), ComposeError>;

impl Refusal {
    /// What is attempted.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is answered.
    pub fn wanted(&self) -> Result<(), ComposeErrorKind> {
        self.wanted
    }

    /// Attempts it with `compositor`, which need not be configured.
    ///
    /// # Errors
    /// What it is refused by.
    ///
    /// # Panics
    /// If the target is not left as it was, or is though it was painted; and if the error's
    /// words are none.
    pub fn attempt(&self, compositor: &mut dyn Compositor) -> Result<(), ComposeError> {
        let outcome = (self.attempt)(compositor);
        if let Err(error) = &outcome {
            let message = error.to_string();
            assert!(
                !message.is_empty() && !message.ends_with('.'),
                "{}: {message}",
                self.name
            );
        }
        outcome
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("name", &self.name)
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

/// All of them, and attempts with nothing wrong.
pub fn refusals() -> Vec<Refusal> {
    let mut all = Vec::new();
    all.extend(PixelFormat::DIRECT.map(|format| {
        of(format!("nothing wrong, {format}"), Ok(()), move |attempt| {
            attempt.paint(None)
        })
        .on(format)
    }));
    all.extend(stale());
    all.extend(other_specs());
    all.extend(fields());
    all.extend(PixelFormat::DIRECT.map(transparent));
    all.push(everything_before_anything());
    for format in PixelFormat::ALL {
        all.extend([0, 4].map(|square_px| configured(format, square_px)));
    }
    all
}

const SQUARE_PX: usize = 4;

/// What a target holds before it is painted.
const HELD: u8 = 0x77;

fn spec(format: PixelFormat) -> FrameSpec {
    FrameSpec::new(format, 64, 48).expect("the size is legal")
}

fn plan(spec: &FrameSpec, square_px: usize) -> ConcealPlan {
    let mut plan = ConcealPlan::new(spec, (256, 144), TextHeight::default());
    plan.square_px = square_px;
    plan
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
    fn new(compositor: &'c mut dyn Compositor, format: PixelFormat) -> Result<Self, ComposeError> {
        let spec = spec(format);
        compositor.configure(&spec, &plan(&spec, SQUARE_PX))?;
        let source = noise_frame(spec, 1);
        let mut target = Frame::new(spec);
        target.bytes_mut().fill(HELD);
        let mut attempt = Self {
            compositor,
            source,
            target,
            matte: Mask::new(),
            field: noise_field(&spec, 16, 2),
            id: FrameId(5),
        };
        attempt.reduce(attempt.id)?;
        Ok(attempt)
    }

    /// Makes a matte of the frame as number `id`.
    fn reduce(&mut self, id: FrameId) -> Result<(), ComposeError> {
        let reduced = self.compositor.reduce(id, &self.source.view())?;
        self.matte.begin(reduced).fill(255);
        Ok(())
    }

    fn paint(&mut self, backdrop: Option<Backdrop<'_>>) -> Result<(), ComposeError> {
        let before = self.target.clone();
        let cover = Cover::Background {
            matte: &self.matte,
            backdrop: backdrop.unwrap_or(Backdrop::Field(&self.field)),
        };
        let (source, mut target) = (self.source.view(), self.target.view_mut());
        let outcome = self.compositor.paint(self.id, &source, cover, &mut target);
        assert_eq!(outcome.is_err(), self.target == before, "{outcome:?}");
        outcome
    }
}

/// An attempt on NV12 frames, if it is not said otherwise.
struct Case<F> {
    name: String,
    wanted: Result<(), ComposeErrorKind>,
    attempt: F,
}

fn of<F>(name: impl Into<String>, wanted: Result<(), ComposeErrorKind>, attempt: F) -> Case<F>
where
    F: Fn(&mut Attempt<'_>) -> Result<(), ComposeError> + 'static,
{
    Case {
        name: name.into(),
        wanted,
        attempt,
    }
}

impl<F> Case<F>
where
    F: Fn(&mut Attempt<'_>) -> Result<(), ComposeError> + 'static,
{
    fn on(self, format: PixelFormat) -> Refusal {
        let attempt = self.attempt;
        Refusal {
            name: self.name,
            wanted: self.wanted,
            attempt: Box::new(move |compositor| attempt(&mut Attempt::new(compositor, format)?)),
        }
    }
}

fn stale() -> impl Iterator<Item = Refusal> {
    type Change = fn(&mut Attempt<'_>) -> Result<(), ComposeError>;
    let cases: [(&str, Change); 7] = [
        ("another id is painted", |attempt| {
            attempt.id = FrameId(6);
            Ok(())
        }),
        ("another frame was reduced since", |attempt| {
            let view = attempt.source.view();
            attempt.compositor.reduce(FrameId(6), &view).map(drop)
        }),
        ("the compositor was configured anew", |attempt| {
            let spec = *attempt.source.spec();
            attempt.compositor.configure(&spec, &plan(&spec, SQUARE_PX))
        }),
        ("the last reduction failed", |attempt| {
            let other = FrameSpec::new(PixelFormat::Nv12, 16, 16).expect("the size is legal");
            let other = Frame::new(other);
            let refused = attempt.compositor.reduce(attempt.id, &other.view());
            assert!(refused.is_err(), "a frame of another size was reduced");
            Ok(())
        }),
        ("the matte was never begun", |attempt| {
            attempt.matte = Mask::new();
            Ok(())
        }),
        ("frame 0 is no frame", |attempt| {
            attempt.id = FrameId(0);
            attempt.reduce(FrameId(0))
        }),
        ("the matte is of another grid", |attempt| {
            let mut other = Reduced::default();
            other.prepare(attempt.source.spec(), 2 * SQUARE_PX, attempt.id);
            attempt.matte.begin(&other).fill(255);
            Ok(())
        }),
    ];
    cases.into_iter().map(|(name, change)| {
        of(name, Err(ComposeErrorKind::StaleMask), move |attempt| {
            change(attempt)?;
            attempt.paint(None)
        })
        .on(PixelFormat::Nv12)
    })
}

fn other_specs() -> impl Iterator<Item = Refusal> {
    type Use = fn(&mut Attempt<'_>, Frame) -> Result<(), ComposeError>;
    let uses: [(&str, Use); 4] = [
        ("is reduced", |attempt, frame| {
            attempt
                .compositor
                .reduce(FrameId(9), &frame.view())
                .map(drop)
        }),
        ("is the source", |attempt, frame| {
            attempt.source = frame;
            attempt.paint(None)
        }),
        ("is the target", |attempt, frame| {
            attempt.target = frame;
            attempt.paint(None)
        }),
        ("is the picture", |attempt, frame| {
            attempt.paint(Some(Backdrop::Picture(&frame)))
        }),
    ];
    let configured = spec(PixelFormat::Nv12);
    let colour = Colour {
        matrix: Matrix::Bt709,
        range: Range::Full,
    };
    let turned = FrameSpec::new(PixelFormat::Nv12, 48, 64).expect("the size is legal");
    let others = [
        ("another format", spec(PixelFormat::I420)),
        ("another size", turned),
        ("another colour", configured.with_colour(colour)),
        ("another rotation", configured.with_rotation(Rotation::Half)),
    ];
    others.into_iter().flat_map(move |(what, other)| {
        uses.map(|(how, put)| {
            let name = format!("a frame of {what} {how}");
            of(name, Err(ComposeErrorKind::WrongSpec), move |attempt| {
                put(attempt, noise_frame(other, 1))
            })
            .on(PixelFormat::Nv12)
        })
    })
}

fn fields() -> impl Iterator<Item = Refusal> {
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
    cases.into_iter().map(|(name, change)| {
        let name = format!("a field with {name}");
        of(name, Err(ComposeErrorKind::WrongSpec), move |attempt| {
            change(&mut attempt.field);
            attempt.paint(None)
        })
        .on(PixelFormat::Nv12)
    })
}

fn transparent(format: PixelFormat) -> Refusal {
    let wanted = match format.has_alpha() {
        true => Ok(()),
        false => Err(ComposeErrorKind::WrongSpec),
    };
    of(format!("a transparent {format}"), wanted, |attempt| {
        let field = attempt.field.clone();
        attempt.paint(Some(Backdrop::Transparent(&field)))
    })
    .on(format)
}

fn everything_before_anything() -> Refusal {
    Refusal {
        name: "everything is covered before anything was reduced".to_owned(),
        wanted: Ok(()),
        attempt: Box::new(|compositor| {
            let spec = spec(PixelFormat::Nv12);
            compositor.configure(&spec, &plan(&spec, SQUARE_PX))?;
            let (source, mut target) = (noise_frame(spec, 1), Frame::new(spec));
            let backdrop = Backdrop::Flat([90, 91, 92]);
            let cover = Cover::Everything { backdrop };
            let mut out = target.view_mut();
            compositor.paint(FrameId(1), &source.view(), cover, &mut out)?;
            assert_eq!(target.view().row(0, 47)[63], 90);
            assert_eq!(target.view().row(1, 23)[62..], [91, 92]);
            Ok(())
        }),
    }
}

/// What cannot be configured does not work on, either.
fn configured(format: PixelFormat, square_px: usize) -> Refusal {
    Refusal {
        name: format!("{format} is configured by squares of {square_px}"),
        wanted: match PixelFormat::DIRECT.contains(&format) && square_px > 0 {
            true => Ok(()),
            false => Err(ComposeErrorKind::WrongSpec),
        },
        attempt: Box::new(move |compositor| {
            let spec = spec(format);
            let outcome = compositor.configure(&spec, &plan(&spec, square_px));
            let reduced = compositor.reduce(FrameId(1), &Frame::new(spec).view());
            let reduced = reduced.map(drop).map_err(|error| error.kind());
            let kind = outcome.clone().map_err(|error| error.kind());
            assert_eq!(reduced, kind, "{format} by {square_px} is reduced");
            outcome
        }),
    }
}
