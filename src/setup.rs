use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use frosted_core::ComposeError;
use frosted_pipeline::{Clock, Pipeline, Settings, SystemClock};
use frosted_segment::{
    Engine, EngineChoice, EngineOptions, LoadError, LoadErrorKind, ModelSpec, NetworkSegmenter,
    Provider, RuntimeSearch,
};

use crate::compositing::{self, CompositorChoice};

/// What a [`Pipeline`] is built from.
///
/// ```no_run
/// use frosted::{Background, Model, Settings, Setup, TextHeight};
///
/// let pipeline = Setup {
///     threads: 2,
///     settings: Settings {
///         background: Background::Frost(TextHeight::default()),
///         ..Settings::default()
///     },
///     ..Setup::default()
/// }
/// .build()?;
/// # Ok::<(), frosted::SetupError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Setup {
    /// The network that finds the person. Default: [`Model::Quality`].
    pub model: Model,
    /// What runs the network. Default: ONNX Runtime where it is found, else the embedded
    /// engine.
    pub engine: EngineChoice,
    /// What ONNX Runtime runs the networks on, the first choice first. Each is a cargo feature
    /// of its own and must be in the ONNX Runtime that is found; one that cannot be had is an
    /// error, as is a network that does not wholly run there, unless [`Provider::Cpu`] is the
    /// last. Default: none, which is the CPU.
    pub providers: Vec<Provider>,
    /// Where ONNX Runtime is looked for. Default: the variable `ORT_DYLIB_PATH`, beside the
    /// executable, the user's cache.
    pub runtime: RuntimeSearch,
    /// What does the pixel work. Default: [`CompositorChoice::Auto`].
    pub compositor: CompositorChoice,
    /// Threads for the pixel work on the CPU, the caller's included: 1 (the default) to 64.
    pub threads: usize,
    /// Threads that compute a network's answer, 1 (the default) to 64. A second takes ONNX
    /// Runtime about twice the processor time and saves a sixth by the clock at most; the embedded
    /// engine's time by the clock falls by an eighth to a third (`docs/BENCHMARKS.md`). With 1 ONNX Runtime
    /// computes on the caller's, but for what a provider does on threads of its own.
    pub network_threads: usize,
    /// What is shown, and when. Can be changed later.
    pub settings: Settings,
    /// Tells how long the work took. Default: the machine's monotonic clock.
    pub clock: Option<Arc<dyn Clock>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            model: Model::default(),
            engine: EngineChoice::default(),
            providers: Vec::new(),
            runtime: RuntimeSearch::default(),
            compositor: CompositorChoice::default(),
            threads: 1,
            network_threads: 1,
            settings: Settings::default(),
            clock: None,
        }
    }
}

impl Setup {
    /// Loads the model and builds the pipeline: some 30 to 150 ms.
    ///
    /// # Errors
    /// [`SetupErrorKind::Model`] if the model's file or spec is missing or wrong,
    /// [`SetupErrorKind::Engine`] if no engine can run it, or not on the providers asked for,
    /// [`SetupErrorKind::Compositor`] if the GPU is asked for and there is none,
    /// [`SetupErrorKind::Threads`] if the threads cannot be had.
    pub fn build(self) -> Result<Pipeline, SetupError> {
        let segmenter = self.segmenter()?;
        let faces = crate::faces::face_finder(self.engine_options(), &self.runtime)?;
        let pipeline = self.assemble(segmenter)?;
        Ok(match faces {
            Some(faces) => pipeline.with_faces(Box::new(faces)),
            None => pipeline,
        })
    }

    /// Loads the network that finds the person.
    pub(crate) fn segmenter(&self) -> Result<NetworkSegmenter, SetupError> {
        let (spec, onnx) = self.model.load()?;
        let opened = frosted_segment::open(self.engine_options(), &self.runtime, &spec, &onnx);
        Ok(opened?)
    }

    pub(crate) fn engine_options(&self) -> EngineOptions {
        EngineOptions {
            choice: self.engine,
            providers: self.providers.clone(),
            threads: self.network_threads,
        }
    }

    /// Builds the pipeline around an engine of your own, which runs a network that `spec`
    /// describes; `model`, `engine`, `providers`, `network_threads` and `runtime` are not looked
    /// at.
    ///
    /// # Errors
    /// [`SetupErrorKind::Model`] if the spec asks for the impossible,
    /// [`SetupErrorKind::Threads`] if the threads cannot be had.
    pub fn build_with(
        self,
        engine: Box<dyn Engine>,
        spec: ModelSpec,
    ) -> Result<Pipeline, SetupError> {
        let segmenter = NetworkSegmenter::new(engine, spec)?;
        self.assemble(segmenter)
    }

    fn assemble(self, segmenter: NetworkSegmenter) -> Result<Pipeline, SetupError> {
        let threads = self.threads;
        if !(1..=64).contains(&threads) {
            return Err(SetupError::new(
                SetupErrorKind::Threads,
                format!("{threads} threads were asked for, 1 to 64 can be had"),
            ));
        }
        let compositor = compositing::compositor(self.compositor, threads)?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        Ok(Pipeline::assemble(
            Box::new(segmenter),
            compositor,
            self.settings,
            clock,
        ))
    }
}

/// Which network finds the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Model {
    /// MediaPipe's selfie segmentation, general, at 320x192: loses less of the person.
    #[default]
    Quality,
    /// MediaPipe's selfie segmentation, landscape, 256x144: 1.7 times as quick. Needs the
    /// feature `landscape`.
    Landscape,
    /// An ONNX file. Its spec is the file of the same name that ends in `.toml`.
    File(PathBuf),
}

impl FromStr for Model {
    type Err = SetupError;

    /// Reads `quality`, `landscape` or the path of a file that ends in `.onnx`.
    fn from_str(text: &str) -> Result<Self, SetupError> {
        match text {
            "landscape" => Ok(Self::Landscape),
            "quality" => Ok(Self::Quality),
            path if Path::new(path).extension().is_some_and(|end| end == "onnx") => {
                Ok(Self::File(path.into()))
            }
            other => Err(SetupError::new(
                SetupErrorKind::Model,
                format!("model \"{other}\" is unknown, choose quality, landscape or a FILE.onnx"),
            )),
        }
    }
}

impl Model {
    /// The model's spec and the bytes of its ONNX file.
    fn load(&self) -> Result<(ModelSpec, std::borrow::Cow<'static, [u8]>), SetupError> {
        match self {
            Self::Landscape => embedded("landscape", "landscape", landscape()),
            Self::Quality => embedded("quality", "models", quality()),
            Self::File(path) => {
                let unreadable = |path: &Path, error: std::io::Error| {
                    SetupError::new(
                        SetupErrorKind::Model,
                        format!("model file {}: {error}", path.display()),
                    )
                };
                let onnx = std::fs::read(path).map_err(|error| unreadable(path, error))?;
                let spec_path = path.with_extension("toml");
                let spec = std::fs::read_to_string(&spec_path).map_err(|error| {
                    let reason = unreadable(&spec_path, error);
                    SetupError::new(
                        SetupErrorKind::Model,
                        format!("{reason}: a model needs its spec beside it, with the same name"),
                    )
                })?;
                Ok((ModelSpec::from_toml(&spec)?, onnx.into()))
            }
        }
    }
}

/// The spec and the bytes of a model that is compiled in.
type EmbeddedParts = Option<(&'static str, &'static [u8])>;

fn embedded(
    name: &str,
    feature: &'static str,
    parts: EmbeddedParts,
) -> Result<(ModelSpec, std::borrow::Cow<'static, [u8]>), SetupError> {
    let (spec, onnx) = parts.ok_or_else(|| {
        SetupError::new(
            SetupErrorKind::Model,
            format!(
                "model {name} is not in this build: turn on the feature \"{feature}\" of frosted or give a file"
            ),
        )
        .lacking(feature)
    })?;
    Ok((ModelSpec::from_toml(spec)?, onnx.into()))
}

fn landscape() -> EmbeddedParts {
    #[cfg(feature = "landscape")]
    return Some((
        frosted_models::LANDSCAPE.spec,
        frosted_models::LANDSCAPE.onnx,
    ));
    #[cfg(not(feature = "landscape"))]
    None
}

fn quality() -> EmbeddedParts {
    #[cfg(feature = "models")]
    return Some((frosted_models::QUALITY.spec, frosted_models::QUALITY.onnx));
    #[cfg(not(feature = "models"))]
    None
}

/// Why no pipeline could be built.
#[derive(Debug)]
pub struct SetupError {
    kind: SetupErrorKind,
    message: String,
    missing_feature: Option<&'static str>,
}

/// What the caller can do about a [`SetupError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SetupErrorKind {
    /// The model's file or spec is missing, wrong, or does not fit the other.
    Model,
    /// No engine can be had that runs the model.
    Engine,
    /// The threads cannot be had.
    Threads,
    /// The compositor that is asked for by name cannot be had.
    Compositor,
}

impl SetupError {
    pub(crate) fn new(kind: SetupErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            missing_feature: None,
        }
    }

    /// The same, because the build lacks `feature`.
    pub(crate) fn lacking(self, feature: &'static str) -> Self {
        Self {
            missing_feature: Some(feature),
            ..self
        }
    }

    pub(crate) fn compositor(error: &ComposeError) -> Self {
        Self::new(SetupErrorKind::Compositor, error.to_string())
    }

    pub(crate) fn threads(error: ComposeError) -> Self {
        Self::new(SetupErrorKind::Threads, error.to_string())
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> SetupErrorKind {
        self.kind
    }

    /// The cargo feature of `frosted` that the build lacks, if that is why.
    pub fn missing_feature(&self) -> Option<&'static str> {
        self.missing_feature
    }
}

impl From<LoadError> for SetupError {
    fn from(error: LoadError) -> Self {
        let kind = match error.kind() {
            LoadErrorKind::Runtime | LoadErrorKind::EngineMissing | LoadErrorKind::Provider => {
                SetupErrorKind::Engine
            }
            LoadErrorKind::Threads => SetupErrorKind::Threads,
            _ => SetupErrorKind::Model,
        };
        Self {
            kind,
            message: error.to_string(),
            missing_feature: error.missing_feature(),
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SetupError {}
