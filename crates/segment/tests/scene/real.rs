//! The models that come along, the engines that are there, and a real picture.
#![allow(dead_code)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use frosted_core::{FrameSpec, PixelFormat, Reduced};
use frosted_segment::{EngineChoice, ModelSpec};
use image::RgbImage;

use crate::scene::picture;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn model(name: &str) -> (String, Vec<u8>) {
    let file = repository().join("models/files").join(name);
    let spec = fs::read_to_string(file.with_extension("toml")).unwrap();
    (spec, fs::read(file.with_extension("onnx")).unwrap())
}

/// A spec without its checksum, so that a changed model is loaded.
pub(crate) fn without_sum(spec: &str) -> ModelSpec {
    let lines = spec.lines().filter(|line| !line.starts_with("sha256"));
    ModelSpec::from_toml(&lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap()
}

static SKIPPED: Once = Once::new();

/// Written even where the test runner keeps what tests print.
pub(crate) fn aloud(line: &str) {
    let mut stderr = std::io::stderr().lock();
    stderr.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The engines there are. ONNX Runtime needs a library: without one its half is left out
/// aloud, or fails where it is required.
pub(crate) fn engines() -> Vec<EngineChoice> {
    if std::env::var_os("ORT_DYLIB_PATH").is_some_and(|path| !path.is_empty()) {
        return vec![EngineChoice::OnnxRuntime, EngineChoice::Rten];
    }
    let required = std::env::var_os("FROSTED_REQUIRE_ORT").is_some_and(|value| value == "1");
    assert!(
        !required,
        "FROSTED_REQUIRE_ORT is 1, but ORT_DYLIB_PATH names no library"
    );
    SKIPPED.call_once(|| {
        aloud("SKIPPED: nothing was tried with ONNX Runtime, ORT_DYLIB_PATH names no library");
    });
    vec![EngineChoice::Rten]
}

pub(crate) fn portrait_image() -> RgbImage {
    let image = image::open(repository().join("examples/data/portrait.png"));
    image.unwrap().into_rgb8()
}

/// The portrait as a frame of its own size, reduced by two.
pub(crate) fn portrait() -> Reduced {
    let image = portrait_image();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let frame = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
    picture(&frame, 2, |plane, x, y| {
        let square = [(0, 0), (1, 0), (0, 1), (1, 1)];
        let sum: u32 = square
            .iter()
            .map(|(i, j)| u32::from(image.get_pixel((2 * x + i) as u32, (2 * y + j) as u32)[plane]))
            .sum();
        (sum / 4) as u8
    })
}
