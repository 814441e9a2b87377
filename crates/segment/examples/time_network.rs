//! Times what comes before and after a network and the network itself, and prints one line
//! of JSON per case: `cargo run --release -p frosted-segment --example time_network`.
//!
//! Minimum and median in microseconds over 300 pictures after 20. ONNX Runtime is timed
//! where it is found.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use frosted_core::internal::FrameId;
use frosted_core::{FaceFinder, Faces, FrameSpec, Mask, PixelFormat, Reduced, Rotation, Segmenter};
use frosted_segment::{
    Engine, EngineChoice, EngineError, FaceDetector, FaceOptions, Look, ModelSpec,
    NetworkSegmenter, RuntimeSearch, open, open_faces,
};
use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};

const WARM_UP: usize = 20;
const PICTURES: usize = 300;

const CHOICES: [EngineChoice; 2] = [EngineChoice::OnnxRuntime, EngineChoice::Rten];

fn main() -> Result<(), Box<dyn Error>> {
    let search = RuntimeSearch::default();
    for model in ["selfie_landscape_256x144", "selfie_general_320x192"] {
        let (spec, onnx) = read(model)?;
        time_around(&spec)?;
        for choice in CHOICES {
            match open(choice, &search, &spec, &onnx) {
                Ok(segmenter) => time_whole(segmenter, &spec)?,
                Err(error) => skipped(choice, &error),
            }
        }
    }
    let (spec, onnx) = read("face_short_range_128")?;
    for choice in CHOICES {
        for look in [Look::Whole, Look::Squares, Look::WholeAndSquares] {
            let options = FaceOptions {
                look,
                ..FaceOptions::default()
            };
            match open_faces(choice, &search, &spec, &onnx, options) {
                Ok(detector) => time_faces(detector, look)?,
                Err(error) => skipped(choice, &error),
            }
        }
    }
    Ok(())
}

fn read(model: &str) -> Result<(ModelSpec, Vec<u8>), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/files");
    let file = folder.join(model).with_extension("onnx");
    let spec = ModelSpec::from_toml(&fs::read_to_string(file.with_extension("toml"))?)?;
    Ok((spec, fs::read(file)?))
}

fn skipped(choice: EngineChoice, error: &dyn Error) {
    let why = error.to_string();
    println!(r#"{{"engine":"{choice}","skipped":{why:?}}}"#);
}

/// Frames as (name, format, width, height, rotation).
const FRAMES: [(&str, PixelFormat, usize, usize, Rotation); 5] = [
    ("720p nv12", PixelFormat::Nv12, 1280, 720, Rotation::None),
    ("720p rgb24", PixelFormat::Rgb8, 1280, 720, Rotation::None),
    ("1080p nv12", PixelFormat::Nv12, 1920, 1080, Rotation::None),
    ("480p nv12", PixelFormat::Nv12, 640, 480, Rotation::None),
    (
        "720p nv12 turned",
        PixelFormat::Nv12,
        1280,
        720,
        Rotation::Clockwise90,
    ),
];

fn time_around(spec: &ModelSpec) -> Result<(), Box<dyn Error>> {
    for (name, format, width, height, rotation) in FRAMES {
        let frame = FrameSpec::new(format, width, height)?.with_rotation(rotation);
        let asked = Arc::new(Mutex::new(Instant::now()));
        let engine = Idle {
            output: ArrayD::from_elem(IxDyn(&spec.output_shapes()[0]), 0.7),
            asked: Arc::clone(&asked),
        };
        let mut segmenter = NetworkSegmenter::new(Box::new(engine), spec.clone())?;
        let (picture, mut mask) = (picture(&frame, &segmenter), Mask::new());
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for _ in 0..WARM_UP + PICTURES {
            let start = Instant::now();
            segmenter.segment(&picture, &mut mask)?;
            let end = Instant::now();
            let asked = *asked.lock().map_err(|_| "the engine panicked")?;
            before.push(asked - start);
            after.push(end - asked);
        }
        let (model, before, after) = (spec.name(), statistics(before), statistics(after));
        println!(
            r#"{{"model":"{model}","frame":"{name}","before_us":{before},"after_us":{after}}}"#
        );
    }
    Ok(())
}

fn time_whole(mut segmenter: NetworkSegmenter, spec: &ModelSpec) -> Result<(), Box<dyn Error>> {
    let frame = FrameSpec::new(PixelFormat::Nv12, 1280, 720)?;
    let (picture, mut mask) = (picture(&frame, &segmenter), Mask::new());
    let mut times = Vec::new();
    for _ in 0..WARM_UP + PICTURES {
        let start = Instant::now();
        segmenter.segment(&picture, &mut mask)?;
        times.push(start.elapsed());
    }
    let (model, engine) = (spec.name(), segmenter.info().engine);
    let whole = statistics(times);
    println!(r#"{{"model":"{model}","frame":"720p nv12","engine":"{engine}","whole_us":{whole}}}"#);
    Ok(())
}

/// In the picture that the person's network is given.
fn time_faces(mut detector: FaceDetector, look: Look) -> Result<(), Box<dyn Error>> {
    let frame = FrameSpec::new(PixelFormat::Nv12, 1280, 720)?;
    let (picture, mut faces) = (filled(&frame, 5), Faces::new());
    let mut times = Vec::new();
    for _ in 0..WARM_UP + PICTURES {
        let start = Instant::now();
        detector.find(&picture, &mut faces)?;
        times.push(start.elapsed());
    }
    let (info, whole) = (detector.info(), statistics(times));
    let (model, engine) = (info.model, info.engine);
    println!(
        r#"{{"model":"{model}","look":"{look:?}","frame":"720p nv12","engine":"{engine}","whole_us":{whole}}}"#
    );
    Ok(())
}

fn picture(frame: &FrameSpec, segmenter: &NetworkSegmenter) -> Reduced {
    let wanted = segmenter.wanted_size(frame);
    let square_px = (frame.width() / wanted.0)
        .min(frame.height() / wanted.1)
        .max(1);
    filled(frame, square_px)
}

fn filled(frame: &FrameSpec, square_px: usize) -> Reduced {
    let mut picture = Reduced::default();
    for (seed, plane) in picture
        .prepare(frame, square_px, FrameId(1))
        .into_iter()
        .enumerate()
    {
        for (i, value) in plane.iter_mut().enumerate() {
            *value = (i * (7 + seed) % 251) as u8;
        }
    }
    picture
}

fn statistics(mut times: Vec<Duration>) -> String {
    times.drain(..WARM_UP);
    times.sort_unstable();
    let [least, median] = [0, times.len() / 2].map(|i| times[i].as_secs_f64() * 1e6);
    format!(r#"{{"min":{least:.0},"median":{median:.0}}}"#)
}

/// Gives the same output each time and notes when it was asked.
struct Idle {
    output: ArrayD<f32>,
    asked: Arc<Mutex<Instant>>,
}

impl Engine for Idle {
    fn name(&self) -> String {
        "idle".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let mut asked = self
            .asked
            .lock()
            .map_err(|_| EngineError::new("poisoned"))?;
        *asked = Instant::now();
        Ok(self.output.view())
    }
}
