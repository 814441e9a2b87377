//! What cannot be told from outside: the way to other devices, on the one that is here.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ndarray::{Array4, ArrayD};

use super::*;
use crate::error::LoadErrorKind;

/// Whether ONNX Runtime is there, and loaded. Elsewhere nothing is tried, which
/// tests/models.rs says aloud.
fn is_there() -> bool {
    let library = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty());
    let loaded = library.map(|path| load(&PathBuf::from(path)));
    let required = env::var_os("FROSTED_REQUIRE_ORT").is_some_and(|value| value == "1");
    assert!(!required || loaded == Some(Ok(())), "{loaded:?}");
    loaded == Some(Ok(()))
}

fn model() -> (ModelSpec, Vec<u8>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models/files/selfie_landscape_256x144.onnx");
    let text = fs::read_to_string(file.with_extension("toml")).unwrap();
    (
        ModelSpec::from_toml(&text).unwrap(),
        fs::read(file).unwrap(),
    )
}

/// A device other than the CPU is handed each picture anew; what is bound once would be
/// answered as the first picture for ever.
#[test]
fn tensors_that_are_not_bound_give_each_picture_its_own_answer() {
    if !is_there() {
        return;
    }
    let (spec, onnx) = model();
    let mut bound = OnnxRuntimeEngine::load(&onnx, &spec, &[]).unwrap();
    let mut unbound = OnnxRuntimeEngine::load(&onnx, &spec, &[]).unwrap();
    assert!(bound.binding.is_some());
    unbound.binding = None;
    let mut answers: Vec<ArrayD<f32>> = Vec::new();
    for picture in 0..3 {
        let input = Array4::from_shape_fn(spec.input_shape(), |(_, plane, y, x)| {
            ((x * (picture + 1) + y * plane) % 97) as f32 / 97.0
        });
        let answer = unbound.run(input.view()).unwrap().to_owned();
        assert_eq!(answer, bound.run(input.view()).unwrap());
        assert!(!answers.contains(&answer), "picture {picture}");
        answers.push(answer);
    }
}

/// The last line of defence: providers that register and then take nothing.
#[test]
fn a_session_that_may_not_use_the_cpu_does_not() {
    if !is_there() {
        return;
    }
    let (_, onnx) = model();
    let strict = session::builder().unwrap().with_disable_cpu_fallback();
    let error = strict.unwrap().commit_from_memory(&onnx).unwrap_err();
    assert!(error.message().contains("CPU"), "{error}");
}

#[test]
fn a_refusal_says_whose_it_is_and_what_to_do() {
    let (spec, _) = model();
    let plain = session::refuse(&spec, &[Provider::Cpu], "why");
    assert_eq!(plain.kind(), LoadErrorKind::Model);
    let providers = [Provider::TensorRt, Provider::Cuda];
    let error = session::refuse(&spec, &providers, "why");
    assert_eq!(error.kind(), LoadErrorKind::Provider);
    let said = error.to_string();
    for part in [
        spec.name(),
        "tensorrt, cuda alone: why",
        "driver",
        "name cpu",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}
