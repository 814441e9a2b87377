//! Warmed up, a frame costs no heap allocation of our own; what the network's engine does
//! inside its run is its own affair and left out here by an engine that allocates nothing.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::time::Duration;

use frosted::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted::{
    Background, Engine, EngineError, Frame, FrameSpec, ModelSpec, Newcomers, Picture, PixelFormat,
    Rgb, Settings, Setup, Shown, TextHeight, Timestamp,
};

/// Finds the person in the middle and allocates nothing once it is made.
#[derive(Debug)]
struct Middle(ArrayD<f32>);

const SPEC: &str = r#"
name = "middle"
layout = "nchw"
width = 96
height = 54
channels = "rgb"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
fit = "stretch"
[output]
kind = "alpha"
"#;

impl Engine for Middle {
    fn name(&self) -> String {
        "middle".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        Ok(self.0.view())
    }
}

fn middle() -> Box<Middle> {
    Box::new(Middle(ArrayD::from_shape_fn(
        IxDyn(&[1, 1, 54, 96]),
        |at| f32::from(u8::from((32..64).contains(&at[3]) && at[2] > 12)),
    )))
}

/// Allocations of twenty frames behind a warm-up, and of twenty frames more, the card's and
/// the held frame's among them.
fn allocations(format: PixelFormat, background: &Background) -> u64 {
    let settings = Settings {
        background: background.clone(),
        newcomers: Newcomers::AtOnce,
        ..Settings::default()
    };
    let spec = ModelSpec::from_toml(SPEC).unwrap();
    let mut pipeline = Setup {
        settings,
        ..Setup::default()
    }
    .build_with(middle(), spec)
    .expect("the engine is accepted");
    let spec = FrameSpec::new(format, 641, 361).unwrap();
    let mut input = Frame::new(spec);
    for (at, byte) in input.bytes_mut().iter_mut().enumerate() {
        *byte = (at * 7919 % 251) as u8;
    }
    let mut output = Frame::new(spec);
    let mut at = Timestamp::ZERO;
    let mut frames = |number: usize| {
        for _ in 0..number {
            at = at + Duration::from_millis(33);
            input.set_captured_at(at);
            let report = pipeline
                .process(&input.view(), &mut output.view_mut())
                .unwrap();
            assert!(matches!(report.shown, Shown::Person | Shown::Card(_)));
        }
        let _ = pipeline.idle(at + Duration::from_millis(33), &mut output.view_mut());
    };
    frames(10);
    allocation_counter::measure(|| frames(20)).count_total
}

#[test]
fn no_frame_allocates_in_any_format_behind_any_background() {
    let picture = Picture::new(64, 36, vec![70; 64 * 36 * 3]).unwrap();
    for format in PixelFormat::ALL {
        let mut backgrounds = vec![
            Background::Blur(TextHeight::default()),
            Background::Frost(TextHeight::default()),
            Background::Colour(Rgb::KEY_GREEN),
            Background::Image(picture.clone()),
        ];
        if format.has_alpha() {
            backgrounds.push(Background::Transparent);
        }
        for background in backgrounds {
            assert_eq!(
                allocations(format, &background),
                0,
                "{format} {background:?}"
            );
        }
    }
}

#[test]
fn an_allocation_is_counted() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 100])));
    assert_eq!(counted.count_total, 1);
}
