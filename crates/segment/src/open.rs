use crate::checksum;
use crate::choice::{EngineChoice, EngineOptions};
use crate::engine::Engine;
use crate::error::{LoadError, LoadErrorKind};
use crate::faces::{FaceDetector, FaceOptions};
use crate::search::{RuntimeSearch, probe};
use crate::segmenter::NetworkSegmenter;
use crate::spec::ModelSpec;
use crate::trial::try_out;

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
/// [`LoadErrorKind::EngineMissing`] if the choice is not compiled in;
/// [`LoadErrorKind::Provider`] if a provider is not compiled in, not in the ONNX Runtime
/// that is there, or cannot run all of the model.
pub fn open(
    engine: impl Into<EngineOptions>,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<NetworkSegmenter, LoadError> {
    let (engine, sha256) = load(&engine.into(), search, spec, onnx)?;
    let mut spec = spec.clone();
    spec.set_sha256(sha256);
    NetworkSegmenter::new(engine, spec)
}

/// As [`open`], for a model that finds faces.
///
/// # Errors
/// As [`open`], and [`LoadErrorKind::Spec`] as [`FaceDetector::new`].
pub fn open_faces(
    engine: impl Into<EngineOptions>,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
    options: FaceOptions,
) -> Result<FaceDetector, LoadError> {
    let (engine, sha256) = load(&engine.into(), search, spec, onnx)?;
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
    engine: impl Into<EngineOptions>,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<Box<dyn Engine>, LoadError> {
    Ok(load(&engine.into(), search, spec, onnx)?.0)
}

/// An engine with a checked model, and the model's sha256.
fn load(
    options: &EngineOptions,
    search: &RuntimeSearch,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<(Box<dyn Engine>, String), LoadError> {
    options.check()?;
    let sha256 = checksum::of_bytes(onnx);
    check_sum(spec, &sha256)?;
    if onnx.is_empty() {
        let message = format!("model \"{}\" is empty: 0 bytes", spec.name());
        return Err(LoadError::new(LoadErrorKind::Model, message));
    }
    let model = Checked {
        spec,
        onnx,
        sha256: &sha256,
        options,
    };
    let (mut engine, note) = match options.choice {
        EngineChoice::Rten => (rten(&model)?, Note::Chosen),
        EngineChoice::Auto if options.providers.is_empty() => auto(search, &model)?,
        _ => (onnxruntime(search, &model)?, Note::Chosen),
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

/// A model whose checksum is right, and how it is to run.
#[cfg_attr(
    not(all(feature = "onnxruntime", feature = "embedded")),
    allow(dead_code)
)]
struct Checked<'a> {
    spec: &'a ModelSpec,
    onnx: &'a [u8],
    sha256: &'a str,
    options: &'a EngineOptions,
}

/// What the log says of an engine.
enum Note {
    Chosen,
    #[cfg_attr(not(feature = "embedded"), allow(dead_code))]
    Instead(String),
}

type Opened = Result<Box<dyn Engine>, LoadError>;

fn auto(search: &RuntimeSearch, model: &Checked<'_>) -> Result<(Box<dyn Engine>, Note), LoadError> {
    if cfg!(not(feature = "onnxruntime")) {
        if let Some(path) = &search.given {
            let what = format!("ONNX Runtime, which {} was given for,", path.display());
            let kind = LoadErrorKind::EngineMissing;
            return Err(LoadError::missing(kind, &what, "onnxruntime"));
        }
        let why = "this build is without ONNX Runtime".into();
        return Ok((rten(model)?, Note::Instead(why)));
    }
    let report = probe(search);
    let alone = cfg!(not(feature = "embedded"));
    if report.loaded().is_some() || report.insists_in_vain() || alone {
        return Ok((onnxruntime(search, model)?, Note::Chosen));
    }
    let why = format!("ONNX Runtime was not found: {}", report.summary());
    Ok((rten(model)?, Note::Instead(why)))
}

#[cfg(feature = "onnxruntime")]
fn onnxruntime(search: &RuntimeSearch, model: &Checked<'_>) -> Opened {
    use crate::engine::onnxruntime::OnnxRuntimeEngine;
    use crate::search::pinned::PINNED_VERSION;

    let report = probe(search);
    if report.loaded().is_some() {
        let Checked {
            spec,
            onnx,
            options,
            ..
        } = model;
        return Ok(Box::new(OnnxRuntimeEngine::load(onnx, spec, options)?));
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
fn onnxruntime(_: &RuntimeSearch, _: &Checked<'_>) -> Opened {
    Err(missing("ort", "onnxruntime"))
}

#[cfg(feature = "embedded")]
fn rten(model: &Checked<'_>) -> Opened {
    use crate::engine::rten::RtenEngine;

    let threads = model.options.threads;
    Ok(Box::new(RtenEngine::load(
        model.onnx,
        model.sha256,
        model.spec,
        threads,
    )?))
}

#[cfg(not(feature = "embedded"))]
fn rten(_: &Checked<'_>) -> Opened {
    Err(missing("rten", "embedded"))
}

#[cfg(not(all(feature = "onnxruntime", feature = "embedded")))]
fn missing(engine: &str, feature: &'static str) -> LoadError {
    let what = format!("engine \"{engine}\"");
    LoadError::missing(LoadErrorKind::EngineMissing, &what, feature)
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
