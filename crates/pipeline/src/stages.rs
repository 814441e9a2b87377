//! What becomes of a frame: from the reduced picture to what covers it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use frosted_core::internal::{ConcealPlan, Cover, FrameId};
use frosted_core::{
    Background, ComposeError, FaceFinder, FrameSpec, Mask, Reduced, Segmenter, SegmenterInfo,
    Timestamp,
};

use crate::backdrop::BackdropMaker;
use crate::clock::Clock;
use crate::course::{Course, Lap, Stage};
use crate::edges::EdgeRefiner;
use crate::error::{Error, ErrorKind};
use crate::faces::{FaceWatch, Looked};
use crate::facts::FactFinder;
use crate::frozen::FrozenWatch;
use crate::matte::Shrinker;
use crate::policy::{self, Evidence, Verdict};
use crate::report::Cause;
use crate::room::{RoomModel, Smooth};
use crate::settings::Settings;
use crate::settle::Settler;
use crate::stuck::StuckWatch;
use crate::subject::{FacesMatter, Sight, SubjectFinder};

/// A frame and the place for its protected form, wherever they are, with what does the pixel
/// work between them.
pub trait Surface {
    /// Gets ready for frames of `spec` under `plan`.
    ///
    /// # Errors
    /// As [`Compositor::configure`](frosted_core::internal::Compositor::configure).
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError>;

    /// Reduces the frame, whose number is `id`.
    ///
    /// # Errors
    /// As [`Compositor::reduce`](frosted_core::internal::Compositor::reduce).
    fn reduce(&mut self, id: FrameId) -> Result<&Reduced, ComposeError>;

    /// Writes the frame, covered, to its place.
    ///
    /// # Errors
    /// As [`Compositor::paint`](frosted_core::internal::Compositor::paint).
    fn paint(&mut self, id: FrameId, cover: Cover<'_>) -> Result<(), ComposeError>;
}

/// Decides what covers each frame of a stream, wherever its pixels are.
pub(crate) struct Stages {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    segmenter: Box<dyn Segmenter>,
    pub(crate) info: SegmenterInfo,
    /// What the last frame was, whatever became of it.
    entered: Option<FrameSpec>,
    /// What depends on the frames' spec and on the settings; made when they change.
    ready: Option<Ready>,
    state: policy::State,
    stuck: StuckWatch,
    frozen: FrozenWatch,
    pub(crate) faces: Option<FaceWatch>,
    smooth: Smooth,
    room: RoomModel,
    subject: SubjectFinder,
    settler: Settler,
    edges: EdgeRefiner,
    shrinker: Shrinker,
    facts: FactFinder,
    /// The network's mask as it came.
    found: Mask,
    /// The same with its border drawn anew.
    people: Mask,
    /// What of them may be shown: the subject, shrunk by the band.
    matte: Mask,
    next_frame: u64,
}

#[derive(Debug)]
struct Ready {
    plan: ConcealPlan,
    backdrop: BackdropMaker,
}

impl Stages {
    pub(crate) fn new(
        segmenter: Box<dyn Segmenter>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            settings,
            clock,
            info: segmenter.info(),
            segmenter,
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
            facts: FactFinder::default(),
            found: Mask::new(),
            people: Mask::new(),
            matte: Mask::new(),
            next_frame: 1,
        }
    }

    pub(crate) fn look_for_faces(&mut self, finder: Box<dyn FaceFinder>) {
        self.faces = Some(FaceWatch::new(finder));
    }

    /// What frames of the last spec are composited as, once all is ready.
    pub(crate) fn spec(&self) -> Option<&FrameSpec> {
        self.entered.as_ref().filter(|_| self.ready.is_some())
    }

    /// Bits of the plate that were shown, and of how many plates.
    pub(crate) fn plate_bits(&self) -> (u32, u32) {
        let ready = self.ready.as_ref();
        ready.map_or((0, 0), |ready| ready.backdrop.plate_bits())
    }

    /// Changes the settings. `true` if what was shown under the old ones is not to be shown
    /// again under the new ones.
    pub(crate) fn set_settings(&mut self, settings: Settings) -> bool {
        let background = settings.background != self.settings.background;
        if background {
            self.ready = None;
        }
        let choice = settings.choice() != self.settings.choice();
        if choice {
            // Whoever was a subject by the old rule need not be one by the new one.
            self.subject.reset();
        }
        self.settings = settings;
        background || choice
    }

    /// Forgets what stands behind the person.
    pub(crate) fn forget_backdrop(&mut self) {
        if let Some(ready) = &mut self.ready {
            ready.backdrop.reset();
        }
    }

    /// The next frame is a start.
    pub(crate) fn start_over(&mut self) {
        self.state = policy::State::default();
        self.subject.reset();
        self.settler.reset();
        self.frozen.reset();
        if let Some(faces) = &mut self.faces {
            faces.reset();
        }
        // A segmenter that panics here has said all it will ever say; its next mask is
        // judged like any other.
        let _ = catch_unwind(AssertUnwindSafe(|| self.segmenter.reset()));
    }

    /// # Errors
    /// [`ErrorKind::NeedsAlpha`] if the settings ask for what frames of `spec` cannot show.
    pub(crate) fn check(&self, spec: &FrameSpec) -> Result<(), Error> {
        if self.settings.background == Background::Transparent && !spec.format().has_alpha() {
            return Err(Error::new(
                ErrorKind::NeedsAlpha,
                format!(
                    "a transparent background needs rgba or bgra frames, these are {}",
                    spec.format()
                ),
            ));
        }
        Ok(())
    }

    /// Makes what depends on spec and settings, if either changed; another spec is a start.
    pub(crate) fn prepare(
        &mut self,
        spec: &FrameSpec,
        surface: &mut dyn Surface,
    ) -> Result<(), Error> {
        let entered = self.entered.replace(*spec);
        if !entered.is_some_and(|entered| entered.same_picture(spec)) {
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
        let configured = catch_unwind(AssertUnwindSafe(|| surface.configure(&spec, &plan)));
        if matches!(configured, Ok(Ok(()))) {
            self.ready = Some(Ready { plan, backdrop });
        }
        Ok(())
    }

    /// Tries to show the frame. Whatever fails comes back as a card that is still to be
    /// painted.
    pub(crate) fn attempt(
        &mut self,
        at: Timestamp,
        surface: &mut dyn Surface,
        began: Duration,
        course: &mut Course,
    ) -> Verdict {
        let id = FrameId(self.next_frame);
        self.next_frame += 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.run(id, at, surface, began, course)
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

    fn run(
        &mut self,
        id: FrameId,
        at: Timestamp,
        surface: &mut dyn Surface,
        began: Duration,
        course: &mut Course,
    ) -> Result<Verdict, Cause> {
        let ready = self.ready.as_mut().ok_or(Cause::Compositor)?;
        let rules = self.settings.rules();
        if self.state.restarts(at, rules) {
            // What comes now may be another room with somebody else in it.
            self.subject.reset();
            self.settler.reset();
            self.room.reset();
            ready.backdrop.reset();
            self.segmenter.reset();
            if let Some(faces) = &mut self.faces {
                faces.reset();
            }
        }
        let mut lap = Lap {
            clock: &*self.clock,
            at: self.clock.now(),
        };

        course.stage = Stage::Reduce;
        let picture = surface.reduce(id).map_err(|_| Cause::Compositor)?;
        course.frozen = self.frozen.look(picture, at);
        course.times.reduce = lap.next();

        course.stage = Stage::Segment;
        self.segmenter
            .segment(picture, &mut self.found)
            .map_err(|_| Cause::Engine)?;
        let alert = self.subject.is_alert(at);
        let faces_matter = match self.faces {
            Some(_) => FacesMatter::Yes,
            None => FacesMatter::No,
        };
        let faces = match &mut self.faces {
            Some(watch) => watch.look(picture, at, alert).map_err(|_| Cause::Engine)?,
            None => Looked::Not,
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
            faces,
            faces_matter,
        };
        self.subject
            .keep_subject(&mut self.matte, &sight, self.settings.choice());
        let facts = self
            .facts
            .find(&self.found, self.room.surely(), &self.matte, picture);
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
        surface.paint(id, cover).map_err(|_| Cause::Compositor)?;
        course.times.paint = lap.next();
        Ok(verdict)
    }
}
