//! Engines that are not compiled in.
#![allow(clippy::unwrap_used)]
#![cfg(not(all(feature = "onnxruntime", feature = "embedded")))]

mod scene;

use frosted_segment::{EngineChoice, LoadErrorKind, RuntimeSearch, open, probe};
use scene::spec;

#[test]
fn an_engine_that_is_not_compiled_in_is_an_error_that_names_the_feature() {
    let mut missing = Vec::new();
    if cfg!(not(feature = "onnxruntime")) {
        missing.push((EngineChoice::OnnxRuntime, "onnxruntime"));
    }
    if cfg!(not(feature = "embedded")) {
        missing.push((EngineChoice::Rten, "embedded"));
    }
    for (choice, feature) in missing {
        let search = RuntimeSearch::default();
        let error = open(choice, &search, &spec(&[]), b"never looked at").unwrap_err();
        assert_eq!(
            error.kind(),
            LoadErrorKind::EngineMissing,
            "{choice}: {error}"
        );
        assert_eq!(error.missing_feature(), Some(feature));
        assert!(error.to_string().contains(feature), "{error}");
    }
}

#[cfg(not(feature = "onnxruntime"))]
#[test]
fn a_library_that_was_given_in_vain_is_an_error() {
    let search = RuntimeSearch {
        given: Some("/some/library.so".into()),
        ..RuntimeSearch::default()
    };
    assert!(probe(&search).places.is_empty());
    let error = open(EngineChoice::Auto, &search, &spec(&[]), b"never looked at").unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::EngineMissing);
    assert!(error.to_string().contains("/some/library.so"), "{error}");
}

#[cfg(feature = "onnxruntime")]
#[test]
fn without_a_library_there_is_nothing_to_fall_back_to() {
    let search = RuntimeSearch {
        given: None,
        variable: None,
        beside_executable: None,
        cache: Vec::new(),
    };
    assert!(probe(&search).loaded().is_none());
    let error = open(EngineChoice::Auto, &search, &spec(&[]), b"never looked at").unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Runtime);
}
