//! Outputs of a network that finds faces, planted anchor by anchor.
#![allow(dead_code)]
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use frosted_core::{Face, FaceFinder, Faces, FrameSpec, PixelFormat, Reduced, SegmentError};
use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted_segment::{Engine, EngineError, FaceDetector, FaceOptions, ModelSpec};

use crate::scene::{picture, spec};

/// Width and height of the network's input.
pub(crate) const INPUT: (usize, usize) = (64, 32);
/// Cells of 8 pixels with 2 anchors, then of 16 with 3: 8x4x2 + 4x2x3.
pub(crate) const ROWS: usize = 88;
/// The logit where no face is.
pub(crate) const NO_FACE: f32 = -6.0;

pub(crate) const CHANGES: [(&str, &str); 10] = [
    ("width", "64"),
    ("height", "32"),
    ("mean", "[0.5, 0.5, 0.5]"),
    ("std", "[0.5, 0.5, 0.5]"),
    ("fit", "\"letterbox\""),
    ("output.kind", "\"faces\""),
    ("output.boxes", "\"where\""),
    ("output.scores", "\"sure\""),
    ("output.strides", "[8, 16]"),
    ("output.anchors", "[2, 3]"),
];

pub(crate) fn face_spec() -> ModelSpec {
    spec(&CHANGES)
}

/// What a network would say of one anchor.
#[derive(Clone, Copy)]
pub(crate) struct Planted {
    pub(crate) row: usize,
    pub(crate) logit: f32,
    pub(crate) numbers: [f32; 16],
}

impl Planted {
    /// A box whose key points are 1 to 6 pixels to the right of the anchor and as many up.
    pub(crate) fn new(row: usize, logit: f32, place: [f32; 4]) -> Self {
        let mut numbers: [f32; 16] = std::array::from_fn(|i| {
            let point = ((i - i % 2) as f32 - 2.0) / 2.0;
            if i % 2 == 0 { point } else { -point }
        });
        numbers[..4].copy_from_slice(&place);
        Self {
            row,
            logit,
            numbers,
        }
    }
}

/// Boxes and logits of all anchors.
pub(crate) fn outputs(planted: &[Planted]) -> [ArrayD<f32>; 2] {
    let mut boxes = ArrayD::from_elem(IxDyn(&[1, ROWS, 16]), 3.0);
    let mut scores = ArrayD::from_elem(IxDyn(&[1, ROWS, 1]), NO_FACE);
    for planted in planted {
        scores[[0, planted.row, 0]] = planted.logit;
        for (i, number) in planted.numbers.into_iter().enumerate() {
            boxes[[0, planted.row, i]] = number;
        }
    }
    [boxes, scores]
}

/// Gives several outputs and keeps what it was asked.
pub(crate) struct AnsweringEach {
    pub(crate) outputs: Vec<ArrayD<f32>>,
    pub(crate) input: Arc<Mutex<Vec<f32>>>,
}

impl AnsweringEach {
    pub(crate) fn new(outputs: impl IntoIterator<Item = ArrayD<f32>>) -> Self {
        Self {
            outputs: outputs.into_iter().collect(),
            input: Arc::default(),
        }
    }
}

impl Engine for AnsweringEach {
    fn name(&self) -> String {
        "answering".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        Ok(self.outputs[0].view())
    }

    fn run_each(
        &mut self,
        input: ArrayView4<'_, f32>,
        take: &mut dyn FnMut(usize, ArrayViewD<'_, f32>),
    ) -> Result<(), EngineError> {
        let mut kept = self.input.lock().unwrap();
        kept.clear();
        kept.extend(input.as_slice().unwrap());
        for (place, output) in self.outputs.iter().enumerate() {
            take(place, output.view());
        }
        Ok(())
    }
}

pub(crate) fn detector(engine: impl Engine + 'static) -> FaceDetector {
    FaceDetector::new(Box::new(engine), face_spec(), FaceOptions::default()).unwrap()
}

/// A picture that lies in the network's input pixel by pixel.
pub(crate) fn grey() -> Reduced {
    let frame = FrameSpec::new(PixelFormat::Rgb8, INPUT.0, INPUT.1).unwrap();
    picture(&frame, 1, |_, _, _| 128)
}

pub(crate) fn found_in(
    picture: &Reduced,
    engine: impl Engine + 'static,
    options: FaceOptions,
) -> Result<Vec<Face>, SegmentError> {
    let mut faces = Faces::new();
    FaceDetector::new(Box::new(engine), face_spec(), options)
        .unwrap()
        .find(picture, &mut faces)?;
    assert_eq!(faces.frame(), picture.frame());
    Ok(faces.as_slice().to_vec())
}

pub(crate) fn found(planted: &[Planted]) -> Result<Vec<Face>, SegmentError> {
    let engine = AnsweringEach::new(outputs(planted));
    found_in(&grey(), engine, FaceOptions::default())
}
