//! Execution providers: what is asked for is there, or it is an error that says why. Which of
//! the reasons it is depends on the build's features and on the library.
#![allow(clippy::unwrap_used)]

#[path = "scene/real.rs"]
mod real;
mod scene;

use frosted_core::{FrameSpec, Mask, PixelFormat, Segmenter};
use frosted_segment::{
    EngineChoice, EngineOptions, LoadError, LoadErrorKind, ModelSpec, NetworkSegmenter, Provider,
    RuntimeSearch, offered_providers, open,
};
use real::{aloud, engines, model, portrait, without_sum};

fn opened(choice: EngineChoice, providers: &[Provider]) -> Result<NetworkSegmenter, LoadError> {
    let (text, onnx) = model("selfie_landscape_256x144");
    let spec = ModelSpec::from_toml(&text).unwrap();
    let options = EngineOptions {
        choice,
        providers: providers.to_vec(),
        ..EngineOptions::default()
    };
    open(options, &RuntimeSearch::default(), &spec, &onnx)
}

fn others() -> impl Iterator<Item = Provider> {
    Provider::ALL
        .into_iter()
        .filter(|&provider| provider != Provider::Cpu)
}

const WITH_ONNX_RUNTIME: [EngineChoice; 2] = [EngineChoice::Auto, EngineChoice::OnnxRuntime];

#[test]
fn a_provider_that_cannot_be_had_is_an_error_that_names_it_the_reason_and_the_remedy() {
    let there = engines().contains(&EngineChoice::OnnxRuntime) && cfg!(feature = "onnxruntime");
    let offered = offered_providers(&RuntimeSearch::default());
    assert_eq!(offered.contains(&Provider::Cpu), there);
    for provider in others() {
        for choice in WITH_ONNX_RUNTIME {
            let expected: &[&str] = match (provider.is_in_build(), there) {
                (false, _) => &["is not in this build", "turn on the feature"],
                (true, false) => &["onnx runtime was not found", "ORT_DYLIB_PATH"],
                (true, true) if !offered.contains(&provider) => &[
                    "is not in this ONNX Runtime 1.",
                    "built with it",
                    "ORT_DYLIB_PATH",
                ],
                // What there is to say is said of both by the next test.
                (true, true) => continue,
            };
            let error = opened(choice, &[provider]).unwrap_err();
            let kind = match expected[0].starts_with("onnx runtime") {
                true => LoadErrorKind::Runtime,
                false => LoadErrorKind::Provider,
            };
            assert_eq!(error.kind(), kind, "{provider} {choice}: {error}");
            let lacks = !provider.is_in_build();
            assert_eq!(error.missing_feature().is_some(), lacks, "{error}");
            let said = error.to_string();
            for part in expected {
                assert!(said.contains(part), "{part} is not in: {said}");
            }
            if kind == LoadErrorKind::Provider {
                assert!(said.contains(&format!("provider {provider} ")), "{said}");
            }
        }
    }
}

/// Only where a library is named that was built with one of this build's providers.
#[test]
fn a_provider_that_is_offered_runs_the_model_or_is_an_error_and_never_the_cpu() {
    let offered = offered_providers(&RuntimeSearch::default());
    let mut tried = 0;
    for provider in others().filter(|it| it.is_in_build() && offered.contains(it)) {
        tried += 1;
        for choice in WITH_ONNX_RUNTIME {
            match opened(choice, &[provider]) {
                Ok(segmenter) => {
                    aloud(&format!("{provider} runs: {}", segmenter.info().engine));
                    runs_as_the_cpu_does(provider, segmenter);
                }
                Err(error) => {
                    aloud(&format!("{provider} is refused: {error}"));
                    assert_eq!(error.kind(), LoadErrorKind::Provider, "{error}");
                    let said = error.to_string();
                    let starts = said.contains(&format!("provider {provider} does not start"));
                    let runs = said.contains(&format!("does not run on provider {provider}"));
                    assert!(starts || runs, "{said}");
                    assert!(said.contains("it needs"), "{said}");
                }
            }
        }
    }
    if tried == 0 {
        aloud("SKIPPED: no provider but the CPU is both in this build and in its ONNX Runtime");
    }
}

fn runs_as_the_cpu_does(provider: Provider, mut segmenter: NetworkSegmenter) {
    let engine = segmenter.info().engine;
    assert!(
        engine.ends_with(&format!(", {}", provider.title())),
        "{engine}"
    );
    let mut plain = opened(EngineChoice::OnnxRuntime, &[]).unwrap();
    let picture = portrait();
    let (mut mask, mut expected) = (Mask::new(), Mask::new());
    let (width, height) = picture.frame_size();
    let frame = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
    let dark = scene::picture(&frame, 2, |_, _, _| 0);
    // Another picture first: what is shown must be that of the last.
    segmenter.segment(&dark, &mut mask).unwrap();
    segmenter.segment(&picture, &mut mask).unwrap();
    plain.segment(&picture, &mut expected).unwrap();
    let pairs = mask.values().iter().zip(expected.values());
    let worst = pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    aloud(&format!("{provider}: its mask differs by at most {worst}"));
    assert!(worst <= 8, "{provider}: {worst}");

    // No model is no provider's fault.
    let (text, mut onnx) = model("selfie_landscape_256x144");
    onnx.truncate(1000);
    let options = EngineOptions {
        choice: EngineChoice::Auto,
        providers: vec![provider],
        ..EngineOptions::default()
    };
    let search = RuntimeSearch::default();
    let error = open(options, &search, &without_sum(&text), &onnx).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Model, "{error}");
}

#[test]
fn the_embedded_engine_has_no_providers() {
    for provider in Provider::ALL {
        let error = opened(EngineChoice::Rten, &[provider]).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Provider, "{error}");
        let said = error.to_string();
        let all = [
            &*format!("provider {provider} "),
            "engine rten",
            "choose engine ort",
        ];
        assert!(all.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn the_cpu_can_be_named_and_is_what_runs_then() {
    if !engines().contains(&EngineChoice::OnnxRuntime) || cfg!(not(feature = "onnxruntime")) {
        return;
    }
    for choice in WITH_ONNX_RUNTIME {
        let mut named = opened(choice, &[Provider::Cpu]).unwrap();
        let mut usual = opened(choice, &[]).unwrap();
        assert_eq!(named.info().engine, format!("{}, CPU", usual.info().engine));
        let (mut a, mut b) = (Mask::new(), Mask::new());
        named.segment(&portrait(), &mut a).unwrap();
        usual.segment(&portrait(), &mut b).unwrap();
        assert_eq!(a.values(), b.values());
    }
}
