use std::fmt;
use std::str::FromStr;

use crate::error::{LoadError, LoadErrorKind};
use crate::provider::{self, Provider, refused};

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

/// What runs a network, and on what. An [`EngineChoice`] is one without providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Which engine.
    pub choice: EngineChoice,
    /// What ONNX Runtime is to run the network on, the first choice first; each must be
    /// there. Default: none, which is the CPU. With any [`EngineChoice::Auto`] is ONNX
    /// Runtime or an error, and [`EngineChoice::Rten`] is an error.
    pub providers: Vec<Provider>,
    /// Threads that compute one run, 1 to 64. With 1, the default, ONNX Runtime computes on
    /// the caller's. With the networks that come along a second takes ONNX Runtime about twice
    /// the processor time and saves a sixth by the clock at most, but rten's time by the clock
    /// falls by an eighth to a third. Providers are not bound by it.
    pub threads: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        EngineChoice::default().into()
    }
}

impl EngineOptions {
    /// Whether this build can do that at all.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        if !(1..=64).contains(&self.threads) {
            return Err(LoadError::new(
                LoadErrorKind::Threads,
                format!(
                    "{} threads were asked for to run a network, 1 to 64 can be had",
                    self.threads
                ),
            ));
        }
        let runs_on_the_cpu = self.choice == EngineChoice::Rten;
        match self.providers.first() {
            Some(provider) if runs_on_the_cpu => Err(refused(format!(
                "provider {provider} was asked for, and engine rten has none: choose engine ort, \
                 or leave the provider out"
            ))),
            _ => provider::check(&self.providers),
        }
    }
}

impl From<EngineChoice> for EngineOptions {
    fn from(choice: EngineChoice) -> Self {
        Self {
            choice,
            providers: Vec::new(),
            threads: 1,
        }
    }
}
