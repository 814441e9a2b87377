use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use frosted::camera::{
    CameraError, CameraErrorKind, Sink, SinkOptions, Source, Unpacker, Viewers, monotonic_now,
    suspended,
};
use frosted::{
    Cause, CompositorInfo, FrameReport, FrameSpec, Pipeline, PixelFormat, ProtectedFrame, Settings,
    Shown, Timestamp,
};

use super::camera::Cameras;
use super::output::Outputs;
use super::status::{CameraState, Meter, State, Status};
use crate::record::Counts;

/// Without a frame for so long the card is shown.
const STALL: Duration = Duration::from_millis(230);
/// After so long without a frame the camera is opened anew: some never go on by themselves
/// after the machine slept.
const HUNG: Duration = Duration::from_secs(3);
/// The camera runs on for so long after the last viewer left, who may just be starting anew.
const LINGER: Duration = Duration::from_secs(1);
/// Between two tries to open a camera or an output.
const RETRY: Duration = Duration::from_millis(500);
/// Between two cards, for viewers that come meanwhile.
const CARD_PACE: Duration = Duration::from_millis(100);
/// Between two cards while nobody watches.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// The longest wait for anything, so that requests to end are heard.
const SLICE: Duration = Duration::from_millis(100);
/// How many cards end a session, a frame apart.
const LAST_CARDS: usize = 4;
const FRAME: Duration = Duration::from_millis(33);
/// A suspension shorter than this is the clocks' noise.
const SLEPT: Duration = Duration::from_millis(500);

/// A virtual camera at work.
///
/// It has the camera open only while somebody watches. Whatever fails, viewers get the card,
/// and what failed is tried again. Only protected frames reach the sink, by its type.
pub(crate) struct Session {
    pipeline: Pipeline,
    settings: SettingsFor,
    /// The height of the frames that the settings in force are for.
    height_px: usize,
    cameras: Box<dyn Cameras>,
    outputs: Box<dyn Outputs>,
    options: SinkOptions,
    sink: Option<Box<dyn Sink>>,
    camera: Option<Running>,
    unpacker: Unpacker,
    frame: ProtectedFrame,
    card: ProtectedFrame,
    /// Since when nobody watches.
    unwatched: Option<Timestamp>,
    viewers: Viewers,
    /// No opening before this.
    retry_at: Timestamp,
    card_at: Option<Timestamp>,
    suspended: Duration,
    meter: Meter,
    state: State,
    cause: Option<String>,
    /// What was written, since it was last asked for.
    counts: Counts,
    /// What is wrong with camera or output, until it works again.
    trouble: Option<CameraError>,
}

/// Settings for frames of a height in pixels.
pub(crate) type SettingsFor = Box<dyn Fn(usize) -> Settings + Send>;

/// A camera that is open.
struct Running {
    source: Box<dyn Source>,
    /// When it was opened, or its last frame came.
    heard: Timestamp,
}

impl Session {
    /// A session that shows the card to whoever looks at `sink`; the camera stays closed
    /// until [`step`](Self::step).
    pub(crate) fn new(
        pipeline: Pipeline,
        settings: SettingsFor,
        cameras: Box<dyn Cameras>,
        outputs: Box<dyn Outputs>,
        sink: Box<dyn Sink>,
        options: SinkOptions,
    ) -> Result<Self, CameraError> {
        let (width, height) = sink.size();
        let blank = ProtectedFrame::new(FrameSpec::new(PixelFormat::Yuyv, width, height)?);
        let mut session = Self {
            pipeline,
            settings,
            height_px: options.height,
            cameras,
            outputs,
            options,
            sink: Some(sink),
            camera: None,
            unpacker: Unpacker::new(),
            frame: blank.clone(),
            card: blank,
            unwatched: None,
            viewers: Viewers::Unknown,
            retry_at: Timestamp::ZERO,
            card_at: None,
            suspended: suspended(),
            meter: Meter::default(),
            state: State::Starting,
            cause: None,
            counts: Counts::default(),
            trouble: None,
        };
        session.settle(options.height);
        session.show_card(None);
        Ok(session)
    }

    /// Does what is due, one frame at most. Returns within a tenth of a second, or as soon as
    /// camera and network allow.
    ///
    /// # Errors
    /// Only if the output or the camera is gone for good.
    pub(crate) fn step(&mut self) -> Result<(), CameraError> {
        match catch_unwind(AssertUnwindSafe(|| self.advance())) {
            Ok(outcome) => outcome,
            Err(_) => {
                self.recover();
                Ok(())
            }
        }
    }

    /// After a panic: whatever it was in, none of it is used again but the pipeline, which
    /// catches its own, and the output, unless that panics, too.
    fn recover(&mut self) {
        self.retry_at = monotonic_now() + RETRY;
        self.unpacker = Unpacker::new();
        self.pipeline.interrupt();
        let shown = catch_unwind(AssertUnwindSafe(|| {
            self.show_card(Some(Cause::Internal.to_string()));
        }));
        if shown.is_err() {
            self.sink = None;
        }
        self.close_camera();
    }

    /// How it is doing.
    pub(crate) fn status(&mut self) -> Status {
        self.meter.turn(monotonic_now());
        Status {
            state: self.state,
            cause: self.cause.clone(),
            viewers: self.viewers,
            camera: match self.camera {
                Some(_) => CameraState::Open,
                None => CameraState::Closed,
            },
            fps: self.meter.fps(),
            latency: self.meter.latency(),
            frames: self.meter.frames(),
        }
    }

    /// What does the pixel work, once a frame came.
    pub(crate) fn compositor(&self) -> CompositorInfo {
        self.pipeline.compositor_info()
    }

    /// How many pictures, cards too, were written in each state since this was last asked.
    pub(crate) fn take_counts(&mut self) -> Counts {
        self.counts.take()
    }

    /// What is wrong with camera or output at present.
    pub(crate) fn trouble(&self) -> Option<&CameraError> {
        self.trouble.as_ref()
    }

    /// Changes the settings from the next frame on.
    pub(crate) fn set_settings(&mut self, settings: SettingsFor) {
        self.settings = settings;
        self.settle(self.height_px);
    }

    /// The height in pixels of the frames that the settings in force are for: those of the
    /// camera, or what it is expected to give.
    pub(crate) fn frame_height(&self) -> usize {
        self.height_px
    }

    fn settle(&mut self, height_px: usize) {
        self.height_px = height_px;
        self.pipeline.set_settings((self.settings)(height_px));
    }

    /// Ends with a last card: programs that go on looking see it and not the last frame.
    /// What was written since the counts were last taken.
    pub(crate) fn finish(mut self) -> Counts {
        self.pipeline.reset();
        // The card first: closing a camera can take long.
        self.show_card(None);
        self.close_camera();
        // A viewer may be copying the buffer that one card goes to; not that of the next.
        for _ in 0..LAST_CARDS {
            self.show_card(None);
            std::thread::sleep(FRAME);
        }
        self.counts
    }

    fn advance(&mut self) -> Result<(), CameraError> {
        self.notice_suspension();
        self.ensure_sink()?;
        let Some(sink) = &mut self.sink else {
            std::thread::sleep(SLICE);
            return Ok(());
        };
        self.viewers = sink.viewers();
        if !self.viewers.watching() && self.rest() {
            return Ok(());
        }
        if self.viewers.watching() {
            self.unwatched = None;
        }
        if self.camera.is_none() {
            self.open_camera();
        } else {
            self.show_next_frame();
        }
        self.end_of_output()?;
        self.end_of_camera()
    }

    /// The machine slept: it may be elsewhere now.
    fn notice_suspension(&mut self) {
        let now = suspended();
        if now.saturating_sub(self.suspended) > SLEPT {
            self.pipeline.reset();
            self.retry_at = Timestamp::ZERO;
            self.show_card(None);
            self.close_camera();
        }
        self.suspended = now;
    }

    /// Opens the output anew if it is gone.
    fn ensure_sink(&mut self) -> Result<(), CameraError> {
        let now = monotonic_now();
        if self.sink.is_some() || now < self.retry_at {
            return Ok(());
        }
        self.retry_at = now + RETRY;
        match self.outputs.open(&self.options) {
            Ok(sink) => {
                self.sink = Some(sink);
                self.retry_at = Timestamp::ZERO;
                self.trouble = None;
                self.show_card(None);
            }
            Err(error) => self.trouble = Some(error),
        }
        Ok(())
    }

    /// Nobody watches: closes the camera after a while and waits for a viewer. `false` while
    /// the camera still runs.
    fn rest(&mut self) -> bool {
        let now = monotonic_now();
        let since = *self.unwatched.get_or_insert(now);
        if self.camera.is_some() {
            if now.since(since) < LINGER {
                return false;
            }
            self.close_camera();
            self.pipeline.reset();
            // A viewer that comes later may get a frame that is still in the device.
            self.write_card_everywhere();
        }
        // Who does not write does not learn that the output is gone.
        if self.card_at.is_none_or(|at| now.since(at) >= SIGN_OF_LIFE) {
            self.show_card(None);
        }
        self.state = State::Waiting;
        self.cause = None;
        self.retry_at = Timestamp::ZERO;
        if let Some(sink) = &mut self.sink {
            sink.wait(SLICE);
            if sink.viewers().watching() {
                self.show_card(None);
            }
        }
        true
    }

    /// Opens the camera if it is time to; shows the card before, because it can take long.
    fn open_camera(&mut self) {
        let now = monotonic_now();
        if now < self.retry_at {
            self.keep_card_fresh();
            if let Some(sink) = &mut self.sink {
                sink.wait(SLICE.min(self.retry_at.since(now)));
            }
            return;
        }
        if self.trouble.is_none() {
            self.show_card(None);
        }
        match self.cameras.open() {
            Ok(source) => {
                self.trouble = None;
                self.camera = Some(Running {
                    source,
                    heard: monotonic_now(),
                });
            }
            Err(error) => {
                self.retry_at = monotonic_now() + RETRY;
                self.lose(error);
            }
        }
    }

    /// Waits for a frame and shows it, or the card where it is time for that.
    fn show_next_frame(&mut self) {
        let Some(running) = &mut self.camera else {
            return;
        };
        let quiet = monotonic_now().since(running.heard);
        let wait = STALL.saturating_sub(quiet).min(SLICE);
        let patience = if wait.is_zero() { SLICE } else { wait };
        let outcome = running.source.next(patience).and_then(|capture| {
            let frame = self.unpacker.frame(&capture)?;
            running.heard = monotonic_now();
            let height_px = frame.spec().upright_height();
            if height_px != self.height_px {
                // A floor may ask for more in frames of this height, from the first one on.
                self.height_px = height_px;
                self.pipeline.set_settings((self.settings)(height_px));
            }
            Ok(self.pipeline.protect(&frame, &mut self.frame))
        });
        match outcome {
            Ok(Ok(report)) => self.show_frame(report),
            // The frame is covered; settings and frames do not go together.
            Ok(Err(error)) => {
                self.state = State::Card;
                self.cause = Some(error.to_string());
                self.write_frame();
            }
            Err(error) => match error.kind() {
                CameraErrorKind::TimedOut | CameraErrorKind::Damaged => self.do_without(),
                _ => {
                    // The card first: closing can take long.
                    self.lose(error);
                    self.close_camera();
                }
            },
        }
    }

    fn show_frame(&mut self, report: FrameReport) {
        let (state, cause) = State::of(report.shown);
        self.state = state;
        self.cause = cause.map(|cause| cause.to_string());
        if report.frozen && self.cause.is_none() {
            self.cause = Some("the camera's picture stands still".to_owned());
        }
        self.card_at = None;
        self.write_frame();
    }

    fn write_frame(&mut self) {
        let Some(sink) = &mut self.sink else { return };
        let captured_at = self.frame.captured_at();
        match sink.take(&mut self.frame) {
            Ok(()) => {
                self.meter.add(monotonic_now().since(captured_at));
                self.counts.add(self.state, self.cause.as_deref());
            }
            Err(error) => self.output_failed(error),
        }
    }

    /// No frame came: the last one stands for a moment, then the card, then the camera is
    /// opened anew.
    fn do_without(&mut self) {
        let Some(running) = &self.camera else { return };
        let quiet = monotonic_now().since(running.heard);
        if quiet >= HUNG {
            self.close_camera();
        }
        if quiet >= STALL {
            self.keep_card_fresh();
        }
    }

    /// The camera cannot be had: the card, at once.
    fn lose(&mut self, error: CameraError) {
        let cause = match error.kind() {
            CameraErrorKind::Disconnected | CameraErrorKind::NotFound => "camera unplugged",
            CameraErrorKind::Busy => "camera in use by another program",
            CameraErrorKind::NoPermission => "camera not permitted",
            CameraErrorKind::TimedOut => "no frame yet",
            _ => "camera failed",
        };
        self.trouble = Some(error);
        self.pipeline.interrupt();
        self.show_card(Some(cause.to_owned()));
    }

    fn keep_card_fresh(&mut self) {
        let now = monotonic_now();
        if self.card_at.is_none_or(|at| now.since(at) >= CARD_PACE) {
            let cause = self.cause.take().filter(|_| self.trouble.is_some());
            self.show_card(cause);
        }
    }

    /// Paints and writes the card that is due, and says why: `cause`, or what the pipeline
    /// says.
    fn show_card(&mut self, cause: Option<String>) {
        let now = monotonic_now();
        self.card_at = Some(now);
        let shown = match self.pipeline.protect_idle(now, &mut self.card) {
            Ok(report) => report.shown,
            Err(_) => Shown::Card(Cause::Internal),
        };
        let (state, own) = State::of(shown);
        self.state = if cause.is_some() { State::Card } else { state };
        self.cause = cause.or_else(|| own.map(|own| own.to_string()));
        let Some(sink) = &mut self.sink else { return };
        match sink.write(&self.card) {
            Ok(()) => self.counts.add(self.state, self.cause.as_deref()),
            Err(error) => self.output_failed(error),
        }
    }

    /// Writes the card as often as a device has buffers, so that none of them holds a person.
    fn write_card_everywhere(&mut self) {
        for _ in 0..8 {
            self.show_card(None);
        }
    }

    fn output_failed(&mut self, error: CameraError) {
        if error.kind() == CameraErrorKind::TimedOut {
            return;
        }
        self.trouble = Some(error);
        self.sink = None;
        self.state = State::Card;
        self.cause = Some("output gone".to_owned());
        self.retry_at = monotonic_now() + RETRY;
        // Nobody can see it.
        self.close_camera();
    }

    fn end_of_output(&mut self) -> Result<(), CameraError> {
        match (&self.sink, &self.trouble) {
            (None, Some(error)) if !self.outputs.comes_back() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn end_of_camera(&mut self) -> Result<(), CameraError> {
        if self.camera.is_some() || self.cameras.comes_back() {
            return Ok(());
        }
        // It has a last frame, or says why there are no more.
        let source = self.cameras.open()?;
        self.camera = Some(Running {
            source,
            heard: monotonic_now(),
        });
        Ok(())
    }

    fn close_camera(&mut self) {
        self.meter.rest();
        self.camera = None;
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("pipeline", &self.pipeline)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
