//! What cannot be told from outside: the way to other devices, on the one that is here.

#[path = "../../../tests/scene/graph.rs"]
mod graph;

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
    let mut bound = OnnxRuntimeEngine::load(&onnx, &spec, &EngineOptions::default()).unwrap();
    let mut unbound = OnnxRuntimeEngine::load(&onnx, &spec, &EngineOptions::default()).unwrap();
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

#[test]
fn states_go_the_same_way() {
    if !is_there() {
        return;
    }
    let (width, height) = (32, 16);
    let text = format!(
        "name = \"a\"\nlayout = \"nchw\"\nwidth = {width}\nheight = {height}\nchannels = \"rgb\"\n\
         mean = [0, 0, 0]\nstd = [1, 1, 1]\nfit = \"stretch\"\noutput.kind = \"alpha\"\nstate = {}",
        graph::STATES
    );
    let spec = ModelSpec::from_toml(&text).unwrap();
    let onnx = graph::onnx(graph::Graph::Echo, (width, height));
    let mut bound = OnnxRuntimeEngine::load(&onnx, &spec, &EngineOptions::default()).unwrap();
    let mut unbound = OnnxRuntimeEngine::load(&onnx, &spec, &EngineOptions::default()).unwrap();
    unbound.binding = None;
    let zeros = || -> Vec<ArrayD<f32>> {
        let states = spec.states().iter();
        states
            .map(|state| ArrayD::zeros(IxDyn(state.shape())))
            .collect()
    };
    let mut states = [zeros(), zeros()];
    let mut memory = 0.0;
    for (count, grey) in [0.75, 0.25, 1.0].into_iter().enumerate() {
        memory = (memory + grey) / 2.0;
        let input = Array4::from_elem(spec.input_shape(), grey);
        for (engine, states) in [&mut bound, &mut unbound].into_iter().zip(&mut states) {
            let mask = engine.step(input.view(), states).unwrap();
            assert!(mask.iter().all(|value| *value == memory), "picture {count}");
            let counted = states[0].iter().all(|value| *value == count as f32 + 1.0);
            assert!(counted, "{}", states[0]);
        }
    }
}

/// The last line of defence: providers that register and then take nothing.
#[test]
fn a_session_that_may_not_use_the_cpu_does_not() {
    if !is_there() {
        return;
    }
    let (_, onnx) = model();
    let strict = session::builder(&EngineOptions::default())
        .unwrap()
        .with_disable_cpu_fallback();
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
