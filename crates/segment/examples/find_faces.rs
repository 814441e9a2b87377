//! Lists the faces of PNG pictures, one line of JSON per picture:
//! `cargo run --release -p frosted-segment --example find_faces -- MODEL.onnx whole .5 FILE.png ...`
//!
//! Each picture is taken as a reduced one, as it is: 256x144 is what the default network
//! gets of 1280x720. The looks are `whole`, `squares` and `both`, the number is the least
//! score. A face is its score, its centre, its width and its height in the picture's
//! pixels. The model's spec lies beside it, with the same name. ONNX Runtime is used where
//! it is found.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use frosted_core::internal::FrameId;
use frosted_core::{Face, FaceFinder, Faces, FrameSpec, PixelFormat, Reduced};
use frosted_segment::{
    EngineChoice, FaceDetector, FaceOptions, Look, ModelSpec, RuntimeSearch, open_faces,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .ok_or("usage: MODEL.onnx LOOK SCORE FILE...")
    };
    let model = next()?;
    let look = match next()?.as_str() {
        "whole" => Look::Whole,
        "squares" => Look::Squares,
        "both" => Look::WholeAndSquares,
        other => return Err(format!("look \"{other}\" is none of whole, squares, both").into()),
    };
    let options = FaceOptions {
        least_score: next()?.parse()?,
        look,
        ..FaceOptions::default()
    };
    let mut detector = opened(Path::new(&model), options)?;
    let mut faces = Faces::new();
    for file in arguments {
        let picture = read(Path::new(&file))?;
        let start = Instant::now();
        detector.find(&picture, &mut faces)?;
        let took_us = start.elapsed().as_micros();
        let list: Vec<_> = faces.as_slice().iter().map(listed).collect();
        let list = list.join(",");
        println!(r#"{{"file":{file:?},"us":{took_us},"faces":[{list}]}}"#);
    }
    Ok(())
}

fn opened(model: &Path, options: FaceOptions) -> Result<FaceDetector, Box<dyn Error>> {
    let spec = ModelSpec::from_toml(&fs::read_to_string(model.with_extension("toml"))?)?;
    let search = RuntimeSearch::default();
    let detector = open_faces(
        EngineChoice::Auto,
        &search,
        &spec,
        &fs::read(model)?,
        options,
    )?;
    Ok(detector)
}

/// The picture of a frame of its own size.
fn read(file: &Path) -> Result<Reduced, Box<dyn Error>> {
    let image = image::open(file)?.into_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let spec = FrameSpec::new(PixelFormat::Rgb8, width, height)?;
    let mut picture = Reduced::default();
    let planes = picture.prepare(&spec, 1, FrameId(1));
    for (channel, plane) in planes.into_iter().enumerate() {
        for (value, pixel) in plane.iter_mut().zip(image.pixels()) {
            *value = pixel.0[channel];
        }
    }
    Ok(picture)
}

fn listed(face: &Face) -> String {
    let Face {
        score,
        centre,
        width,
        height,
        ..
    } = face;
    format!(
        "[{score:.4},{:.2},{:.2},{width:.2},{height:.2}]",
        centre.x, centre.y
    )
}
