use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId, KeptFrame, protected_mut};
use frosted_core::{
    CardPainter, ComposeError, CompositorInfo, FaceFinder, Frame, FrameSpec, FrameView,
    FrameViewMut, PixelFormat, ProtectedFrame, Reduced, Rgb, Segmenter, SegmenterInfo, Timestamp,
};

use crate::clock::Clock;
use crate::course::Course;
use crate::door;
use crate::error::{Error, ErrorKind};
use crate::guarded::Guarded;
use crate::policy::Verdict;
use crate::report::{Cause, FrameReport, Shown};
use crate::settings::{CardReason, Settings};
use crate::stages::{Stages, Surface};

/// The last protected frame stands in for a missing one for so long.
const HOLD: Duration = Duration::from_millis(200);

/// Turns frames of the room into protected frames, one stream per pipeline.
///
/// Everything runs on the caller's thread unless the compositor was given more.
pub struct Pipeline {
    stages: Stages,
    compositor: Box<dyn Compositor>,
    card: CardPainter,
    /// No frame came since the start or the last [`Pipeline::reset`].
    fresh: bool,
    last: Option<LastShown>,
    /// Its pixels, if [`Pipeline::process`] wrote them ...
    copy: Frame,
    /// ... or else [`Pipeline::protect`].
    kept: Option<KeptFrame>,
    inside: Frame,
    outside: Frame,
}

/// How [`Pipeline::idle`] comes by what was shown last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// The caller may write over it.
    Copies,
    /// Only pipelines can write to it.
    Shares,
}

/// What [`Pipeline::idle`] can show again.
#[derive(Clone, Copy, Debug)]
struct LastShown {
    at: Timestamp,
    plate_bits: (u32, u32),
    person_share: f32,
}

impl Pipeline {
    /// Puts a pipeline together. [`frosted`](https://docs.rs/frosted)'s `Setup` does it with
    /// the usual parts.
    #[doc(hidden)]
    pub fn assemble(
        segmenter: Box<dyn Segmenter>,
        compositor: Box<dyn Compositor>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let smallest = FrameSpec::new(
            PixelFormat::Rgb8,
            frosted_core::MIN_SIDE,
            frosted_core::MIN_SIDE,
        )
        .expect("the smallest frame is a frame");
        Self {
            stages: Stages::new(segmenter, settings, clock),
            compositor,
            card: CardPainter::new(),
            fresh: true,
            last: None,
            copy: Frame::new(smallest),
            kept: None,
            inside: Frame::new(smallest),
            outside: Frame::new(smallest),
        }
    }

    /// The same pipeline, which looks for faces, too, to tell the subject from others.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faces(mut self, finder: Box<dyn FaceFinder>) -> Self {
        self.stages.look_for_faces(finder);
        self
    }

    /// Writes the protected form of `input` to `output`.
    ///
    /// Trouble at run time is no error: the report says what was shown instead, and why.
    /// Input and output must be of the same size, format, colour and rotation; strides may
    /// differ. Time stamps must advance: what depends on time waits for ever otherwise.
    /// A change of the input's spec from one call to the next is a start: the card
    /// is shown until the first good masks.
    ///
    /// # Errors
    /// Only for mistakes of the caller's, after the card was painted to `output`:
    /// [`ErrorKind::OutputDiffers`], [`ErrorKind::NeedsAlpha`] for a transparent background
    /// and frames without alpha, [`ErrorKind::Picture`] for a background picture that
    /// cannot be scaled.
    pub fn process(
        &mut self,
        input: &FrameView<'_>,
        output: &mut FrameViewMut<'_>,
    ) -> Result<FrameReport, Error> {
        let (report, last) = self.show(input, output, Keeping::Copies)?;
        self.last = last;
        Ok(report)
    }

    /// Gives what can be shown again, which nothing is until the caller has its pixels.
    fn show(
        &mut self,
        input: &FrameView<'_>,
        output: &mut FrameViewMut<'_>,
        keeping: Keeping,
    ) -> Result<(FrameReport, Option<LastShown>), Error> {
        self.forget_last();
        // Whatever happens below, `output` is blank or painted when it is dropped.
        let mut output = Guarded::new(output);
        let began = self.stages.clock.now();
        self.fresh = false;
        let mut result = self.check(input, output.frame());
        let mut surface = InMemory {
            compositor: &mut *self.compositor,
            input,
            output: output.frame(),
            inside: &mut self.inside,
            outside: &mut self.outside,
        };
        if result.is_ok() {
            result = self.stages.prepare(input.spec(), &mut surface);
        }
        if let Err(error) = result {
            self.start_over();
            self.paint_card(Cause::Misuse, output.frame());
            output.release();
            return Err(error);
        }
        let mut course = Course::default();
        let at = input.captured_at();
        let verdict = self.stages.attempt(at, &mut surface, began, &mut course);
        if let Verdict::Card(cause) = verdict {
            self.paint_card(cause, output.frame());
        }
        let shown = Shown::from(verdict);
        let plate_bits = self.stages.plate_bits();
        let last = match shown {
            Shown::Person | Shown::AllCovered(_) => {
                door::fill_padding(output.frame());
                if keeping == Keeping::Copies {
                    self.copy.copy_from(&output.frame().as_view(at));
                }
                Some(LastShown {
                    at,
                    plate_bits,
                    person_share: course.person_share,
                })
            }
            _ => None,
        };
        output.release();
        course.times.total = self.stages.clock.now().saturating_sub(began);
        Ok((course.report(shown, at, plate_bits), last))
    }

    /// Writes to `output` what is due at `now` though no frame came: the last protected
    /// frame for at most 200 ms after it was captured, then the card.
    ///
    /// Once the card was due, the next frame is a start.
    ///
    /// # Errors
    /// None at present; a result so that callers treat it as they treat
    /// [`process`](Self::process).
    pub fn idle(
        &mut self,
        now: Timestamp,
        output: &mut FrameViewMut<'_>,
    ) -> Result<FrameReport, Error> {
        let mut output = Guarded::new(output);
        let began = self.stages.clock.now();
        let held = self.due(now).filter(|_| {
            let kept = self.kept.as_ref().map_or(&self.copy, KeptFrame::frame);
            kept.copy_to(output.frame())
        });
        let shown = match held {
            Some(_) => Shown::Held,
            None => {
                let cause = if self.fresh {
                    Cause::Starting
                } else {
                    Cause::Stalled
                };
                self.start_over();
                self.paint_card(cause, output.frame());
                Shown::Card(cause)
            }
        };
        output.release();
        Ok(self.idle_report(shown, held, now, began))
    }

    /// What was shown last, if it stands in for a frame that is missing at `now`.
    fn due(&self, now: Timestamp) -> Option<LastShown> {
        self.last
            .filter(|last| now >= last.at && now.since(last.at) <= HOLD)
    }

    fn idle_report(
        &self,
        shown: Shown,
        held: Option<LastShown>,
        now: Timestamp,
        began: Duration,
    ) -> FrameReport {
        let mut course = Course::default();
        course.times.total = self.stages.clock.now().saturating_sub(began);
        course.person_share = held.map_or(0.0, |last| last.person_share);
        let plate_bits = held.map_or((0, 0), |last| last.plate_bits);
        course.report(shown, now, plate_bits)
    }

    /// As [`process`](Self::process), to a frame that nobody else can write and that sinks
    /// take; it becomes what `input` is, without gaps between rows. It costs less: what
    /// [`protect_idle`](Self::protect_idle) may show again is not copied, as long as each pipeline
    /// has frames of its own: one that another wrote to last is copied first.
    ///
    /// # Errors
    /// As [`process`](Self::process), but never [`ErrorKind::OutputDiffers`].
    pub fn protect(
        &mut self,
        input: &FrameView<'_>,
        output: &mut ProtectedFrame,
    ) -> Result<FrameReport, Error> {
        // First of all, because what is kept would be copied before it is written to.
        self.forget_last();
        let frame = protected_mut(output);
        frame.reshape(input.spec().in_format(input.spec().format()));
        frame.set_captured_at(input.captured_at());
        let (report, last) = self.show(input, &mut frame.view_mut(), Keeping::Shares)?;
        self.kept = last.map(|_| KeptFrame::of(output));
        self.last = last;
        Ok(report)
    }

    /// As [`idle`](Self::idle), to a frame that sinks take; it keeps its size and format.
    ///
    /// # Errors
    /// As [`idle`](Self::idle).
    pub fn protect_idle(
        &mut self,
        now: Timestamp,
        output: &mut ProtectedFrame,
    ) -> Result<FrameReport, Error> {
        let began = self.stages.clock.now();
        let held = self.due(now);
        if held.is_none() {
            self.forget_last();
        }
        if self.kept.take_if(|kept| kept.is(output)).is_some() {
            protected_mut(output).set_captured_at(now);
            self.kept = Some(KeptFrame::of(output));
            return Ok(self.idle_report(Shown::Held, held, now, began));
        }
        let frame = protected_mut(output);
        frame.set_captured_at(now);
        self.idle(now, &mut frame.view_mut())
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.stages.settings
    }

    /// Changes the settings from the next frame on. No frame is shown uncovered meanwhile,
    /// and tracking goes on.
    pub fn set_settings(&mut self, settings: Settings) {
        if self.stages.set_settings(settings) {
            self.forget_last();
        }
    }

    /// What finds the person.
    pub fn segmenter_info(&self) -> &SegmenterInfo {
        &self.stages.info
    }

    /// What does the pixel work; of one that chooses by itself only known once a frame came.
    pub fn compositor_info(&self) -> CompositorInfo {
        self.compositor.info()
    }

    /// Forgets all earlier frames: the next one is a start.
    pub fn reset(&mut self) {
        self.fresh = true;
        self.start_over();
        self.stages.forget_backdrop();
    }

    /// Says that the stream broke off, as when a camera is unplugged: nothing of it is held
    /// any longer, and the next frame is a start.
    pub fn interrupt(&mut self) {
        self.fresh = false;
        self.start_over();
    }

    fn start_over(&mut self) {
        self.stages.start_over();
        self.forget_last();
    }

    fn forget_last(&mut self) {
        self.last = None;
        self.kept = None;
    }

    fn check(&self, input: &FrameView<'_>, output: &FrameViewMut<'_>) -> Result<(), Error> {
        let (input, output) = (input.spec(), output.spec());
        if !input.same_picture(output) {
            let name = |spec: &FrameSpec| {
                format!(
                    "{} {}x{} {:?} {:?}",
                    spec.format(),
                    spec.width(),
                    spec.height(),
                    spec.colour(),
                    spec.rotation()
                )
            };
            return Err(Error::new(
                ErrorKind::OutputDiffers,
                format!(
                    "output is {}, input is {}: they must be the same",
                    name(output),
                    name(input)
                ),
            ));
        }
        self.stages.check(input)
    }

    fn paint_card(&mut self, cause: Cause, output: &mut FrameViewMut<'_>) {
        paint_card(&mut self.card, &self.stages.settings, cause, output);
    }
}

/// Paints the card that `settings` ask for; something plain if that panics.
pub(crate) fn paint_card(
    card: &mut CardPainter,
    settings: &Settings,
    cause: Cause,
    output: &mut FrameViewMut<'_>,
) {
    let reason = match settings.card_reason {
        CardReason::Shown => cause.reason(),
        CardReason::Hidden => "",
    };
    let painted = catch_unwind(AssertUnwindSafe(|| {
        card.paint(&settings.card_title, reason, &mut *output);
    }));
    if painted.is_err() {
        output.fill(Rgb::new(0, 0, 0));
    }
}

/// Frames in memory.
struct InMemory<'s, 'i, 'o> {
    compositor: &'s mut dyn Compositor,
    input: &'s FrameView<'i>,
    output: &'s mut FrameViewMut<'o>,
    /// Repacked frames, where the format is not composited as it is.
    inside: &'s mut Frame,
    outside: &'s mut Frame,
}

impl InMemory<'_, '_, '_> {
    fn is_repacked(&self) -> bool {
        let format = self.input.spec().format();
        format != format.composited_as()
    }
}

impl Surface for InMemory<'_, '_, '_> {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.compositor.configure(spec, plan)
    }

    fn reduce(&mut self, id: FrameId) -> Result<&Reduced, ComposeError> {
        if self.is_repacked() {
            door::enter(self.input, self.inside);
            self.compositor.reduce(id, &self.inside.view())
        } else {
            self.compositor.reduce(id, self.input)
        }
    }

    fn paint(&mut self, id: FrameId, cover: Cover<'_>) -> Result<(), ComposeError> {
        if !self.is_repacked() {
            return self.compositor.paint(id, self.input, cover, self.output);
        }
        self.outside.reshape(*self.inside.spec());
        let (inside, mut outside) = (self.inside.view(), self.outside.view_mut());
        self.compositor.paint(id, &inside, cover, &mut outside)?;
        door::leave(self.outside, self.output);
        Ok(())
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("settings", &self.stages.settings)
            .field("segmenter", &self.stages.info)
            .field("spec", &self.stages.spec())
            .finish_non_exhaustive()
    }
}
