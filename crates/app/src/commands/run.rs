use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use frosted::camera::{CameraError, CameraErrorKind, Mode, Sink, SinkOptions, Wish, monotonic_now};
use frosted::{CompositorInfo, Model, Rate, RuntimeSearch, SegmenterInfo, Setup, Timestamp};

use super::voice::{Stream, Voice};
use crate::cli::{RunOptions, Size};
use crate::config::{self, Config, OutputChoice, Places, Reloader, StartSettings};
use crate::exit::{Exit, Failure, with_remedy};
use crate::interrupt;
use crate::live::{CameraChoice, Outputs, Session, Status, SystemCameras, SystemOutputs, harden};
use crate::media::output::Existing;
use crate::messages;
use crate::record::{Claim, Clock, Counts, End, Recorder};

/// Between two status lines.
const STATUS_PACE: Duration = Duration::from_secs(1);

pub(crate) fn run(options: &RunOptions) -> Result<Exit, Failure> {
    // Before there is a frame in memory.
    let exposed = harden();
    let (settings, notes) = config::Live::load(
        options.wishes.clone(),
        Places::of_this_machine(options.settings.clone()),
    )?;
    for note in exposed.iter().chain(&notes) {
        messages::note(note);
    }
    let config = settings.config().clone();
    let start = config.start().clone();
    check_usage(options, &start)?;
    let read = files_read(options, &start);
    let read: Vec<&Path> = read.iter().map(PathBuf::as_path).collect();
    let claim = Claim::new(&options.record, &read, existing(options))?;
    let mut opened = Opened::new(&start, options.wait)?;
    let mut session = opened.session(&config)?;
    for line in opened.introduction() {
        messages::line(&line);
    }
    let mut minutes = Minutes::start(claim, &opened.info)?;
    let mut teller = Teller::new(options.json);
    let reloader = Reloader::start(settings)?;
    let mut config = config;
    let mut height = None;
    while !interrupt::asked() {
        if let Some(change) = reloader.take() {
            for note in &change.notes {
                teller.note(note);
            }
            config = change.config;
            session.set_settings(Box::new(config.settings_by_height()));
            height = None;
        }
        if let Err(gone) = session.step() {
            let counts = session.finish();
            teller.end();
            return match gone.kind() {
                // The pipe's other end has had enough, or has no more.
                CameraErrorKind::Disconnected => {
                    log::debug!("{gone}");
                    minutes.finish(End::Output, counts, &mut teller)
                }
                _ => {
                    minutes.finish(End::Failed, counts, &mut teller)?;
                    Err(Failure::new(gone.to_string()))
                }
            };
        }
        if height != Some(session.frame_height()) {
            height = Some(session.frame_height());
            for note in config.settings_for(session.frame_height()).notes {
                teller.note(&note);
            }
            teller.text_height_px = config.text_height_px(session.frame_height());
        }
        let status = session.status();
        if let Some(trouble) = minutes.keep(&mut session, &status, &config) {
            teller.note(&trouble);
        }
        teller.tell(&status, session.trouble(), || session.compositor());
    }
    // The last card first: a disk may be slow.
    let counts = session.finish();
    teller.end();
    minutes.finish(End::Asked, counts, &mut teller)
}

/// Every file that is read, which no record may replace.
fn files_read(options: &RunOptions, start: &StartSettings) -> Vec<PathBuf> {
    let model = match &start.model {
        Model::File(path) => Some(path.clone()),
        _ => None,
    };
    let camera = start.camera.as_ref().map(PathBuf::from);
    [
        options.settings.clone(),
        model,
        start.onnxruntime.clone(),
        camera,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn existing(options: &RunOptions) -> Existing {
    if options.force {
        Existing::Replace
    } else {
        Existing::Keep
    }
}

/// The record of a session, if one is asked for.
struct Minutes {
    recorder: Option<Recorder>,
    began: Timestamp,
}

impl Minutes {
    fn start(claim: Option<Claim>, info: &SegmenterInfo) -> Result<Self, Failure> {
        let start = |claim: Claim| claim.start("run", info, Clock::Live);
        Ok(Self {
            recorder: claim.map(start).transpose()?,
            began: monotonic_now(),
        })
    }

    /// Tells a second that is over; what is wrong with the record, once.
    fn keep(&mut self, session: &mut Session, status: &Status, config: &Config) -> Option<String> {
        let recorder = self.recorder.as_mut()?;
        let at = monotonic_now().since(self.began);
        if recorder.is_due(at) {
            recorder.set_settings(config.to_json(session.frame_height()));
            recorder.second(at, session.take_counts(), status.to_json());
        }
        recorder.trouble()
    }

    fn finish(self, end: End, counts: Counts, teller: &mut Teller) -> Result<Exit, Failure> {
        if let Some(mut recorder) = self.recorder {
            recorder.rest(monotonic_now().since(self.began), counts);
            teller.line(&recorder.finish(end)?);
        }
        Ok(Exit::Done)
    }
}

fn check_usage(options: &RunOptions, start: &StartSettings) -> Result<(), Failure> {
    if start.output != OutputChoice::Stdout {
        return Ok(());
    }
    if options.json {
        return Err(Failure::usage(
            "the frames and --json both want the standard output, leave one away",
        ));
    }
    if io::stdout().is_terminal() {
        return Err(Failure::usage(
            "the standard output is a terminal, pipe it on, such as to ffplay -",
        ));
    }
    Ok(())
}

/// Camera and output, seen to before anything else is loaded.
struct Opened {
    cameras: Option<SystemCameras>,
    outputs: Option<SystemOutputs>,
    sink: Option<Box<dyn Sink>>,
    sink_options: SinkOptions,
    start: StartSettings,
    camera: String,
    mode: Option<Mode>,
    output: String,
    info: SegmenterInfo,
    waits_for: Option<CameraError>,
}

impl Opened {
    fn new(start: &StartSettings, wait: bool) -> Result<Self, Failure> {
        let wish = wish(start);
        let mut outputs = SystemOutputs::new(&start.output)?;
        let own = outputs.device().map(ToOwned::to_owned);
        let cameras = cameras_of(start, own);
        let (mode, waits_for) = match cameras.probe() {
            Ok(mode) => (mode, None),
            Err(error) if wait => (None, Some(error)),
            Err(error) => return Err(error.into()),
        };
        let sink_options = sink_options(&wish, mode, start.size);
        sink_options.check()?;
        let sink = outputs.open(&sink_options)?;
        refuse_other_size(start.size, sink.as_ref())?;
        Ok(Self {
            camera: cameras.describe(),
            output: sink.describe(),
            info: SegmenterInfo::default(),
            cameras: Some(cameras),
            outputs: Some(outputs),
            sink: Some(sink),
            sink_options,
            start: start.clone(),
            mode,
            waits_for,
        })
    }

    fn session(&mut self, config: &Config) -> Result<Session, Failure> {
        let pipeline = Setup {
            model: self.start.model.clone(),
            engine: self.start.engine,
            providers: self.start.providers.clone(),
            runtime: config.runtime_search(RuntimeSearch::default())?,
            compositor: self.start.compositor.clone(),
            threads: self.start.threads,
            settings: config.settings_for_any_frame(),
            ..Setup::default()
        }
        .build()
        .map_err(|error| Failure::setup(with_remedy(&error)))?;
        self.info = pipeline.segmenter_info().clone();
        let parts = (self.cameras.take(), self.outputs.take(), self.sink.take());
        let (Some(cameras), Some(outputs), Some(sink)) = parts else {
            return Err(Failure::new("a session can be begun once"));
        };
        let session = Session::new(
            pipeline,
            Box::new(config.settings_by_height()),
            Box::new(cameras),
            Box::new(outputs),
            sink,
            self.sink_options,
        )?;
        Ok(session)
    }

    fn slower_than_asked(&self) -> Option<String> {
        let (wanted, rate) = (self.start.fps?, self.mode?.rate?);
        (fps(rate) < 0.99 * fps(wanted)).then(|| {
            format!(
                "note: the camera has no more than {} of the {wanted} frames a second at this size, \
                 see frosted devices for others",
                fps(rate)
            )
        })
    }

    /// What is taken and where it goes.
    fn introduction(&self) -> Vec<String> {
        let mut lines = vec![match &self.mode {
            Some(mode) => format!("camera: {}, {mode}", self.camera),
            None => format!("camera: {}", self.camera),
        }];
        lines.extend(self.slower_than_asked());
        lines.push(format!(
            "network: {} on {}",
            self.info.model, self.info.engine
        ));
        if let Some(error) = &self.waits_for {
            lines.push(format!("note: waiting for it: {error}"));
        }
        lines.push(match self.start.output {
            OutputChoice::Stdout => format!("standard output: {}; Ctrl-C ends it", self.output),
            _ => format!(
                "virtual camera: {}; choose it in the video program, Ctrl-C ends it",
                self.output
            ),
        });
        lines
    }
}

/// The cameras that are asked for; `own` is the device that is fed.
pub(super) fn cameras_of(start: &StartSettings, own: Option<PathBuf>) -> SystemCameras {
    let choice = start
        .camera
        .as_deref()
        .map_or_else(CameraChoice::default, CameraChoice::from);
    SystemCameras::new(choice, wish(start), own)
}

/// Frames a second.
fn fps(rate: Rate) -> f64 {
    f64::from(rate.numerator()) / f64::from(rate.denominator())
}

fn wish(start: &StartSettings) -> Wish {
    let usual = Wish::default();
    Wish {
        width: start.size.map_or(usual.width, |size| size.width),
        height: start.size.map_or(usual.height, |size| size.height),
        rate: start.fps.unwrap_or(usual.rate),
    }
}

/// The camera's own size and rate, unless the user asks for a size.
fn sink_options(wish: &Wish, mode: Option<Mode>, asked: Option<Size>) -> SinkOptions {
    let (width, height) = match (asked, mode) {
        (Some(size), _) => (size.width, size.height),
        (None, Some(mode)) => (mode.width / 2 * 2, mode.height / 2 * 2),
        (None, None) => (wish.width, wish.height),
    };
    let rate: Rate = mode.and_then(|mode| mode.rate).unwrap_or(wish.rate);
    SinkOptions {
        width,
        height,
        rate,
    }
}

fn refuse_other_size(asked: Option<Size>, sink: &dyn Sink) -> Result<(), Failure> {
    let (width, height) = sink.size();
    match asked {
        Some(size) if (size.width, size.height) != (width, height) => Err(Failure::setup(format!(
            "{}: gives {width}x{height} and not {}x{}: end the programs that look at it, or leave --size away",
            sink.describe(),
            size.width,
            size.height
        ))),
        _ => Ok(()),
    }
}

/// Says how the session is doing: to people in one line that changes, to machines in lines.
struct Teller {
    voice: Voice,
    json: bool,
    terminal: bool,
    told_at: Option<Timestamp>,
    last: Option<Status>,
    trouble: Option<String>,
    /// Of the settings in force; none where nothing of the room is shown.
    text_height_px: Option<u32>,
    /// What did the pixel work when it was last told.
    compositor: CompositorInfo,
    /// The terminal's cursor stands behind a status line.
    open_line: bool,
}

impl Teller {
    fn new(json: bool) -> Self {
        Self {
            voice: Voice::new(),
            json,
            terminal: io::stderr().is_terminal(),
            told_at: None,
            last: None,
            trouble: None,
            text_height_px: None,
            compositor: CompositorInfo::default(),
            open_line: false,
        }
    }

    fn note(&mut self, note: &str) {
        self.line(&format!("note: {note}"));
    }

    fn line(&mut self, line: &str) {
        self.end();
        self.voice.say(Stream::Err, format!("{line}\n"));
    }

    fn tell(
        &mut self,
        status: &Status,
        trouble: Option<&CameraError>,
        compositor: impl FnOnce() -> CompositorInfo,
    ) {
        let trouble = trouble.map(ToString::to_string);
        if trouble != self.trouble {
            if let Some(trouble) = &trouble {
                self.note(&format!("{trouble}; trying again"));
            }
            self.trouble = trouble;
        }
        let now = monotonic_now();
        let changed = self.last.as_ref().is_none_or(|last| status.differs(last));
        let due = self.told_at.is_none_or(|at| now.since(at) >= STATUS_PACE);
        if !(changed || due) {
            return;
        }
        self.told_at = Some(now);
        // Before the first frame nothing is chosen yet.
        let compositor = compositor();
        if status.frames > 0 && compositor != self.compositor {
            self.line(&format!("pixel work: {compositor}"));
            self.compositor = compositor;
        }
        if self.json {
            let mut line = status.to_json();
            line["text_height_px"] = self.text_height_px.into();
            line["compositor"] = self.compositor.to_string().into();
            self.voice.say(Stream::Out, format!("{line}\n"));
        } else if self.terminal {
            self.voice.say(Stream::Err, format!("\r\x1b[K{status}"));
            self.open_line = true;
        } else if changed {
            self.voice.say(Stream::Err, format!("{status}\n"));
        }
        self.last = Some(status.clone());
    }

    /// Lets the terminal's next line be a new one.
    fn end(&mut self) {
        if self.open_line {
            self.voice.say(Stream::Err, "\n".to_owned());
            self.open_line = false;
        }
    }
}
