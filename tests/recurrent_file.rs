//! A recurrent network from a file, with its states in the spec beside it.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "embedded")]

#[path = "../crates/segment/tests/scene/graph.rs"]
mod graph;

use std::fs;
use std::path::{Path, PathBuf};

use frosted::measure::NetworkMatte;
use frosted::{EngineChoice, Frame, FrameSpec, Model, PixelFormat, Setup, SetupErrorKind};

const SIDES: (usize, usize) = (48, 32);

/// The file of a network whose spec has these states, in a folder of its own.
fn model(name: &str, states: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recurrent");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.onnx"));
    fs::write(&file, graph::onnx(graph::Graph::Echo, SIDES)).unwrap();
    let spec = format!(
        "name = \"{name}\"\nlayout = \"nchw\"\nwidth = {}\nheight = {}\nchannels = \"rgb\"\n\
         mean = [0, 0, 0]\nstd = [1, 1, 1]\nfit = \"stretch\"\n{states}\n[output]\nkind = \"alpha\"\n",
        SIDES.0, SIDES.1
    );
    fs::write(file.with_extension("toml"), spec).unwrap();
    file
}

fn setup(file: PathBuf) -> Setup {
    Setup {
        model: Model::File(file),
        engine: EngineChoice::Rten,
        ..Setup::default()
    }
}

fn grey(value: u8, (width, height): (usize, usize)) -> Frame {
    let spec = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
    let mut frame = Frame::new(spec);
    frame
        .view_mut()
        .fill(frosted::Rgb::new(value, value, value));
    frame
}

#[test]
fn each_frame_is_seen_with_what_the_ones_before_left() {
    let states = format!("state = {}", graph::STATES);
    let setup = setup(model("echo", &states));
    let mut network = NetworkMatte::open(&setup).unwrap();
    let mut shown = |frame: &Frame| {
        let matte = network.of(&frame.view()).unwrap();
        assert!(matte.iter().all(|value| *value == matte[0]));
        matte[0]
    };
    let frame = grey(200, (96, 64));
    assert_eq!([(); 4].map(|()| shown(&frame)), [100, 150, 175, 188]);
    assert_eq!(shown(&grey(200, (128, 64))), 100, "another size is a start");
    assert!(setup.build().is_ok());
}

#[test]
fn states_that_are_not_the_models_build_no_pipeline() {
    for (name, states, said) in [
        ("none", "", "it has 3 inputs"),
        (
            "other",
            "state = [{ input = 'a', output = 'b', shape = [1] }]",
            "it has no input \"a\"",
        ),
        (
            "wrong",
            "state = [{ input = 'a', output = 'b', shape = ['depth'] }]",
            "state 1: shape is",
        ),
    ] {
        let error = setup(model(name, states)).build().unwrap_err();
        assert_eq!(error.kind(), SetupErrorKind::Model, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}
