//! What a network that finds faces may not say, and who may not be asked.
#![allow(clippy::unwrap_used)]

#[path = "scene/anchors.rs"]
mod anchors;
mod scene;

use anchors::{AnsweringEach, Planted, ROWS, detector, face_spec, found, grey, outputs};
use frosted_core::internal::FrameId;
use frosted_core::{Face, FaceFinder, Faces, FrameSpec, PixelFormat, Reduced, SegmentErrorKind};
use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted_segment::{
    Engine, EngineError, FaceDetector, FaceOptions, LoadErrorKind, NetworkSegmenter,
};
use scene::{Answering, spec};

/// Expects that `engine` is refused with `kind` and that no list is touched by it.
fn refused(name: &str, engine: impl Engine + 'static, kind: SegmentErrorKind, says: &str) {
    let mut faces = Faces::new();
    let mut earlier = Reduced::default();
    let frame = FrameSpec::new(PixelFormat::Rgb8, 64, 32).unwrap();
    earlier.prepare(&frame, 1, FrameId(3));
    faces.begin(&earlier);
    faces.push(Face::default());
    let error = detector(engine).find(&grey(), &mut faces).unwrap_err();
    assert_eq!(error.kind(), kind, "{name}: {error}");
    assert!(error.to_string().contains(says), "{name}: {error}");
    assert_eq!(
        (faces.frame(), faces.as_slice()),
        (FrameId(3), &[Face::default()][..]),
        "{name}"
    );
}

#[test]
fn any_value_that_is_not_finite_is_refused() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for (output, values) in [(0, ROWS * 16), (1, ROWS)] {
            for place in [0, values / 2, values - 1] {
                let mut planted = outputs(&[Planted::new(3, 2.0, [0.0, 0.0, 4.0, 4.0])]);
                planted[output].as_slice_mut().unwrap()[place] = bad;
                let name = format!("{bad} in output {output} at {place}");
                let engine = AnsweringEach::new(planted);
                refused(&name, engine, SegmentErrorKind::NonFinite, "1 of");
            }
        }
    }
}

#[test]
fn outputs_of_other_shapes_or_number_are_refused() {
    let [boxes, scores] = outputs(&[]);
    let zeros = |shape: &[usize]| ArrayD::<f32>::zeros(IxDyn(shape));
    let cases = [
        (
            "a row too few",
            vec![zeros(&[1, ROWS - 1, 16]), scores.clone()],
            "1x87x16",
        ),
        (
            "15 numbers",
            vec![zeros(&[1, ROWS, 15]), scores.clone()],
            "1x88x16",
        ),
        (
            "all in one row",
            vec![zeros(&[ROWS * 16]), scores.clone()],
            "1408",
        ),
        (
            "two pictures",
            vec![zeros(&[2, ROWS, 16]), scores.clone()],
            "2x88x16",
        ),
        (
            "two scores",
            vec![boxes.clone(), zeros(&[1, ROWS, 2])],
            "1x88x2",
        ),
        ("no scores", vec![boxes.clone(), zeros(&[0])], "1x88x1"),
        ("swapped", vec![scores.clone(), boxes.clone()], "1x88x1"),
        ("none", vec![], "0 outputs"),
        ("boxes alone", vec![boxes.clone()], "1 outputs"),
        ("three", vec![boxes, scores.clone(), scores], "3 outputs"),
    ];
    for (name, outputs, says) in cases {
        let engine = AnsweringEach::new(outputs);
        refused(name, engine, SegmentErrorKind::WrongSize, says);
    }
    // An engine that was written for segmentation gives its one output.
    let one = Answering::new(zeros(&[1, ROWS, 16]));
    refused("one", one, SegmentErrorKind::WrongSize, "1 outputs");
}

#[test]
fn boxes_that_no_face_has_are_refused_where_they_would_count() {
    let absurd = [
        ("no width", [0.0, 0.0, 0.0, 4.0]),
        ("no height", [0.0, 0.0, 4.0, 0.0]),
        ("negative width", [0.0, 0.0, -4.0, 4.0]),
        ("negative height", [0.0, 0.0, 4.0, -4.0]),
        ("wider than two inputs", [0.0, 0.0, 129.0, 4.0]),
        ("higher than two inputs", [0.0, 0.0, 4.0, 65.0]),
        ("far to the left", [-40.0, 0.0, 4.0, 4.0]),
        ("far to the right", [100.0, 0.0, 4.0, 4.0]),
        ("far above", [0.0, -22.0, 4.0, 4.0]),
        ("far below", [0.0, 48.0, 4.0, 4.0]),
        ("huge", [0.0, 0.0, 1e30, 1e30]),
    ];
    for (name, place) in absurd {
        let engine = AnsweringEach::new(outputs(&[
            Planted::new(40, 2.0, [0.0, 0.0, 4.0, 4.0]),
            Planted::new(0, 2.0, place),
        ]));
        let says = "64x32 cannot have";
        refused(name, engine, SegmentErrorKind::OutOfRange, says);
        // Where the network says that there is no face, its box means nothing.
        assert_eq!(found(&[Planted::new(0, -2.0, place)]).unwrap(), []);
    }
    let at_the_edge = [
        [-5.0, 0.0, 20.0, 20.0],
        [-30.0, 0.0, 64.0, 30.0],
        [0.0, 0.0, 100.0, 60.0],
    ];
    for place in at_the_edge {
        assert_eq!(found(&[Planted::new(0, 2.0, place)]).unwrap().len(), 1);
    }
}

struct Failing;

impl Engine for Failing {
    fn name(&self) -> String {
        "failing".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        Err(EngineError::new("out of order"))
    }
}

#[test]
fn engines_that_fail_and_pictures_without_pixels_are_errors() {
    let says = "failing failed: out of order";
    refused("failing", Failing, SegmentErrorKind::Engine, says);
    let mut detector = detector(AnsweringEach::new(outputs(&[])));
    let error = detector
        .find(&Reduced::default(), &mut Faces::new())
        .unwrap_err();
    assert_eq!(error.kind(), SegmentErrorKind::WrongSize);
}

#[test]
fn each_kind_of_model_has_its_own_reader() {
    let engine = || Box::new(AnsweringEach::new(outputs(&[])));
    let error = NetworkSegmenter::new(engine(), face_spec()).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Spec);
    assert!(error.to_string().contains("finds faces"), "{error}");
    let error = FaceDetector::new(engine(), spec(&[]), FaceOptions::default()).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Spec);
    assert!(error.to_string().contains("\"faces\""), "{error}");
}

#[test]
fn options_outside_their_range_are_refused() {
    let options = |least_score, same_face_overlap| FaceOptions {
        least_score,
        same_face_overlap,
        ..FaceOptions::default()
    };
    let cases = [
        (options(0.0, 0.3), false),
        (options(-1.0, 0.3), false),
        (options(1.1, 0.3), false),
        (options(f32::NAN, 0.3), false),
        (options(0.5, -0.1), false),
        (options(0.5, 1.1), false),
        (options(0.5, f32::NAN), false),
        (options(0.01, 0.0), true),
        (options(1.0, 1.0), true),
    ];
    for (options, allowed) in cases {
        let engine = Box::new(AnsweringEach::new(outputs(&[])));
        match FaceDetector::new(engine, face_spec(), options) {
            Ok(_) => assert!(allowed, "{options:?}"),
            Err(error) => {
                assert!(!allowed, "{options:?}: {error}");
                assert_eq!(error.kind(), LoadErrorKind::Spec);
            }
        }
    }
}
