//! An engine of your own: `cargo run --release --example custom_engine`.
//!
//! Anything that turns a picture into numbers can find the person: another runtime, an
//! accelerator, a service of the platform. This one takes whoever stands in the middle.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example speaks to whoever runs it"
)]

use frosted::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted::{
    Engine, EngineError, Frame, FrameSpec, ModelSpec, PixelFormat, Settings, Setup, Shown,
};

const SPEC: &str = r#"
name = "the-middle"
layout = "nchw"
width = 64
height = 36
channels = "rgb"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
fit = "stretch"
[output]
kind = "alpha"
"#;

#[derive(Debug)]
struct Middle {
    output: ArrayD<f32>,
}

impl Engine for Middle {
    fn name(&self) -> String {
        "the middle".to_owned()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        // N, C, H, W as the spec says. What is written here is checked before it is used:
        // a wrong shape, a NaN or an error covers the frame.
        let (height, width) = (input.shape()[2], input.shape()[3]);
        self.output = ArrayD::from_shape_fn(IxDyn(&[1, 1, height, width]), |at| {
            if (width / 3..2 * width / 3).contains(&at[3]) {
                1.0
            } else {
                0.0
            }
        });
        Ok(self.output.view())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Middle {
        output: ArrayD::zeros(IxDyn(&[0])),
    };
    let mut pipeline = Setup {
        settings: Settings::for_stills(),
        ..Setup::default()
    }
    .build_with(Box::new(engine), ModelSpec::from_toml(SPEC)?)?;
    let spec = FrameSpec::new(PixelFormat::Rgb8, 320, 180)?;
    let mut camera = Frame::new(spec);
    // A room of a pattern that a blur must hide.
    for (at, byte) in camera.bytes_mut().iter_mut().enumerate() {
        *byte = if at / 12 % 2 == 0 { 240 } else { 15 };
    }
    let mut protected = Frame::new(spec);
    let report = pipeline.process(&camera.view(), &mut protected.view_mut())?;
    assert_eq!(report.shown, Shown::Person);
    let (room, person) = (
        protected.view().row(0, 90)[3 * 20],
        protected.view().row(0, 90)[3 * 160],
    );
    assert!((100..156).contains(&room), "the room is grey, not {room}");
    assert_eq!(
        person,
        camera.view().row(0, 90)[3 * 160],
        "the middle is as it was"
    );
    println!(
        "shown: {}; the room's pixel became {room}, the person's stayed {person}",
        report.shown
    );
    Ok(())
}
