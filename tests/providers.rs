//! Execution providers through [`Setup`]: one that cannot be had builds no pipeline.
#![allow(clippy::unwrap_used)]
#![cfg(all(feature = "models", feature = "embedded"))]

use frosted::runtime::offered_providers;
use frosted::{EngineChoice, Provider, RuntimeSearch, Setup, SetupErrorKind};

#[test]
fn a_provider_that_cannot_be_had_is_an_error_and_no_pipeline() {
    let offered = offered_providers(&RuntimeSearch::default());
    for provider in Provider::ALL {
        for engine in [
            EngineChoice::Auto,
            EngineChoice::OnnxRuntime,
            EngineChoice::Rten,
        ] {
            let can_be_had = provider.is_in_build() && offered.contains(&provider);
            let result = Setup {
                engine,
                providers: vec![provider],
                ..Setup::default()
            }
            .build();
            match result {
                Ok(pipeline) => {
                    assert!(
                        can_be_had && engine != EngineChoice::Rten,
                        "{provider} {engine}"
                    );
                    let name = &pipeline.segmenter_info().engine;
                    assert!(name.ends_with(provider.title()), "{provider}: {name}");
                }
                Err(error) => {
                    assert_eq!(error.kind(), SetupErrorKind::Engine, "{error}");
                    // The plain CPU is there wherever the library is.
                    let cpu = provider == Provider::Cpu && can_be_had;
                    assert!(!cpu || engine == EngineChoice::Rten, "{error}");
                }
            }
        }
    }
}
