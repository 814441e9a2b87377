use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted_segment::{Engine, EngineError, FaceDetector, FaceOptions, LoadError, ModelSpec};

/// What a fake engine that finds faces answers to one picture.
#[derive(Clone, Debug, PartialEq)]
pub enum FaceAnswer {
    /// These faces, at most 16, which must not overlap.
    Faces(Vec<PlantedFace>),
    /// A box that is not a number.
    NotANumber,
    /// A face far outside the picture.
    OutOfRange,
    /// Boxes without scores.
    WrongSize,
    /// An error.
    Error,
    /// A panic.
    Panic,
}

/// A face that a fake engine finds, in shares of the upright frame's width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlantedFace {
    /// The centre's way from the left, 0 to 1.
    pub x: f32,
    /// The centre's way from the top, 0 to 1.
    pub y: f32,
    /// The box's width as a share of the frame's.
    pub width: f32,
    /// The box's height as a share of the frame's.
    pub height: f32,
    /// How sure it is, 0 to 1 without the ends.
    pub score: f32,
}

/// The answers still to be given; the last one is given for ever.
#[derive(Clone, Debug)]
pub struct FaceScript(Arc<Mutex<VecDeque<FaceAnswer>>>);

impl FaceScript {
    /// Answers in order.
    pub fn new(answers: impl IntoIterator<Item = FaceAnswer>) -> Self {
        Self(Arc::new(Mutex::new(answers.into_iter().collect())))
    }

    /// Replaces what is still to be answered.
    pub fn set(&self, answers: impl IntoIterator<Item = FaceAnswer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answers.into_iter().collect();
    }

    fn next(&self) -> FaceAnswer {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        next.unwrap_or(FaceAnswer::Faces(Vec::new()))
    }
}

/// An engine that finds the faces of a script.
#[derive(Debug)]
pub struct FakeFaceEngine {
    script: FaceScript,
    boxes: ArrayD<f32>,
    scores: ArrayD<f32>,
}

/// Width and height of the fake network's picture, and the side of its cells.
const SIZE: usize = 64;
const STRIDE: usize = 16;
const CELLS: usize = SIZE / STRIDE;
const NUMBERS: usize = 16;
/// The most faces of one answer.
const ROWS: usize = CELLS * CELLS;
const SURELY_NONE: f32 = -20.0;

impl FakeFaceEngine {
    /// An engine that answers by `script`. It panics at an answer of more than 16 faces.
    pub fn new(script: FaceScript) -> Self {
        Self {
            script,
            boxes: ArrayD::ones(IxDyn(&[1, ROWS, NUMBERS])),
            scores: ArrayD::from_elem(IxDyn(&[1, ROWS, 1]), SURELY_NONE),
        }
    }

    /// The spec of the network that the engine pretends to run. It sees the picture
    /// stretched.
    ///
    /// # Panics
    /// Never: the text is a valid spec.
    pub fn spec() -> ModelSpec {
        ModelSpec::from_toml(&format!(
            "name = \"fake faces\"\nlayout = \"nchw\"\nwidth = {SIZE}\nheight = {SIZE}\n\
             channels = \"rgb\"\nmean = [0.0, 0.0, 0.0]\nstd = [1.0, 1.0, 1.0]\nfit = \"stretch\"\n\
             [output]\nkind = \"faces\"\nboxes = \"boxes\"\nscores = \"scores\"\n\
             strides = [{STRIDE}]\nanchors = [1]\n"
        ))
        .expect("the fake's spec is a spec")
    }

    /// A detector around an engine that answers by `script`.
    ///
    /// # Errors
    /// None: the fake's spec is valid.
    pub fn open(script: &FaceScript) -> Result<FaceDetector, LoadError> {
        let engine = Box::new(Self::new(script.clone()));
        FaceDetector::new(engine, Self::spec(), FaceOptions::default())
    }

    fn answer(&mut self) -> Result<FaceAnswer, EngineError> {
        let answer = self.script.next();
        self.scores.fill(SURELY_NONE);
        self.boxes.fill(1.0);
        match &answer {
            FaceAnswer::Faces(faces) => {
                for (row, face) in faces.iter().enumerate() {
                    self.plant(row, face);
                }
            }
            FaceAnswer::NotANumber => self.boxes[[0, ROWS - 1, 5]] = f32::NAN,
            FaceAnswer::OutOfRange => self.plant(0, &OUTSIDE),
            FaceAnswer::WrongSize => {}
            FaceAnswer::Error => return Err(EngineError::new("planted error")),
            FaceAnswer::Panic => panic!("planted panic"),
        }
        Ok(answer)
    }

    /// Each face in a row of its own, wherever that row's anchor is. The key points are
    /// where they are in a face that looks ahead.
    fn plant(&mut self, row: usize, face: &PlantedFace) {
        let size = SIZE as f32;
        let middle = |cell: usize| (cell * STRIDE + STRIDE / 2) as f32;
        let anchor = (middle(row % CELLS), middle(row / CELLS));
        let (width, height) = (face.width * size, face.height * size);
        let centre = (face.x * size - anchor.0, face.y * size - anchor.1);
        let mut numbers = vec![centre.0, centre.1, width, height];
        for (x, y) in AHEAD {
            numbers.extend([centre.0 + x * width, centre.1 + y * height]);
        }
        for (i, number) in numbers.into_iter().enumerate() {
            self.boxes[[0, row, i]] = number;
        }
        self.scores[[0, row, 0]] = (face.score / (1.0 - face.score)).ln();
    }
}

const OUTSIDE: PlantedFace = PlantedFace {
    x: 5.0,
    y: 0.5,
    width: 0.2,
    height: 0.2,
    score: 0.9,
};
/// Key points from the centre, in widths and heights of the box: right eye, left eye, nose,
/// mouth, right and left tragion.
const AHEAD: [(f32, f32); 6] = [
    (-0.2, -0.2),
    (0.2, -0.2),
    (0.0, 0.05),
    (0.0, 0.25),
    (-0.45, -0.1),
    (0.45, -0.1),
];

impl Engine for FakeFaceEngine {
    fn name(&self) -> String {
        "fake engine of faces".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.answer()?;
        Ok(self.boxes.view())
    }

    fn run_each(
        &mut self,
        _: ArrayView4<'_, f32>,
        take: &mut dyn FnMut(usize, ArrayViewD<'_, f32>),
    ) -> Result<(), EngineError> {
        let answer = self.answer()?;
        take(0, self.boxes.view());
        if answer != FaceAnswer::WrongSize {
            take(1, self.scores.view());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use frosted_core::internal::FrameId;
    use frosted_core::{
        FaceFinder, Faces, FrameSpec, PixelFormat, Reduced, Rotation, SegmentErrorKind,
    };

    use super::*;

    fn picture(rotation: Rotation) -> Reduced {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 320, 160).expect("a size that is allowed");
        let mut picture = Reduced::default();
        picture.prepare(&spec.with_rotation(rotation), 5, FrameId(1));
        picture
    }

    #[test]
    fn planted_faces_are_found_where_they_were_planted() {
        let face = |x, score| PlantedFace {
            x,
            y: 0.25,
            width: 0.1,
            height: 0.2,
            score,
        };
        let script = FaceScript::new([FaceAnswer::Faces(vec![face(0.3, 0.7), face(0.8, 0.9)])]);
        let mut detector = FakeFaceEngine::open(&script).expect("the spec is valid");
        let mut faces = Faces::new();
        for (rotation, centre) in [
            (Rotation::None, (0.8 * 64.0, 0.25 * 32.0)),
            (Rotation::Half, (0.2 * 64.0, 0.75 * 32.0)),
        ] {
            detector
                .find(&picture(rotation), &mut faces)
                .expect("the answer is sound");
            let [first, second] = faces.as_slice() else {
                panic!("{} faces", faces.as_slice().len());
            };
            assert!((first.score - 0.9).abs() < 1e-3 && (second.score - 0.7).abs() < 1e-3);
            assert!((first.centre.x - centre.0).abs() < 1e-3, "{first:?}");
            assert!((first.centre.y - centre.1).abs() < 1e-3, "{first:?}");
            assert!((first.width - 6.4).abs() < 1e-3 && (first.height - 6.4).abs() < 1e-3);
        }
    }

    #[test]
    fn planted_faults_are_refused_one_after_the_other() {
        let script = FaceScript::new([
            FaceAnswer::NotANumber,
            FaceAnswer::OutOfRange,
            FaceAnswer::WrongSize,
            FaceAnswer::Error,
            FaceAnswer::Faces(Vec::new()),
        ]);
        let mut detector = FakeFaceEngine::open(&script).expect("the spec is valid");
        for kind in [
            SegmentErrorKind::NonFinite,
            SegmentErrorKind::OutOfRange,
            SegmentErrorKind::WrongSize,
            SegmentErrorKind::Engine,
        ] {
            let found = detector.find(&picture(Rotation::None), &mut Faces::new());
            assert_eq!(found.map_err(|error| error.kind()), Err(kind));
        }
        let mut faces = Faces::new();
        let found = detector.find(&picture(Rotation::None), &mut faces);
        assert_eq!((found, faces.as_slice().len()), (Ok(()), 0));
    }
}
