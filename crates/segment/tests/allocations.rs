//! After the first picture of a size nothing is allocated.
#![allow(clippy::unwrap_used)]

#[path = "scene/anchors.rs"]
mod anchors;
mod scene;

use anchors::{AnsweringEach, Planted, face_spec, outputs};
use frosted_core::{FaceFinder, Faces, FrameSpec, Mask, PixelFormat, Segmenter};
use frosted_segment::ndarray::{Array, ArrayD, IxDyn};
use frosted_segment::{FaceDetector, FaceOptions, Look, NetworkSegmenter};
use scene::{Answering, ROTATIONS, picture, spec};

const KINDS: [&[(&str, &str)]; 4] = [
    &[],
    &[("output.kind", "\"logit\""), ("fit", "\"letterbox\"")],
    &[
        ("output.kind", "\"multi-class\""),
        ("output.classes", "3"),
        ("output.person", "[1]"),
        ("layout", "\"nhwc\""),
    ],
    &[("output.kind", "\"planes\""), ("output.scale", "2")],
];

#[test]
fn later_pictures_of_a_size_allocate_nothing() {
    for changes in KINDS {
        let spec = spec(changes);
        let output = ArrayD::from_elem(IxDyn(&spec.output_shapes()[0]), 0.5);
        for (width, height, square_px) in [(240, 160, 5), (640, 480, 11), (17, 16, 1)] {
            for rotation in ROTATIONS {
                let frame = FrameSpec::new(PixelFormat::Nv12, width, height).unwrap();
                let picture = picture(&frame.with_rotation(rotation), square_px, |_, x, _| x as u8);
                let engine = Box::new(Answering::new(output.clone()));
                let mut segmenter = NetworkSegmenter::new(engine, spec.clone()).unwrap();
                let mut mask = Mask::new();
                let mut segment = || segmenter.segment(&picture, &mut mask).unwrap();
                let first = allocation_counter::measure(&mut segment);
                assert!(first.count_total > 0, "the counter sees nothing");
                let later = allocation_counter::measure(&mut segment);
                assert_eq!(
                    later.count_total, 0,
                    "{changes:?} {width}x{height} {rotation:?}"
                );
            }
        }
    }
}

#[test]
fn an_output_in_pieces_is_gathered_without_allocating() {
    let frame = FrameSpec::new(PixelFormat::Rgb8, 240, 160).unwrap();
    let picture = picture(&frame, 5, |_, x, _| x as u8);
    let output = Array::from_elem((48, 32), 0.5).reversed_axes().into_dyn();
    let engine = Box::new(Answering::new(output));
    let mut segmenter = NetworkSegmenter::new(engine, spec(&[])).unwrap();
    let mut mask = Mask::new();
    let mut segment = || segmenter.segment(&picture, &mut mask).unwrap();
    segment();
    assert_eq!(allocation_counter::measure(&mut segment).count_total, 0);
}

/// The second list has more faces than the first: people come in.
#[test]
fn later_lists_of_faces_allocate_nothing() {
    let place = [0.0, 0.0, 4.0, 4.0];
    let planted = [0, 3, 9, 40, 80].map(|row| Planted::new(row, 2.0, place));
    for look in [Look::Whole, Look::Squares, Look::WholeAndSquares] {
        for rotation in ROTATIONS {
            let frame = FrameSpec::new(PixelFormat::Nv12, 640, 480).unwrap();
            let picture = picture(&frame.with_rotation(rotation), 11, |_, x, _| x as u8);
            let mut faces = Faces::new();
            let open = |planted: &[Planted]| {
                let engine = Box::new(AnsweringEach::new(outputs(planted)));
                let options = FaceOptions {
                    look,
                    ..FaceOptions::default()
                };
                FaceDetector::new(engine, face_spec(), options).unwrap()
            };
            let mut detector = open(&planted[..1]);
            let mut find = || detector.find(&picture, &mut faces).unwrap();
            let first = allocation_counter::measure(&mut find);
            assert!(first.count_total > 0, "the counter sees nothing");
            assert_eq!(allocation_counter::measure(&mut find).count_total, 0);

            // Another detector, warmed up by a list of its own, on the same list of faces.
            let mut detector = open(&planted);
            detector.find(&picture, &mut Faces::new()).unwrap();
            let mut find = || detector.find(&picture, &mut faces).unwrap();
            let later = allocation_counter::measure(&mut find);
            assert_eq!(later.count_total, 0, "{look:?} {rotation:?}");
            assert!(faces.as_slice().len() > 1, "{look:?} {rotation:?}");
        }
    }
}
