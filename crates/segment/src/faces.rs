mod anchors;
mod look;
mod merge;

use std::fmt;

use frosted_core::internal::FrameId;
use frosted_core::{
    Face, FaceFinder, FacePoints, Faces, FacesFound, Point, Reduced, SegmentError,
    SegmentErrorKind, SegmenterInfo,
};
use ndarray::ArrayViewD;

use crate::engine::Engine;
use crate::error::{LoadError, LoadErrorKind};
use crate::placement::Placement;
use crate::postprocess::{check_finite, check_shape};
use crate::preprocess::Preprocessor;
use crate::segmenter::{check_pixels, engine_failed, info};
use crate::spec::{ModelOutput, ModelSpec, OutputKind};
use anchors::{Anchors, Candidate};
pub use look::Look;

/// What counts as a face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceOptions {
    /// The least score of a face, above 0 to 1. Less finds more and smaller faces, and more
    /// things that are none. Default: .5.
    pub least_score: f32,
    /// Boxes that overlap by more than this share of their union are one face, 0 to 1.
    /// Default: .3.
    pub same_face_overlap: f32,
    /// How a picture is shown to the network. Default: [`Look::Whole`].
    pub look: Look,
}

impl Default for FaceOptions {
    /// What MediaPipe's own graph takes.
    fn default() -> Self {
        Self {
            least_score: 0.5,
            same_face_overlap: 0.3,
            look: Look::Whole,
        }
    }
}

impl FaceOptions {
    fn check(&self) -> Result<(), LoadError> {
        // Not `<`, so that what is not a number is refused too.
        let score_fits = self.least_score > 0.0 && self.least_score <= 1.0;
        let overlap_fits = (0.0..=1.0).contains(&self.same_face_overlap);
        let (name, value, allowed) = match (score_fits, overlap_fits) {
            (true, true) => return Ok(()),
            (false, _) => ("least score", self.least_score, "above 0, at most 1"),
            (true, false) => ("overlap", self.same_face_overlap, "0 to 1"),
        };
        Err(LoadError::new(
            LoadErrorKind::Spec,
            format!("options of faces: the {name} is {value}, it must be {allowed}"),
        ))
    }
}

/// A [`FaceFinder`] that asks a network about each picture on its own.
///
/// After the first picture of a size it allocates nothing; what its engine does is the
/// engine's affair.
pub struct FaceDetector {
    engine: Box<dyn Engine>,
    info: SegmenterInfo,
    spec: ModelSpec,
    options: FaceOptions,
    looks: Vec<(Placement, Preprocessor)>,
    anchors: Anchors,
    boxes: Vec<f32>,
    scores: Vec<f32>,
    candidates: Vec<Candidate>,
    /// The same, used up while they are counted.
    counted: Vec<Candidate>,
    /// The picture that is being looked at, and the part that comes next.
    begun: Option<(FrameId, usize)>,
}

impl FaceDetector {
    /// Feeds `engine` as `spec` says and reads its outputs by [`Engine::run_each`].
    ///
    /// The spec is trusted to be that of the engine's model: outputs of other shapes are
    /// refused with the first picture. [`open_faces`](crate::open_faces) checks both
    /// beforehand.
    ///
    /// # Errors
    /// [`LoadErrorKind::Spec`] if the spec's output is not of the kind
    /// [`OutputKind::Faces`], or an option is outside its range.
    pub fn new(
        engine: Box<dyn Engine>,
        spec: ModelSpec,
        options: FaceOptions,
    ) -> Result<Self, LoadError> {
        options.check()?;
        let OutputKind::Faces { grids, .. } = spec.output() else {
            let message = format!(
                "model \"{}\" does not find faces: its output must be of the kind \"faces\"",
                spec.name()
            );
            return Err(LoadError::new(LoadErrorKind::Spec, message));
        };
        let anchors = Anchors::new(grids, (spec.width(), spec.height()));
        Ok(Self {
            info: info(engine.as_ref(), &spec),
            looks: Vec::new(),
            options,
            boxes: Vec::with_capacity(anchors.numbers()),
            scores: Vec::with_capacity(anchors.count()),
            candidates: Vec::new(),
            counted: Vec::new(),
            begun: None,
            anchors,
            engine,
            spec,
        })
    }

    /// The model's spec.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Gets ready for pictures like this one.
    fn place(&mut self, picture: &Reduced) {
        let parts = self.options.look.parts(picture);
        let placements = parts.map(|part| Placement::of_part(picture, part, &self.spec));
        let known = self.looks.iter().map(|(placement, _)| *placement);
        if placements.clone().eq(known) {
            return;
        }
        self.looks.clear();
        for placement in placements {
            let mut before = Preprocessor::new(&self.spec);
            before.place(&placement);
            self.looks.push((placement, before));
        }
        self.candidates.clear();
        let most = self.looks.len() * self.anchors.count();
        self.candidates.reserve(most);
        self.counted.clear();
        self.counted.reserve(most);
    }

    /// How many faces the candidates are.
    fn count(&mut self) -> usize {
        let mut count = 0;
        self.counted.clone_from(&self.candidates);
        merge::merge(&mut self.counted, self.options.same_face_overlap, |_| {
            count += 1;
        });
        count
    }

    /// Runs the network and keeps its outputs if they are what the spec says and finite.
    fn run(&mut self, look: usize) -> Result<(), SegmentError> {
        let wanted = self.spec.outputs();
        let kept = [&mut self.boxes, &mut self.scores];
        let mut kept = kept.map(|values| {
            values.clear();
            values
        });
        let mut outcome = Ok(());
        let mut given = 0;
        let mut take = |place: usize, output: ArrayViewD<'_, f32>| {
            given += 1;
            if let (Some(wanted), Some(values)) = (wanted.get(place), kept.get_mut(place))
                && outcome.is_ok()
            {
                outcome = keep(&output, wanted, values);
            }
        };
        self.engine
            .run_each(self.looks[look].1.input(), &mut take)
            .map_err(|error| engine_failed(&self.info, &error))?;
        outcome?;
        if kept.iter().any(|values| values.is_empty()) || given != wanted.len() {
            let message = format!(
                "the engine gave {given} outputs, a list of faces takes its {}",
                wanted.len()
            );
            return Err(SegmentError::new(SegmentErrorKind::WrongSize, message));
        }
        Ok(())
    }
}

fn keep(
    output: &ArrayViewD<'_, f32>,
    wanted: &ModelOutput,
    values: &mut Vec<f32>,
) -> Result<(), SegmentError> {
    check_shape(output.shape(), wanted.shapes())?;
    values.clear();
    match output.as_slice() {
        Some(slice) => values.extend_from_slice(slice),
        None => values.extend(output.iter()),
    }
    check_finite(values)
}

impl FaceFinder for FaceDetector {
    fn find(&mut self, picture: &Reduced, faces: &mut Faces) -> Result<(), SegmentError> {
        let mut part = 0;
        while self.find_part(picture, part, faces)? != FacesFound::All {
            part += 1;
        }
        Ok(())
    }

    fn find_part(
        &mut self,
        picture: &Reduced,
        part: usize,
        faces: &mut Faces,
    ) -> Result<FacesFound, SegmentError> {
        check_pixels(picture)?;
        if part == 0 {
            self.place(picture);
            self.candidates.clear();
            self.begun = Some((picture.frame(), 0));
        }
        if self.begun != Some((picture.frame(), part)) {
            let message = format!(
                "part {part} of a look at faces does not go on with what was begun: begin with part 0"
            );
            return Err(SegmentError::new(SegmentErrorKind::Engine, message));
        }
        // A part that fails is not gone on from.
        self.begun = None;
        let (placement, before) = &mut self.looks[part];
        let placement = *placement;
        before.fill(picture, &placement);
        self.run(part)?;
        self.anchors.candidates(
            (&self.boxes, &self.scores),
            self.options.least_score,
            (part, &placement),
            &mut self.candidates,
        )?;
        if part + 1 < self.looks.len() {
            self.begun = Some((picture.frame(), part + 1));
            return Ok(FacesFound::InPart {
                faces: self.count(),
            });
        }
        faces.begin(picture);
        let overlap = self.options.same_face_overlap;
        merge::merge(&mut self.candidates, overlap, |found| {
            faces.push(face(found));
        });
        Ok(FacesFound::All)
    }

    fn info(&self) -> SegmenterInfo {
        self.info.clone()
    }
}

impl fmt::Debug for FaceDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceDetector({:?})", self.info)
    }
}

fn face(found: &Candidate) -> Face {
    let [left, top, right, bottom] = found.sides();
    let [
        right_eye,
        left_eye,
        nose,
        mouth,
        right_tragion,
        left_tragion,
    ] = found.points().map(|(x, y)| Point { x, y });
    Face {
        centre: Point {
            x: (left + right) / 2.0,
            y: (top + bottom) / 2.0,
        },
        width: right - left,
        height: bottom - top,
        score: found.score,
        points: FacePoints {
            right_eye,
            left_eye,
            nose,
            mouth,
            right_tragion,
            left_tragion,
        },
    }
}
