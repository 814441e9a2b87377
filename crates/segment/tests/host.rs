//! A host program that runs ONNX Runtime itself. Alone in its process, because there is
//! one environment in a process.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "onnxruntime")]

use std::fs;
use std::io::Write;
use std::path::Path;

use frosted_core::Segmenter;
use frosted_segment::{
    EngineChoice, LoadErrorKind, ModelSpec, PlaceOrigin, RuntimeSearch, open, probe,
    share_environment,
};

#[test]
fn a_hosts_environment_is_used_and_no_library_is_searched() {
    let Some(library) = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) else {
        let required = std::env::var_os("FROSTED_REQUIRE_ORT").is_some_and(|value| value == "1");
        assert!(
            !required,
            "FROSTED_REQUIRE_ORT is 1, but ORT_DYLIB_PATH names no library"
        );
        let skipped = "SKIPPED: no host's environment, ORT_DYLIB_PATH names no library\n";
        // Written even where the test runner keeps what tests print.
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
        return;
    };
    let environment = ort::init_from(library).unwrap().build().unwrap();
    share_environment(environment.clone()).unwrap();
    let error = share_environment(environment).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Runtime);

    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models/files/selfie_landscape_256x144.onnx");
    let text = fs::read_to_string(file.with_extension("toml")).unwrap();
    let spec = ModelSpec::from_toml(&text).unwrap();
    let search = RuntimeSearch {
        given: Some("/not/there.so".into()),
        ..RuntimeSearch::default()
    };
    let origin = probe(&search).loaded().map(|place| place.origin);
    assert_eq!(origin, Some(PlaceOrigin::Process));
    let choice = EngineChoice::OnnxRuntime;
    let segmenter = open(choice, &search, &spec, &fs::read(&file).unwrap()).unwrap();
    assert_eq!(segmenter.info().engine, "ONNX Runtime");
}
