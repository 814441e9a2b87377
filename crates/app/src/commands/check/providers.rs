use frosted::runtime::offered_providers;
use frosted::{EngineChoice, Provider, RuntimeSearch, Setup};
use serde_json::{Value, json};

use crate::exit::install_with;

/// What ONNX Runtime could run the networks on.
pub(super) struct Providers(Vec<Looked>);

struct Looked {
    provider: Provider,
    /// The library has it.
    offered: bool,
    /// What runs the default model on it, or why it does not; none where it was not tried
    /// because build or library lack it.
    outcome: Option<Result<String, String>>,
}

impl Providers {
    /// Loads the default model on each that the build and the library have.
    pub(super) fn look(search: &RuntimeSearch) -> Self {
        let offered = offered_providers(search);
        let look = |provider: Provider| {
            let offered = offered.contains(&provider);
            let both = offered && provider.is_in_build();
            Looked {
                provider,
                offered,
                outcome: both.then(|| try_out(provider, search)),
            }
        };
        // Where the CPU stands the lines of the engine say.
        let others = Provider::ALL.into_iter();
        let others = others.filter(|provider| *provider != Provider::Cpu);
        Self(others.map(look).collect())
    }

    /// A line for each that is somewhere, and one for all others.
    pub(super) fn to_lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.0.iter().filter_map(Looked::to_line).collect();
        let nowhere = self.0.iter().filter(|looked| looked.to_line().is_none());
        let nowhere: Vec<_> = nowhere.map(|looked| looked.provider.to_string()).collect();
        if !nowhere.is_empty() {
            lines.push(format!(
                "  providers neither in this build nor in an ONNX Runtime that was found: {}",
                nowhere.join(", ")
            ));
        }
        lines
    }

    pub(super) fn to_json(&self) -> Vec<Value> {
        self.0.iter().map(Looked::to_json).collect()
    }
}

impl Looked {
    /// None if it is in neither.
    fn to_line(&self) -> Option<String> {
        let said = match (&self.outcome, self.provider.is_in_build(), self.offered) {
            (Some(Ok(engine)), ..) => format!("ok: {engine}"),
            (Some(Err(why)), ..) => format!("refused: {why}"),
            (None, false, false) => return None,
            (None, false, true) => format!(
                "in this ONNX Runtime, not in this build: {}",
                install_with(&self.provider.to_string())
            ),
            (None, true, _) => "in this build, not in an ONNX Runtime that was found".to_owned(),
        };
        Some(format!("  provider {:<8} {said}", self.provider))
    }

    fn to_json(&self) -> Value {
        let mut looked = json!({
            "name": self.provider.to_string(),
            "in_build": self.provider.is_in_build(),
            "offered": self.offered,
            "ok": matches!(self.outcome, Some(Ok(_))),
        });
        match &self.outcome {
            Some(Ok(engine)) => looked["engine"] = json!(engine),
            Some(Err(why)) => looked["why"] = json!(why),
            None => {}
        }
        looked
    }
}

fn try_out(provider: Provider, search: &RuntimeSearch) -> Result<String, String> {
    Setup {
        engine: EngineChoice::OnnxRuntime,
        providers: vec![provider],
        runtime: search.clone(),
        ..Setup::default()
    }
    .build()
    .map(|pipeline| pipeline.segmenter_info().engine.clone())
    .map_err(|error| error.to_string())
}
