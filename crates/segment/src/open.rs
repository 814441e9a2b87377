use std::fmt;
use std::str::FromStr;

use ndarray::{Array4, ArrayViewD};

use crate::checksum;
use crate::engine::Engine;
use crate::error::{LoadError, LoadErrorKind};
use crate::faces::{FaceDetector, FaceOptions};
use crate::postprocess::{check_finite, check_shape};
use crate::search::{RuntimeSearch, probe};
use crate::segmenter::NetworkSegmenter;
use crate::spec::{ModelOutput, ModelSpec};

/// Which engine runs the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EngineChoice {
    /// ONNX Runtime if its library is found, else the embedded engine. A library that was
    /// named and does not load is an error.
    #[default]
    Auto,
    /// ONNX Runtime or an error.
    OnnxRuntime,
    /// The embedded engine, about five times slower.
    Rten,
}

impl EngineChoice {
    const NAMES: [(&'static str, Self); 3] = [
        ("auto", Self::Auto),
        ("ort", Self::OnnxRuntime),
        ("rten", Self::Rten),
    ];
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.into_iter().find(|(_, choice)| choice == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for EngineChoice {
    type Err = LoadError;

    /// Reads `auto`, `ort` or `rten`.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        Self::NAMES
            .into_iter()
            .find(|(name, _)| *name == text)
            .map(|(_, choice)| choice)
            .ok_or_else(|| {
                LoadError::new(
                    LoadErrorKind::EngineMissing,
                    format!("engine \"{text}\" is unknown, choose one of auto, ort, rten"),
                )
            })
    }
}

/// Checks a model, loads it and runs it once on a grey picture.
///
/// One line in the log says which engine it is, and why where that was not the first
/// choice.
///
/// # Errors
/// [`LoadErrorKind::Checksum`] if the spec names another sha256 than the bytes have;
/// [`LoadErrorKind::Model`] for bytes that are no model or one that does not run;
/// [`LoadErrorKind::Mismatch`] if model and spec are of different shapes;
/// [`LoadErrorKind::Spec`] if the spec's model finds faces;
/// [`LoadErrorKind::Runtime`] if ONNX Runtime was named or chosen and does not load;
/// [`LoadErrorKind::EngineMissing`] if the choice is not compiled in.
pub fn open(
    choice: EngineChoice,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<NetworkSegmenter, LoadError> {
    let (engine, sha256) = load(choice, search, spec, onnx)?;
    let mut spec = spec.clone();
    spec.set_sha256(sha256);
    NetworkSegmenter::new(engine, spec)
}

/// As [`open`], for a model that finds faces.
///
/// # Errors
/// As [`open`], and [`LoadErrorKind::Spec`] as [`FaceDetector::new`].
pub fn open_faces(
    choice: EngineChoice,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
    options: FaceOptions,
) -> Result<FaceDetector, LoadError> {
    let (engine, sha256) = load(choice, search, spec, onnx)?;
    let mut spec = spec.clone();
    spec.set_sha256(sha256);
    FaceDetector::new(engine, spec, options)
}

/// As [`open`], for a program that puts something of its own between an engine and
/// [`NetworkSegmenter::new`].
///
/// # Errors
/// As [`open`].
pub fn open_engine(
    choice: EngineChoice,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<Box<dyn Engine>, LoadError> {
    Ok(load(choice, search, spec, onnx)?.0)
}

/// An engine with a checked model, and the model's sha256.
fn load(
    choice: EngineChoice,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<(Box<dyn Engine>, String), LoadError> {
    let sha256 = checksum::of_bytes(onnx);
    check_sum(spec, &sha256)?;
    if onnx.is_empty() {
        let message = format!("model \"{}\" is empty: 0 bytes", spec.name());
        return Err(LoadError::new(LoadErrorKind::Model, message));
    }
    let (mut engine, note) = match choice {
        EngineChoice::OnnxRuntime => (onnxruntime(search, spec, onnx)?, Note::Chosen),
        EngineChoice::Rten => (rten(spec, onnx)?, Note::Chosen),
        EngineChoice::Auto => auto(search, spec, onnx)?,
    };
    try_out(engine.as_mut(), spec)?;
    let (model, name) = (spec.name(), engine.name());
    match note {
        Note::Chosen => log::info!("model {model} runs on {name}"),
        Note::Instead(why) => {
            log::warn!("model {model} runs on {name}, which is slower, because {why}");
        }
    }
    Ok((engine, sha256))
}

/// What the log says of an engine.
enum Note {
    Chosen,
    #[cfg_attr(not(feature = "embedded"), allow(dead_code))]
    Instead(String),
}

type Opened = Result<Box<dyn Engine>, LoadError>;

fn auto(
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<(Box<dyn Engine>, Note), LoadError> {
    if cfg!(not(feature = "onnxruntime")) {
        if let Some(path) = &search.given {
            let message = format!(
                "{} was given, but this build is without ONNX Runtime (feature onnxruntime)",
                path.display()
            );
            return Err(LoadError::new(LoadErrorKind::EngineMissing, message));
        }
        let why = "this build is without ONNX Runtime".into();
        return Ok((rten(spec, onnx)?, Note::Instead(why)));
    }
    let report = probe(search);
    let alone = cfg!(not(feature = "embedded"));
    if report.loaded().is_some() || report.insists_in_vain() || alone {
        return Ok((onnxruntime(search, spec, onnx)?, Note::Chosen));
    }
    let why = format!("ONNX Runtime was not found: {}", report.summary());
    Ok((rten(spec, onnx)?, Note::Instead(why)))
}

#[cfg(feature = "onnxruntime")]
fn onnxruntime(search: &RuntimeSearch, spec: &ModelSpec, onnx: &[u8]) -> Opened {
    use crate::engine::onnxruntime::OnnxRuntimeEngine;
    use crate::search::pinned::PINNED_VERSION;

    let report = probe(search);
    if report.loaded().is_some() {
        return Ok(Box::new(OnnxRuntimeEngine::load(onnx, spec)?));
    }
    let message = if report.insists_in_vain() {
        format!("onnx runtime does not load: {}", report.summary())
    } else {
        format!(
            "onnx runtime was not found: {}. Get it with `cargo xtask setup`, or with \
             `python3 -m pip download --no-deps onnxruntime=={PINNED_VERSION}` and set \
             ORT_DYLIB_PATH to the library in the wheel's folder onnxruntime/capi",
            report.summary()
        )
    };
    Err(LoadError::new(LoadErrorKind::Runtime, message))
}

#[cfg(not(feature = "onnxruntime"))]
fn onnxruntime(_: &RuntimeSearch, _: &ModelSpec, _: &[u8]) -> Opened {
    Err(missing("ort", "onnxruntime"))
}

#[cfg(feature = "embedded")]
fn rten(spec: &ModelSpec, onnx: &[u8]) -> Opened {
    Ok(Box::new(crate::engine::rten::RtenEngine::load(onnx, spec)?))
}

#[cfg(not(feature = "embedded"))]
fn rten(_: &ModelSpec, _: &[u8]) -> Opened {
    Err(missing("rten", "embedded"))
}

#[cfg(not(all(feature = "onnxruntime", feature = "embedded")))]
fn missing(engine: &str, feature: &str) -> LoadError {
    LoadError::new(
        LoadErrorKind::EngineMissing,
        format!("engine \"{engine}\" is not in this build, compile it with the feature {feature}"),
    )
}

fn check_sum(spec: &ModelSpec, sha256: &str) -> Result<(), LoadError> {
    match spec.sha256() {
        Some(expected) if expected != sha256 => Err(LoadError::new(
            LoadErrorKind::Checksum,
            format!(
                "corrupt or swapped model: the sha256 of \"{}\" is {sha256}, its spec says \
                 {expected}",
                spec.name()
            ),
        )),
        _ => Ok(()),
    }
}

/// A model may load and be broken all the same: flipped bits in its weights are no error
/// to an engine.
fn try_out(engine: &mut dyn Engine, spec: &ModelSpec) -> Result<(), LoadError> {
    let name = spec.name();
    let wanted = spec.outputs();
    let grey = Array4::from_elem(spec.input_shape(), 0.5);
    let mut given = 0;
    let mut outcome = Ok(());
    let mut take = |place: usize, output: ArrayViewD<'_, f32>| {
        given += 1;
        if let (Some(wanted), Ok(())) = (wanted.get(place), &outcome) {
            outcome = check_output(name, &output, wanted);
        }
    };
    engine.run_each(grey.view(), &mut take).map_err(|error| {
        let message = format!("model \"{name}\" does not run: {error}");
        LoadError::new(LoadErrorKind::Model, message)
    })?;
    outcome?;
    if given == wanted.len() {
        return Ok(());
    }
    let message = format!(
        "model \"{name}\" does not fit its spec: it gave {given} outputs, the spec says {}",
        wanted.len()
    );
    Err(LoadError::new(LoadErrorKind::Mismatch, message))
}

fn check_output(
    name: &str,
    output: &ArrayViewD<'_, f32>,
    wanted: &ModelOutput,
) -> Result<(), LoadError> {
    check_shape(output.shape(), wanted.shapes()).map_err(|error| {
        let message = format!("model \"{name}\" does not fit its spec: {error}");
        LoadError::new(LoadErrorKind::Mismatch, message)
    })?;
    let gathered: Vec<f32> = output.iter().copied().collect();
    check_finite(&gathered).map_err(|error| {
        let message = format!("model \"{name}\" is corrupt: of a grey picture {error}");
        LoadError::new(LoadErrorKind::Model, message)
    })
}
