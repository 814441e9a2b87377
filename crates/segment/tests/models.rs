//! Both engines on the real models, and on what is left of them.
#![allow(clippy::unwrap_used)]
#![cfg(all(feature = "onnxruntime", feature = "embedded"))]

#[path = "scene/real.rs"]
mod real;
mod scene;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use frosted_core::{Mask, Segmenter};
use frosted_segment::ndarray::{Array4, ArrayD, IxDyn};
use frosted_segment::{
    EngineChoice, LoadError, LoadErrorKind, ModelSpec, NetworkSegmenter, RuntimeSearch, open,
    open_engine,
};
use real::{aloud, engines, model, portrait, without_sum};
use scene::{Answering, noise};

const MODELS: [&str; 2] = ["selfie_landscape_256x144", "selfie_general_320x192"];

fn opened(
    choice: EngineChoice,
    spec: &ModelSpec,
    onnx: &[u8],
) -> Result<NetworkSegmenter, LoadError> {
    open(choice, &RuntimeSearch::default(), spec, onnx)
}

#[test]
fn each_engine_finds_the_person_of_a_portrait() {
    let picture = portrait();
    for name in MODELS {
        let (spec, onnx) = model(name);
        let spec = ModelSpec::from_toml(&spec).unwrap();
        for choice in engines() {
            let mut segmenter = opened(choice, &spec, &onnx).unwrap();
            let mut mask = Mask::new();
            // Twice: what an engine keeps must not change what it says.
            segmenter.segment(&picture, &mut Mask::new()).unwrap();
            segmenter.segment(&picture, &mut mask).unwrap();
            let at = |x: f32, y: f32| {
                let (x, y) = (x * mask.width() as f32, y * mask.height() as f32);
                mask.values()[y as usize * mask.width() + x as usize]
            };
            // Her face, her chest; the flag above her, the model behind her.
            assert!(
                at(0.43, 0.22) > 240 && at(0.45, 0.8) > 240,
                "{name} {choice}"
            );
            assert!(at(0.1, 0.1) < 15 && at(0.95, 0.15) < 15, "{name} {choice}");
            let info = segmenter.info();
            let engine = if choice == EngineChoice::Rten {
                "rten"
            } else {
                "ONNX Runtime 1."
            };
            assert!(info.engine.starts_with(engine), "{info:?}");
            assert_eq!(Some(info.model_sha256.as_str()), spec.sha256());
        }
    }
}

/// The portrait as the networks take it.
fn portrait_input(spec: &ModelSpec) -> Array4<f32> {
    let engine = Answering::new(ArrayD::zeros(IxDyn(&spec.output_shapes()[0])));
    let seen = engine.input.clone();
    let mut segmenter = NetworkSegmenter::new(Box::new(engine), spec.clone()).unwrap();
    segmenter.segment(&portrait(), &mut Mask::new()).unwrap();
    let values = seen.lock().unwrap().clone();
    Array4::from_shape_vec(spec.input_shape(), values).unwrap()
}

#[test]
fn both_engines_agree_on_a_portrait() {
    for name in MODELS {
        let (spec, onnx) = model(name);
        let spec = ModelSpec::from_toml(&spec).unwrap();
        let input = portrait_input(&spec);
        let mut outputs = Vec::new();
        for choice in engines() {
            let search = RuntimeSearch::default();
            let mut engine = open_engine(choice, &search, &spec, &onnx).unwrap();
            outputs.push(engine.run(input.view()).unwrap().to_owned());
        }
        if let [a, b] = outputs.as_slice() {
            let pairs = a.iter().zip(b);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            aloud(&format!("{name}: the engines differ by at most {worst:e}"));
            assert_eq!(a.shape(), b.shape());
            assert!(worst <= 1e-3, "{name}: {worst}");
        }
    }
}

#[test]
fn a_model_that_is_not_the_specs_is_refused_before_it_is_loaded() {
    let (spec, mut onnx) = model(MODELS[0]);
    let spec = ModelSpec::from_toml(&spec).unwrap();
    onnx[200_000] ^= 4;
    for choice in engines() {
        let error = opened(choice, &spec, &onnx).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Checksum, "{choice}");
        let text = error.to_string();
        assert!(text.contains("corrupt or swapped") && text.contains(spec.sha256().unwrap()));
    }
}

#[test]
fn a_spec_that_does_not_fit_its_model_is_refused_with_both_shapes() {
    let (text, onnx) = model(MODELS[0]);
    let changes = [
        ("width = 256", "width = 128", "1x3x144x128", "1x3x144x256"),
        ("height = 144", "height = 192", "1x3x192x256", "1x3x144x256"),
        ("\"nchw\"", "\"nhwc\"", "1x144x256x3", "1x3x144x256"),
        ("scale = 2", "scale = 4", "1x16x36x64", "1x4x72x128"),
        (
            "kind = \"alpha-planes\"\nscale = 2",
            "kind = \"two-class\"\nperson = 1",
            "1x2x144x256",
            "1x4x72x128",
        ),
    ];
    for (from, to, expected, found) in changes {
        assert!(text.contains(from), "{from}");
        let spec = without_sum(&text.replace(from, to));
        for choice in engines() {
            let error = opened(choice, &spec, &onnx).unwrap_err();
            assert_eq!(
                error.kind(),
                LoadErrorKind::Mismatch,
                "{to} {choice}: {error}"
            );
            let text = error.to_string();
            let both = text.contains(expected) && text.contains(found);
            assert!(both, "{to} {choice}: {text}");
        }
    }
}

#[test]
fn what_is_no_model_is_refused() {
    let (text, onnx) = model(MODELS[0]);
    let spec = without_sum(&text);
    let cases: [(&str, &[u8]); 6] = [
        ("empty", b""),
        ("one byte", b"\x08"),
        ("text", b"This is not the model that you are looking for.\n"),
        ("page", b"<!DOCTYPE html><html><body>404</body></html>"),
        ("half", &onnx[..onnx.len() / 2]),
        ("all but the end", &onnx[..onnx.len() - 10]),
    ];
    for (name, bytes) in cases {
        for choice in engines() {
            let error = opened(choice, &spec, bytes).unwrap_err();
            assert_eq!(
                error.kind(),
                LoadErrorKind::Model,
                "{name} {choice}: {error}"
            );
            assert!(error.to_string().contains("selfie-landscape"), "{error}");
        }
    }
}

/// Most flipped bits are in weights: such a model loads and says something else. It must
/// never panic, and never give a mask of what is not finite.
#[test]
fn flipped_bits_give_an_error_or_a_mask_and_no_panic() {
    let (text, onnx) = model(MODELS[0]);
    let spec = without_sum(&text);
    let picture = portrait();
    let mut refused = 0;
    for seed in 0..40 {
        let mut flipped = onnx.clone();
        // Half of them in the graph's description, which lies at the ends of the file.
        let place = noise(seed) as usize % onnx.len();
        let place = if seed % 2 == 0 { place } else { place % 20_000 };
        flipped[place] ^= 1 << (seed % 8);
        for choice in engines() {
            let outcome = catch_unwind(|| {
                let mut segmenter = opened(choice, &spec, &flipped)?;
                let mut mask = Mask::new();
                // Not finite or failed is an error here, which is all that is asked.
                let _ = segmenter.segment(&picture, &mut mask);
                Ok::<(), LoadError>(())
            });
            match outcome {
                Ok(Ok(())) => {}
                Ok(Err(_)) => refused += 1,
                Err(_) => panic!("{choice} panicked on bit {} of byte {place}", seed % 8),
            }
        }
    }
    assert!(
        refused > 0,
        "not one flipped bit was refused: were any flipped?"
    );
}

/// Needs links, so only where any user may make them.
#[cfg(unix)]
#[test]
fn one_library_serves_a_process_by_any_name_and_a_second_one_is_refused() {
    if !engines().contains(&EngineChoice::OnnxRuntime) {
        return;
    }
    let (text, onnx) = model(MODELS[0]);
    let spec = ModelSpec::from_toml(&text).unwrap();
    opened(EngineChoice::OnnxRuntime, &spec, &onnx).unwrap();
    let first = PathBuf::from(std::env::var_os("ORT_DYLIB_PATH").unwrap());
    let folder = tempfile::TempDir::new().unwrap();
    let (link, copy) = (folder.path().join("link.so"), folder.path().join("copy.so"));
    std::os::unix::fs::symlink(first.canonicalize().unwrap(), &link).unwrap();
    fs::copy(&first, &copy).unwrap();
    let open_at = |path: &Path| {
        let search = RuntimeSearch {
            given: Some(path.to_owned()),
            ..RuntimeSearch::default()
        };
        open(EngineChoice::Auto, &search, &spec, &onnx)
    };
    open_at(&link).unwrap();
    let error = open_at(&copy).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Runtime);
    let (text, first) = (error.to_string(), first.canonicalize().unwrap());
    let both = text.contains(copy.to_str().unwrap()) && text.contains(first.to_str().unwrap());
    assert!(both, "{text}");
}
