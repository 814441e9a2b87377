use std::fmt;
use std::str::FromStr;

use frosted::{EngineChoice, Model, RuntimeSearch};

use super::{Breach, Floor};
use crate::config::StartSettings;

pub(super) const NETWORK: &str = "network";

/// Whose network decides who the person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NetworkRule {
    /// One of the program's own, run by what came with the program or is known by its
    /// checksum.
    BuiltIn,
}

impl fmt::Display for NetworkRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "built-in",
        })
    }
}

impl FromStr for NetworkRule {
    type Err = String;

    /// Reads `built-in`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "built-in" => Ok(Self::BuiltIn),
            _ => Err(format!(
                "{NETWORK} \"{text}\" is unknown, choose built-in or leave it out"
            )),
        }
    }
}

impl Floor {
    /// Why a network may not be used.
    fn model_breach(&self, model: &Model) -> Option<Breach> {
        let rule = self.network.as_ref()?;
        let Model::File(path) = model else {
            return None;
        };
        Some(Breach {
            key: "model",
            reason: format!(
                "model {} is not {}, which {} asks for",
                path.display(),
                rule.least,
                rule.place(NETWORK)
            ),
            remedy: "choose quality or landscape".to_owned(),
        })
    }

    /// Why an ONNX Runtime that is named may not be used: a library can be anything. Those
    /// that are not named are the program's own, or have their checksum compared.
    fn runtime_breach(&self, engine: EngineChoice, search: &RuntimeSearch) -> Option<Breach> {
        let rule = self.network.as_ref()?;
        let variable = search.variable.as_ref();
        let variable = variable.filter(|path| !path.as_os_str().is_empty());
        let (key, path, remedy) = match (&search.given, variable) {
            _ if engine == EngineChoice::Rten => return None,
            (Some(path), _) => ("onnxruntime", path, "leave it out"),
            (None, Some(path)) => ("ORT_DYLIB_PATH", path, "unset it, or choose engine rten"),
            (None, None) => return None,
        };
        Some(Breach {
            key,
            reason: format!(
                "{key} {} is a library of your own, and {} asks for a network that is {}",
                path.display(),
                rule.place(NETWORK),
                rule.least
            ),
            remedy: remedy.to_owned(),
        })
    }

    /// Refuses a network or an ONNX Runtime that may not be used.
    ///
    /// # Errors
    /// The breach.
    pub(crate) fn check_network(
        &self,
        model: &Model,
        engine: EngineChoice,
        search: &RuntimeSearch,
    ) -> Result<(), Breach> {
        let breach = self
            .model_breach(model)
            .or_else(|| self.runtime_breach(engine, search));
        breach.map_or(Ok(()), Err)
    }

    /// Why what a stream is started with may not be used, the process's environment left
    /// aside.
    pub(crate) fn start_breach(&self, start: &StartSettings) -> Option<Breach> {
        let named = RuntimeSearch {
            given: start.onnxruntime.clone(),
            variable: None,
            ..RuntimeSearch::default()
        };
        self.check_network(&start.model, start.engine, &named).err()
    }
}
