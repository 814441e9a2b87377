//! Pictures, specs and engines that the tests share.
#![allow(dead_code)]
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use frosted_core::internal::FrameId;
use frosted_core::{FrameSpec, Reduced, Rotation};
use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD};
use frosted_segment::{Engine, EngineError, ModelSpec};

/// The sides of the network's picture in [`spec`].
pub(crate) const WIDTH: usize = 48;
pub(crate) const HEIGHT: usize = 32;

pub(crate) const ROTATIONS: [Rotation; 4] = [
    Rotation::None,
    Rotation::Clockwise90,
    Rotation::Half,
    Rotation::Clockwise270,
];

/// A spec of 0 to 1 RGB with the given lines in place of, or added to, the usual ones.
pub(crate) fn spec_text(changes: &[(&str, &str)]) -> String {
    let mut keys = vec![
        ("name", "\"test\""),
        ("layout", "\"nchw\""),
        ("width", "48"),
        ("height", "32"),
        ("channels", "\"rgb\""),
        ("mean", "[0.0, 0.0, 0.0]"),
        ("std", "[1.0, 1.0, 1.0]"),
        ("fit", "\"stretch\""),
        ("output.kind", "\"alpha\""),
    ];
    for &(key, value) in changes {
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => keys.push((key, value)),
        }
    }
    let lines = keys.iter().filter(|(_, value)| !value.is_empty());
    lines
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect()
}

pub(crate) fn spec(changes: &[(&str, &str)]) -> ModelSpec {
    ModelSpec::from_toml(&spec_text(changes)).unwrap()
}

/// The reduced picture of a frame, filled by (plane, x, y) of the stored picture.
pub(crate) fn picture(
    frame: &FrameSpec,
    square_px: usize,
    fill: impl Fn(usize, usize, usize) -> u8,
) -> Reduced {
    let mut picture = Reduced::default();
    let width = frame.width().div_ceil(square_px);
    for (plane, values) in picture
        .prepare(frame, square_px, FrameId(7))
        .into_iter()
        .enumerate()
    {
        for (i, value) in values.iter_mut().enumerate() {
            *value = fill(plane, i % width, i / width);
        }
    }
    picture
}

/// Numbers without a pattern, the same each time.
pub(crate) fn noise(seed: u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
    for _ in 0..3 {
        state ^= state >> 29;
        state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    state ^ state >> 32
}

/// Gives one output and keeps what it was asked.
#[derive(Clone)]
pub(crate) struct Answering {
    pub(crate) output: ArrayD<f32>,
    pub(crate) input: Arc<Mutex<Vec<f32>>>,
}

impl Answering {
    pub(crate) fn new(output: ArrayD<f32>) -> Self {
        Self {
            output,
            input: Arc::default(),
        }
    }
}

impl Engine for Answering {
    fn name(&self) -> String {
        "answering".into()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let mut kept = self.input.lock().unwrap();
        kept.clear();
        kept.extend(
            input
                .as_slice()
                .expect("engines are promised standard layout"),
        );
        Ok(self.output.view())
    }
}
