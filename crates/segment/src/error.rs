use std::fmt;

/// Why no segmenter came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    kind: LoadErrorKind,
    message: String,
    missing_feature: Option<&'static str>,
}

/// What the caller can do about a [`LoadError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// The spec cannot be read or says something impossible: correct it.
    Spec,
    /// The model's bytes are not those that its spec names: get the file again.
    Checksum,
    /// The bytes are no model, or one that the engine cannot run.
    Model,
    /// Model and spec are of different shapes: one of them belongs to another model.
    Mismatch,
    /// ONNX Runtime was not found or does not load.
    Runtime,
    /// The engine that was asked for is not compiled in.
    EngineMissing,
    /// An execution provider that was asked for is not in this build, not in the ONNX
    /// Runtime that was loaded, or does not run the model: the message says which.
    Provider,
    /// So many threads cannot be had.
    Threads,
}

impl LoadError {
    pub(crate) fn new(kind: LoadErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            missing_feature: None,
        }
    }

    /// Because the build lacks `feature`: `what` says what for.
    pub(crate) fn missing(kind: LoadErrorKind, what: &str, feature: &'static str) -> Self {
        Self {
            missing_feature: Some(feature),
            ..Self::new(
                kind,
                format!(
                    "{what} is not in this build: turn on the feature \"{feature}\" of frosted"
                ),
            )
        }
    }

    /// The cargo feature that the build lacks, if that is why.
    pub fn missing_feature(&self) -> Option<&'static str> {
        self.missing_feature
    }

    /// What sort of failure it was.
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LoadError {}
