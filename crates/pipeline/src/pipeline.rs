use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId, protected_mut};
use frosted_core::{
    Background, CardPainter, FaceFinder, Frame, FrameSpec, FrameView, FrameViewMut, Mask,
    PixelFormat, ProtectedFrame, Rgb, Segmenter, SegmenterInfo, Timestamp,
};

use crate::backdrop::BackdropMaker;
use crate::clock::Clock;
use crate::course::{Course, Lap, Stage};
use crate::door;
use crate::edges::EdgeRefiner;
use crate::error::{Error, ErrorKind};
use crate::faces::FaceWatch;
use crate::facts::Facts;
use crate::frozen::FrozenWatch;
use crate::guarded::Guarded;
use crate::matte::Shrinker;
use crate::policy::{self, Evidence, Verdict};
use crate::report::{Cause, FrameReport, Shown, StageTimes};
use crate::room::{RoomModel, Smooth};
use crate::settings::{CardReason, Settings};
use crate::settle::Settler;
use crate::stuck::StuckWatch;
use crate::subject::{FacesMatter, Sight, SubjectFinder};

/// The last protected frame stands in for a missing one for so long.
const HOLD: Duration = Duration::from_millis(200);

/// Turns frames of the room into protected frames, one stream per pipeline.
///
/// Everything runs on the caller's thread unless the compositor was given more.
pub struct Pipeline {
    settings: Settings,
    clock: Arc<dyn Clock>,
    segmenter: Box<dyn Segmenter>,
    info: SegmenterInfo,
    compositor: Box<dyn Compositor>,
    /// What the last frame was, whatever became of it.
    entered: Option<FrameSpec>,
    /// What depends on the frames' spec and on the settings; made when they change.
    ready: Option<Ready>,
    state: policy::State,
    stuck: StuckWatch,
    frozen: FrozenWatch,
    faces: Option<FaceWatch>,
    smooth: Smooth,
    room: RoomModel,
    subject: SubjectFinder,
    settler: Settler,
    edges: EdgeRefiner,
    shrinker: Shrinker,
    /// The network's mask as it came.
    found: Mask,
    /// The same with its border drawn anew.
    people: Mask,
    /// What of them may be shown: the subject, shrunk by the band.
    matte: Mask,
    card: CardPainter,
    next_frame: u64,
    /// No frame came since the start or the last [`Pipeline::reset`].
    fresh: bool,
    last: Option<LastShown>,
    kept: Frame,
    inside: Frame,
    outside: Frame,
}

#[derive(Debug)]
struct Ready {
    /// What frames are composited as.
    spec: FrameSpec,
    plan: ConcealPlan,
    backdrop: BackdropMaker,
}

/// What [`Pipeline::idle`] can show again: `kept` holds its pixels.
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
            settings,
            clock,
            info: segmenter.info(),
            segmenter,
            compositor,
            entered: None,
            ready: None,
            state: policy::State::default(),
            stuck: StuckWatch::default(),
            frozen: FrozenWatch::default(),
            faces: None,
            smooth: Smooth::default(),
            room: RoomModel::default(),
            subject: SubjectFinder::default(),
            settler: Settler::default(),
            edges: EdgeRefiner::default(),
            shrinker: Shrinker::default(),
            found: Mask::new(),
            people: Mask::new(),
            matte: Mask::new(),
            card: CardPainter::new(),
            next_frame: 1,
            fresh: true,
            last: None,
            kept: Frame::new(smallest),
            inside: Frame::new(smallest),
            outside: Frame::new(smallest),
        }
    }

    /// The same pipeline, which looks for faces, too, to tell the subject from others.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faces(self, finder: Box<dyn FaceFinder>) -> Self {
        Self {
            faces: Some(FaceWatch::new(finder)),
            ..self
        }
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
        // Whatever happens below, `output` is blank or painted when it is dropped.
        let mut output = Guarded::new(output);
        let began = self.clock.now();
        self.fresh = false;
        let result = self
            .check(input, output.frame())
            .and_then(|()| self.prepare(input.spec()));
        if let Err(error) = result {
            self.start_over();
            self.paint_card(Cause::Misuse, output.frame());
            output.release();
            return Err(error);
        }
        let mut course = Course {
            stage: Stage::Prepare,
            times: StageTimes::default(),
            person_share: 0.0,
            frozen: false,
        };
        let shown = match self.attempt(input, output.frame(), began, &mut course) {
            Verdict::Person => Shown::Person,
            Verdict::CoverAll(cause) => Shown::AllCovered(cause),
            Verdict::Card(cause) => {
                self.paint_card(cause, output.frame());
                Shown::Card(cause)
            }
        };
        let plate_bits = self
            .ready
            .as_ref()
            .map_or((0, 0), |ready| ready.backdrop.plate_bits());
        self.last = match shown {
            Shown::Person | Shown::AllCovered(_) => {
                door::fill_padding(output.frame());
                self.kept
                    .copy_from(&output.frame().as_view(input.captured_at()));
                Some(LastShown {
                    at: input.captured_at(),
                    plate_bits,
                    person_share: course.person_share,
                })
            }
            _ => None,
        };
        output.release();
        course.times.total = self.clock.now().saturating_sub(began);
        Ok(FrameReport {
            shown,
            at: input.captured_at(),
            times: course.times,
            person_share: course.person_share,
            plate_bits: plate_bits.0,
            plates: plate_bits.1,
            frozen: course.frozen,
        })
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
        let began = self.clock.now();
        let held = self
            .last
            .filter(|last| now >= last.at && now.since(last.at) <= HOLD);
        let held = held.filter(|_| self.kept.copy_to(output.frame()));
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
        let total = self.clock.now().saturating_sub(began);
        Ok(FrameReport {
            shown,
            at: now,
            times: StageTimes {
                total,
                ..StageTimes::default()
            },
            person_share: held.map_or(0.0, |last| last.person_share),
            plate_bits: held.map_or(0, |last| last.plate_bits.0),
            plates: held.map_or(0, |last| last.plate_bits.1),
            frozen: false,
        })
    }

    /// As [`process`](Self::process), to a frame that nobody else can write and that sinks
    /// take; it becomes what `input` is, without gaps between rows.
    ///
    /// # Errors
    /// As [`process`](Self::process), but never [`ErrorKind::OutputDiffers`].
    pub fn protect(
        &mut self,
        input: &FrameView<'_>,
        output: &mut ProtectedFrame,
    ) -> Result<FrameReport, Error> {
        let output = protected_mut(output);
        output.reshape(input.spec().in_format(input.spec().format()));
        output.set_captured_at(input.captured_at());
        self.process(input, &mut output.view_mut())
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
        let output = protected_mut(output);
        output.set_captured_at(now);
        self.idle(now, &mut output.view_mut())
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the settings from the next frame on. No frame is shown uncovered meanwhile,
    /// and tracking goes on.
    pub fn set_settings(&mut self, settings: Settings) {
        if settings.background != self.settings.background {
            self.ready = None;
            // What was shown under the old background is not shown again under the new one.
            self.last = None;
        }
        if settings.choice() != self.settings.choice() {
            // Whoever was a subject by the old rule need not be one by the new one.
            self.subject.reset();
            self.last = None;
        }
        self.settings = settings;
    }

    /// What finds the person.
    pub fn segmenter_info(&self) -> &SegmenterInfo {
        &self.info
    }

    /// Forgets all earlier frames: the next one is a start.
    pub fn reset(&mut self) {
        self.fresh = true;
        self.start_over();
        if let Some(ready) = &mut self.ready {
            ready.backdrop.reset();
        }
    }

    /// Says that the stream broke off, as when a camera is unplugged: nothing of it is held
    /// any longer, and the next frame is a start.
    pub fn interrupt(&mut self) {
        self.fresh = false;
        self.start_over();
    }

    fn start_over(&mut self) {
        self.state = policy::State::default();
        self.subject.reset();
        self.settler.reset();
        self.frozen.reset();
        if let Some(faces) = &mut self.faces {
            faces.reset();
        }
        self.last = None;
        // A segmenter that panics here has said all it will ever say; its next mask is
        // judged like any other.
        let _ = catch_unwind(AssertUnwindSafe(|| self.segmenter.reset()));
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
        if self.settings.background == Background::Transparent && !input.format().has_alpha() {
            return Err(Error::new(
                ErrorKind::NeedsAlpha,
                format!(
                    "a transparent background needs rgba or bgra frames, these are {}",
                    input.format()
                ),
            ));
        }
        Ok(())
    }

    /// Makes what depends on spec and settings, if either changed.
    fn prepare(&mut self, spec: &FrameSpec) -> Result<(), Error> {
        if !self
            .entered
            .is_some_and(|entered| entered.same_picture(spec))
        {
            self.entered = Some(*spec);
            self.ready = None;
            self.start_over();
        }
        if self.ready.is_some() {
            return Ok(());
        }
        let spec = spec.in_format(spec.format().composited_as());
        let wanted = catch_unwind(AssertUnwindSafe(|| self.segmenter.wanted_size(&spec)));
        let wanted = wanted.unwrap_or((spec.width(), spec.height()));
        let plan = ConcealPlan::new(&spec, wanted, self.settings.text_height());
        let backdrop = BackdropMaker::new(&spec, &self.settings.background, &plan)?;
        let configured = catch_unwind(AssertUnwindSafe(|| self.compositor.configure(&spec, &plan)));
        if matches!(configured, Ok(Ok(()))) {
            self.ready = Some(Ready {
                spec,
                plan,
                backdrop,
            });
        }
        Ok(())
    }

    /// Tries to show the frame. Whatever fails comes back as a card that is still to be
    /// painted.
    fn attempt(
        &mut self,
        input: &FrameView<'_>,
        output: &mut FrameViewMut<'_>,
        began: Duration,
        course: &mut Course,
    ) -> Verdict {
        let id = FrameId(self.next_frame);
        self.next_frame += 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.run_stages(id, input, output, began, course)
        }));
        let cause = match outcome {
            Ok(Ok(verdict)) => return verdict,
            Ok(Err(cause)) => cause,
            Err(_) => course.stage.cause(),
        };
        // A compositor that failed once is configured anew before it is trusted again.
        if cause == Cause::Compositor {
            self.ready = None;
        }
        let at = input.captured_at();
        let (state, verdict) = policy::decide(
            self.state,
            at,
            Evidence::Failed(cause),
            self.settings.rules(),
        );
        self.start_over();
        self.state = state;
        course.person_share = 0.0;
        verdict
    }

    fn run_stages(
        &mut self,
        id: FrameId,
        input: &FrameView<'_>,
        output: &mut FrameViewMut<'_>,
        began: Duration,
        course: &mut Course,
    ) -> Result<Verdict, Cause> {
        let ready = self.ready.as_mut().ok_or(Cause::Compositor)?;
        let rules = self.settings.rules();
        if self.state.restarts(input.captured_at(), rules) {
            // What comes now may be another room with somebody else in it.
            self.segmenter.reset();
            self.subject.reset();
            self.settler.reset();
            self.room.reset();
            ready.backdrop.reset();
            if let Some(faces) = &mut self.faces {
                faces.reset();
            }
        }
        let repacked = input.spec().format() != ready.spec.format();
        let source = if repacked {
            door::enter(input, &mut self.inside);
            self.inside.view()
        } else {
            *input
        };
        let mut lap = Lap {
            clock: &*self.clock,
            at: self.clock.now(),
        };

        course.stage = Stage::Reduce;
        let picture = self
            .compositor
            .reduce(id, &source)
            .map_err(|_| Cause::Compositor)?;
        course.frozen = self.frozen.look(picture, source.captured_at());
        course.times.reduce = lap.next();

        course.stage = Stage::Segment;
        self.segmenter
            .segment(picture, &mut self.found)
            .map_err(|_| Cause::Engine)?;
        let at = source.captured_at();
        let alert = self.subject.is_alert(at);
        let faces_matter = match self.faces {
            Some(_) => FacesMatter::Yes,
            None => FacesMatter::No,
        };
        let faces = match &mut self.faces {
            Some(watch) => watch.look(picture, at, alert).map_err(|_| Cause::Engine)?,
            None => None,
        };
        course.times.segment = lap.next();

        course.stage = Stage::Decide;
        if self.found.frame() != id
            || self.found.values().len() != picture.width() * picture.height()
            || self.stuck.is_stuck(&self.found, picture)
        {
            return Err(Cause::Engine);
        }
        let late = self
            .settings
            .deadline
            .is_some_and(|deadline| lap.at.saturating_sub(began) > deadline);
        self.people.copy_from(&self.found);
        self.edges.refine(&mut self.people, picture);
        self.smooth.take(picture);
        self.room.look(&self.smooth, &self.found);
        // The band comes before the subject is chosen: what is too faint to be shown must
        // not tie a bystander to the subject.
        self.matte.copy_from(&self.people);
        self.shrinker.shrink(&mut self.matte, ready.plan.band_q8);
        let sight = Sight {
            at,
            picture: &self.smooth,
            rotation: picture.rotation(),
            people: &self.people,
            like: self.room.like(),
            surely: self.room.surely(),
            known: self.room.known(),
            remembered: self.room.remembered(),
            faces,
            faces_matter,
        };
        self.subject
            .keep_subject(&mut self.matte, &sight, self.settings.choice());
        let facts = Facts::of(&self.found, self.room.surely(), &self.matte, picture);
        course.person_share = f32::from(facts.subject_permille) / 1000.0;
        let evidence = Evidence::Mask { facts, late };
        let (state, verdict) = policy::decide(self.state, at, evidence, self.settings.rules());
        self.state = state;
        if state.begins() || verdict == Verdict::Card(Cause::ClockWentBack) {
            // A camera that starts, or starts again, may look at another room.
            ready.backdrop.reset();
            self.room.reset();
            self.settler.reset();
        }
        if !late && state.trusts(verdict) {
            ready.backdrop.observe(picture, &self.found, at);
        }
        if !late && state.half_trusts(verdict) {
            let subject = self.subject.subject();
            self.room.learn(&self.smooth, &self.found, subject, at);
        }
        let (matte, people) = (&mut self.matte, &self.found);
        self.settler.settle(matte, people, &self.smooth, at);
        let cover = match verdict {
            Verdict::Card(_) => {
                course.times.decide = lap.next();
                return Ok(verdict);
            }
            Verdict::CoverAll(_) => Cover::Everything {
                backdrop: ready.backdrop.make(picture, &self.matte),
            },
            Verdict::Person => Cover::Background {
                matte: &self.matte,
                backdrop: ready.backdrop.make(picture, &self.matte),
            },
        };
        course.times.decide = lap.next();

        course.stage = Stage::Paint;
        if repacked {
            self.outside.reshape(ready.spec);
            self.compositor
                .paint(id, &source, cover, &mut self.outside.view_mut())
                .map_err(|_| Cause::Compositor)?;
            door::leave(&self.outside, output);
        } else {
            self.compositor
                .paint(id, &source, cover, output)
                .map_err(|_| Cause::Compositor)?;
        }
        course.times.paint = lap.next();
        Ok(verdict)
    }

    fn paint_card(&mut self, cause: Cause, output: &mut FrameViewMut<'_>) {
        let reason = match self.settings.card_reason {
            CardReason::Shown => cause.reason(),
            CardReason::Hidden => "",
        };
        let title = &self.settings.card_title;
        let painted = catch_unwind(AssertUnwindSafe(|| {
            self.card.paint(title, reason, &mut *output);
        }));
        if painted.is_err() {
            output.fill(Rgb::new(0, 0, 0));
        }
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("settings", &self.settings)
            .field("segmenter", &self.info)
            .field("spec", &self.ready.as_ref().map(|ready| ready.spec))
            .finish_non_exhaustive()
    }
}
