use std::path::PathBuf;

use frosted::{
    Background, CardReason, CompositorChoice, EngineChoice, Model, Provider, Rate, RuntimeSearch,
    Settings, TextHeight,
};

use super::choices::{OutputChoice, SubjectRule};
use super::floor::{Breach, Floor, shown};
use super::height;
use super::wishes::Wishes;
use crate::cli::{BackgroundChoice, Size};
use crate::media::MediaError;

/// The settings in force: never weaker than the floor that they were made with.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    floor: Floor,
    choice: BackgroundChoice,
    /// What `choice` names, with the text height as far as it holds for every frame.
    background: Background,
    text_height: TextHeight,
    subject: SubjectRule,
    card_title: String,
    card_reason: CardReason,
    start: StartSettings,
}

/// What a running stream keeps until the program is started again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StartSettings {
    /// The network.
    pub(crate) model: Model,
    /// What runs it.
    pub(crate) engine: EngineChoice,
    /// What ONNX Runtime runs it on; none: the CPU.
    pub(crate) providers: Vec<Provider>,
    /// ONNX Runtime's library, where it is not to be searched.
    pub(crate) onnxruntime: Option<PathBuf>,
    /// What does the pixel work.
    pub(crate) compositor: CompositorChoice,
    /// Threads for the pixel work on the CPU, 1 to 64.
    pub(crate) threads: usize,
    /// A part of the camera's name, or its path; `None`: the first one.
    pub(crate) camera: Option<String>,
    /// The size that is wanted of the camera; `None`: the usual one.
    pub(crate) size: Option<Size>,
    /// The rate that is wanted of the camera; `None`: the usual one.
    pub(crate) fps: Option<Rate>,
    /// Where the frames go.
    pub(crate) output: OutputChoice,
}

/// A pipeline's settings for frames of one height.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    /// What the pipeline is set to.
    pub(crate) settings: Settings,
    /// What was raised or held because of the frames' height, to be said once.
    pub(crate) notes: Vec<String>,
}

/// What is asked for, by the user and by default.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) background: BackgroundChoice,
    pub(super) text_height: TextHeight,
    pub(super) subject: SubjectRule,
    pub(super) card_title: String,
    pub(super) card_reason: CardReason,
    pub(super) start: StartSettings,
}

impl Wanted {
    /// Wishes, and the defaults where they say nothing.
    pub(super) fn of(wishes: Wishes) -> Self {
        let usual = Settings::default();
        Self {
            background: wishes.background.unwrap_or(BackgroundChoice::Blur),
            text_height: wishes.text_height.unwrap_or_default(),
            subject: wishes.subject.unwrap_or_default(),
            card_title: wishes.card_title.unwrap_or(usual.card_title),
            card_reason: wishes.card_reason.unwrap_or_default(),
            start: StartSettings {
                model: wishes.model.unwrap_or_default(),
                engine: wishes.engine.unwrap_or_default(),
                providers: wishes.provider.unwrap_or_default(),
                onnxruntime: wishes.onnxruntime,
                compositor: wishes.compositor.unwrap_or_default(),
                threads: wishes.threads.unwrap_or(1),
                camera: wishes.camera,
                size: wishes.size,
                fps: wishes.fps,
                output: wishes.output.unwrap_or_default(),
            },
        }
    }
}

impl Default for StartSettings {
    fn default() -> Self {
        Wanted::of(Wishes::default()).start
    }
}

impl StartSettings {
    /// The keys in which `other` differs.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("model", self.model != other.model),
            ("engine", self.engine != other.engine),
            ("provider", self.providers != other.providers),
            ("onnxruntime", self.onnxruntime != other.onnxruntime),
            ("compositor", self.compositor != other.compositor),
            ("threads", self.threads != other.threads),
            ("camera", self.camera != other.camera),
            ("size", self.size != other.size),
            ("fps", self.fps != other.fps),
            ("output", self.output != other.output),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}

impl Config {
    /// What is wanted, raised to the floor.
    ///
    /// # Errors
    /// The background's picture cannot be had.
    pub(super) fn new(wanted: &Wanted, floor: &Floor) -> Result<Self, MediaError> {
        let choice = floor.raise_background(wanted.background.clone());
        let text_height = floor.raise_text(wanted.text_height);
        let background = choice.load(text_height)?;
        Ok(Self {
            floor: floor.clone(),
            choice,
            background,
            text_height,
            subject: floor.raise_subject(wanted.subject),
            card_title: wanted.card_title.clone(),
            card_reason: wanted.card_reason,
            start: wanted.start.clone(),
        })
    }

    /// The same under a higher floor. It cannot fail: a picture stays the one that it is.
    pub(super) fn raised(&self, floor: &Floor) -> Self {
        let text_height = floor.raise_text(self.text_height);
        let choice = floor.raise_background(self.choice.clone());
        let background = match &choice {
            BackgroundChoice::Blur => Background::Blur(text_height),
            BackgroundChoice::Frost => Background::Frost(text_height),
            BackgroundChoice::Colour(rgb) => Background::Colour(*rgb),
            // Nothing is raised to these: they were there before.
            BackgroundChoice::Image(_) | BackgroundChoice::Alpha => self.background.clone(),
        };
        Self {
            floor: floor.clone(),
            choice,
            background,
            text_height,
            subject: floor.raise_subject(self.subject),
            ..self.clone()
        }
    }

    /// The same, but with the start settings of another.
    pub(super) fn started_as(self, other: &Self) -> Self {
        Self {
            start: other.start.clone(),
            ..self
        }
    }

    /// A pipeline's settings for frames of this upright height in pixels. To be asked for
    /// again whenever frames of another height come.
    pub(crate) fn settings_for(&self, frame_height_px: usize) -> Held {
        let text = self.floor.text_at(self.text_height, frame_height_px);
        let raised = self.floor.text_breach_at(self.text_height, frame_height_px);
        let raised = raised.map(|breach| breach.raised_to(&shown(text)));
        let notes = raised
            .into_iter()
            .chain(height::held(text, frame_height_px));
        Held {
            settings: self.settings_with(text),
            notes: notes.filter(|_| self.shows_the_room()).collect(),
        }
    }

    /// A pipeline's settings by the height of frames, as [`settings_for`](Self::settings_for).
    pub(crate) fn settings_by_height(&self) -> impl Fn(usize) -> Settings + Send + use<> {
        let config = self.clone();
        move |frame_height_px| config.settings_for(frame_height_px).settings
    }

    /// A pipeline's settings until the frames' height is known: strong enough for any.
    pub(crate) fn settings_for_any_frame(&self) -> Settings {
        self.settings_with(self.floor.text_in_any_frame(self.text_height))
    }

    fn settings_with(&self, text: TextHeight) -> Settings {
        let background = match &self.background {
            Background::Blur(_) => Background::Blur(text),
            Background::Frost(_) => Background::Frost(text),
            other => other.clone(),
        };
        Settings {
            background,
            subjects: self.subject.into(),
            card_title: self.card_title.clone(),
            card_reason: self.card_reason,
            ..Settings::default()
        }
    }

    /// The settings for frames of this height and the floor under them, for records.
    pub(crate) fn to_json(&self, frame_height_px: usize) -> serde_json::Value {
        let background = self.settings_for(frame_height_px).settings.background;
        self.floor
            .with_settings(&background, self.subject, frame_height_px)
    }

    /// The text height that is used in frames of this upright height, in pixels; none where
    /// nothing of the room is shown.
    pub(crate) fn text_height_px(&self, frame_height_px: usize) -> Option<u32> {
        let background = self.settings_for(frame_height_px).settings.background;
        height::used_px(&background, frame_height_px)
    }

    fn shows_the_room(&self) -> bool {
        matches!(self.background, Background::Blur(_) | Background::Frost(_))
    }

    /// Where ONNX Runtime is looked for; `usual` is where it would be without settings.
    ///
    /// # Errors
    /// The floor rules out a library that the process's environment names.
    pub(crate) fn runtime_search(&self, usual: RuntimeSearch) -> Result<RuntimeSearch, Breach> {
        let search = RuntimeSearch {
            given: self.start.onnxruntime.clone(),
            ..usual
        };
        self.floor
            .check_network(&self.start.model, self.start.engine, &search)?;
        Ok(search)
    }

    /// What a running stream keeps.
    pub(crate) fn start(&self) -> &StartSettings {
        &self.start
    }
}
