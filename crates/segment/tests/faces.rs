//! What a network that finds faces says, and what it means.
#![allow(clippy::unwrap_used)]

#[path = "scene/anchors.rs"]
mod anchors;
mod scene;

use anchors::{AnsweringEach, Planted, ROWS, detector, face_spec, found, found_in, grey, outputs};
use frosted_core::internal::FrameId;
use frosted_core::{FaceFinder, Faces, FacesFound, FrameSpec, PixelFormat, Reduced, Rotation};
use frosted_segment::ndarray::{Array, IxDyn};
use frosted_segment::{FaceDetector, FaceOptions, Look};
use scene::{ROTATIONS, picture};

fn close(found: (f32, f32), expected: (f32, f32)) -> bool {
    (found.0 - expected.0).abs() < 1e-3 && (found.1 - expected.1).abs() < 1e-3
}

#[test]
fn rows_go_cell_by_cell_through_one_grid_after_the_other() {
    let cases = [
        (0, (4.0, 4.0)),
        (1, (4.0, 4.0)),
        (2, (12.0, 4.0)),
        (15, (60.0, 4.0)),
        (16, (4.0, 12.0)),
        (63, (60.0, 28.0)),
        (64, (8.0, 8.0)),
        (66, (8.0, 8.0)),
        (67, (24.0, 8.0)),
        (87, (56.0, 24.0)),
    ];
    for (row, (x, y)) in cases {
        let planted = Planted::new(row, 2.0, [1.5, -2.0, 7.0, 5.0]);
        let faces = found(&[planted]).unwrap();
        let [face] = faces.as_slice() else {
            panic!("row {row}: {faces:?}");
        };
        let centre = (face.centre.x, face.centre.y);
        assert!(close(centre, (x + 1.5, y - 2.0)), "row {row}: {face:?}");
        assert!(close((face.width, face.height), (7.0, 5.0)), "{face:?}");
        let points = [
            face.points.right_eye,
            face.points.left_eye,
            face.points.nose,
            face.points.mouth,
            face.points.right_tragion,
            face.points.left_tragion,
        ];
        for (i, point) in points.into_iter().enumerate() {
            let away = i as f32 + 1.0;
            let expected = (x + away, y - away);
            assert!(close((point.x, point.y), expected), "row {row}: {point:?}");
        }
        assert!((face.score - 0.880_797).abs() < 1e-5, "{face:?}");
    }
}

/// A place of the upright frame, in fractions of it, as fractions of the stored one.
fn stored((u, v): (f32, f32), rotation: Rotation) -> (f32, f32) {
    match rotation {
        Rotation::None => (u, v),
        Rotation::Clockwise90 => (v, 1.0 - u),
        Rotation::Half => (1.0 - u, 1.0 - v),
        Rotation::Clockwise270 => (1.0 - v, u),
    }
}

#[test]
fn a_face_lies_where_it_was_seen_in_frames_of_every_size_and_turn() {
    // (width, height, square): the network's own aspect, 4:3, 9:16, odd remainders.
    for (width, height, square_px) in [(640, 320, 10), (640, 480, 5), (72, 128, 1), (333, 777, 8)] {
        for rotation in ROTATIONS {
            let frame = FrameSpec::new(PixelFormat::Nv12, width, height).unwrap();
            let picture = picture(&frame.with_rotation(rotation), square_px, |_, _, _| 90);
            let planted = Planted::new(16 + 6, 3.0, [2.0, 1.0, 6.0, 4.0]);
            let seen_at = (28.0 + 2.0, 12.0 + 1.0);
            let engine = AnsweringEach::new(outputs(&[planted]));
            let faces = found_in(&picture, engine, FaceOptions::default()).unwrap();

            let upright = rotation.upright((width, height));
            let scale = (64.0 / upright.0 as f32).min(32.0 / upright.1 as f32);
            let content = (
                (upright.0 as f32 * scale).round(),
                (upright.1 as f32 * scale).round(),
            );
            let corner = (
                ((64.0 - content.0) / 2.0).floor(),
                ((32.0 - content.1) / 2.0).floor(),
            );
            let extent = picture.exact_size();
            let in_picture = |(x, y): (f32, f32)| {
                let share = ((x - corner.0) / content.0, (y - corner.1) / content.1);
                let (u, v) = stored(share, rotation);
                (u * extent.0, v * extent.1)
            };
            let name = format!("{width}x{height}/{square_px} {rotation:?}: {faces:?}");
            let face = faces[0];
            let centre = (face.centre.x, face.centre.y);
            assert!(close(centre, in_picture(seen_at)), "{name}");
            let eye = (face.points.right_eye.x, face.points.right_eye.y);
            assert!(close(eye, in_picture((29.0, 11.0))), "{name}");
            let [a, b] = [(27.0, 11.0), (33.0, 15.0)].map(in_picture);
            let size = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
            assert!(close((face.width, face.height), size), "{name}");
        }
    }
}

/// The same anchor in each look: a network that says the same of all of them finds a face in
/// each, at another place of the picture.
#[test]
fn squares_are_seen_and_told_apart_in_every_turn() {
    // Its network takes 32x32 of 64x32 for a square, 16 pixels away from the left.
    let planted = Planted::new(16 + 4, 3.0, [2.0, 1.0, 6.0, 4.0]);
    let seen_at = (20.0 - 16.0 + 2.0, 12.0 + 1.0);
    for rotation in ROTATIONS {
        // 9:4 upright, in cells of 2 pixels: squares of 40 cells at 0, 25 and 50.
        let (width, height) = rotation.upright((180, 80));
        let frame = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
        let picture = picture(&frame.with_rotation(rotation), 2, |_, _, _| 90);
        let options = |look| FaceOptions {
            look,
            ..FaceOptions::default()
        };
        let engine = || AnsweringEach::new(outputs(&[planted]));
        let squares = found_in(&picture, engine(), options(Look::Squares)).unwrap();
        let whole = found_in(&picture, engine(), options(Look::Whole)).unwrap();
        let both = found_in(&picture, engine(), options(Look::WholeAndSquares)).unwrap();
        assert_eq!((squares.len(), whole.len()), (3, 1), "{rotation:?}");

        let (extent, cells) = (picture.exact_size(), 40.0 / 32.0);
        let mut expected: Vec<_> = [0.0, 25.0, 50.0]
            .map(|first| {
                let place = (first + seen_at.0 * cells, seen_at.1 * cells);
                let (u, v) = stored((place.0 / 90.0, place.1 / 40.0), rotation);
                (u * extent.0, v * extent.1)
            })
            .to_vec();
        for face in squares {
            let centre = (face.centre.x, face.centre.y);
            let place = expected.iter().position(|&place| close(centre, place));
            expected.remove(place.unwrap_or_else(|| panic!("{rotation:?}: {face:?}")));
            let turned = if rotation.swaps_sides() {
                (4.0, 6.0)
            } else {
                (6.0, 4.0)
            };
            let size = (turned.0 * cells, turned.1 * cells);
            assert!(
                close((face.width, face.height), size),
                "{rotation:?}: {face:?}"
            );
        }
        // What the whole picture shows lies over the middle square's: it is the same face.
        assert_eq!(both.len(), 3, "{rotation:?}: {both:?}");
    }
}

#[test]
fn a_look_in_parts_finds_what_a_whole_one_does_and_goes_on_only_with_what_was_begun() {
    let planted = Planted::new(16 + 4, 3.0, [2.0, 1.0, 6.0, 4.0]);
    let frame = FrameSpec::new(PixelFormat::Rgb8, 180, 80).unwrap();
    let picture = picture(&frame, 2, |_, _, _| 90);
    let options = FaceOptions {
        look: Look::WholeAndSquares,
        ..FaceOptions::default()
    };
    let engine = || Box::new(AnsweringEach::new(outputs(&[planted])));
    let mut detector = FaceDetector::new(engine(), face_spec(), options).unwrap();
    let mut faces = Faces::new();
    assert!(detector.find_part(&picture, 1, &mut faces).is_err());
    for begun_anew in [0, 2] {
        for part in 0..begun_anew {
            let found = detector.find_part(&picture, part, &mut faces);
            let faces = [1, 2][part];
            assert_eq!(found, Ok(FacesFound::InPart { faces }), "part {part}");
        }
        // The whole picture and three squares.
        for part in 0..4 {
            let found = detector.find_part(&picture, part, &mut faces);
            // What the whole picture shows is the same face as the middle square's.
            let wanted = match part {
                0 => FacesFound::InPart { faces: 1 },
                1 | 2 => FacesFound::InPart { faces: 2 },
                _ => FacesFound::All,
            };
            assert_eq!(found, Ok(wanted), "part {part}");
        }
        let whole = found_in(&picture, *engine(), options).unwrap();
        assert_eq!(faces.as_slice(), whole);
        assert!(detector.find_part(&picture, 4, &mut faces).is_err());
    }
    assert!(detector.find_part(&picture, 0, &mut faces).is_ok());
    let mut other = Reduced::default();
    other.copy_from(&picture);
    let _ = other.prepare(&frame, 2, FrameId(8));
    let error = detector.find_part(&other, 1, &mut faces).unwrap_err();
    assert!(error.to_string().contains("begin with part 0"), "{error}");
}

#[test]
fn a_square_shows_its_own_pixels() {
    let frame = FrameSpec::new(PixelFormat::Rgb8, 64, 32).unwrap();
    // The last square, which the engine is asked last, is the right half.
    let picture = picture(&frame, 1, |_, x, _| (x * 4) as u8);
    let engine = AnsweringEach::new(outputs(&[]));
    let seen = engine.input.clone();
    let options = FaceOptions {
        look: Look::Squares,
        ..FaceOptions::default()
    };
    let mut detector = FaceDetector::new(Box::new(engine), face_spec(), options).unwrap();
    detector.find(&picture, &mut Faces::new()).unwrap();
    let seen = seen.lock().unwrap();
    for x in 0..32 {
        let value = seen[64 * 7 + 16 + x];
        let expected = (4.0 * (32.0 + x as f32) / 255.0 - 0.5) / 0.5;
        assert!((value - expected).abs() < 1e-5, "{x}: {value} {expected}");
    }
    assert_eq!((seen[64 * 7 + 15], seen[64 * 7 + 48]), (-1.0, -1.0));
}

#[test]
fn the_network_sees_minus_one_to_one_with_black_beside_the_picture() {
    let engine = AnsweringEach::new(outputs(&[]));
    let seen = engine.input.clone();
    let frame = FrameSpec::new(PixelFormat::Rgb8, 32, 32).unwrap();
    let white = picture(&frame, 1, |plane, _, _| if plane == 0 { 255 } else { 51 });
    detector(engine).find(&white, &mut Faces::new()).unwrap();
    let seen = seen.lock().unwrap();
    let at = |plane: usize, x: usize| seen[plane * 64 * 32 + 64 * 10 + x];
    for x in 0..64 {
        let expected = if (16..48).contains(&x) {
            [1.0, -0.6, -0.6]
        } else {
            [-1.0; 3]
        };
        for (plane, expected) in expected.into_iter().enumerate() {
            assert!((at(plane, x) - expected).abs() < 1e-6, "{plane} {x}");
        }
    }
}

#[test]
fn only_what_is_sure_enough_counts() {
    // Far from each other, with scores of .9, .5 and a little less, .31.
    let planted = [
        Planted::new(0, 2.2, [0.0, 0.0, 4.0, 4.0]),
        Planted::new(6, 0.0, [0.0, 0.0, 4.0, 4.0]),
        Planted::new(40, -0.001, [0.0, 0.0, 4.0, 4.0]),
        Planted::new(80, -0.8, [0.0, 0.0, 4.0, 4.0]),
    ];
    for (least_score, count) in [(0.95, 0), (0.6, 1), (0.5, 2), (0.45, 3), (0.3, 4)] {
        let options = FaceOptions {
            least_score,
            ..FaceOptions::default()
        };
        let engine = AnsweringEach::new(outputs(&planted));
        let faces = found_in(&grey(), engine, options).unwrap();
        assert_eq!(faces.len(), count, "{least_score}: {faces:?}");
        assert!(faces.is_sorted_by(|a, b| a.score >= b.score), "{faces:?}");
    }
}

#[test]
fn huge_logits_are_sure_and_not_broken() {
    let place = [0.0, 0.0, 4.0, 4.0];
    for (logit, expected) in [(1e30, 1.0), (f32::MAX, 1.0), (100.0, 1.0)] {
        let faces = found(&[Planted::new(9, logit, place)]).unwrap();
        assert_eq!(faces[0].score, expected, "{logit}");
    }
    for logit in [-1e30, f32::MIN, -100.0] {
        assert_eq!(found(&[Planted::new(9, logit, place)]).unwrap(), []);
    }
}

#[test]
fn boxes_of_one_head_become_one_face() {
    // The second stands a cell further, so that both boxes are 2 pixels apart.
    let faces = found(&[
        Planted::new(20, 2.0, [0.0, 0.0, 12.0, 12.0]),
        Planted::new(22, 1.0, [-6.0, 0.0, 12.0, 12.0]),
        Planted::new(60, 1.5, [0.0, 0.0, 12.0, 12.0]),
    ])
    .unwrap();
    assert_eq!(faces.len(), 2, "{faces:?}");
    let [first, second] = [2.0_f32, 1.0].map(|logit| 1.0 / (1.0 + (-logit).exp()));
    let mean = (20.0 * first + 22.0 * second) / (first + second);
    assert!(close((faces[0].centre.x, faces[0].score), (mean, first)));
    assert!(close((faces[1].centre.x, faces[1].centre.y), (52.0, 28.0)));
}

#[test]
fn a_list_holds_the_faces_of_its_own_frame_alone() {
    let planted = [Planted::new(0, 2.0, [0.0, 0.0, 4.0, 4.0])];
    let mut detector = detector(AnsweringEach::new(outputs(&planted)));
    let mut faces = Faces::new();
    let frame = FrameSpec::new(PixelFormat::Rgb8, 64, 32).unwrap();
    for id in [5, 6] {
        let mut picture = Reduced::default();
        picture.prepare(&frame, 1, FrameId(id));
        detector.find(&picture, &mut faces).unwrap();
        assert_eq!((faces.frame(), faces.as_slice().len()), (FrameId(id), 1));
    }
}

#[test]
fn outputs_may_lack_the_axes_of_one_and_lie_in_pieces() {
    let planted = [Planted::new(17, 2.0, [1.0, 1.0, 4.0, 4.0])];
    let expected = found(&planted).unwrap();
    let [boxes, scores] = outputs(&planted);
    for score_shape in [&[1, ROWS][..], &[ROWS, 1], &[ROWS]] {
        let boxes = boxes.to_shape(IxDyn(&[ROWS, 16])).unwrap().to_owned();
        let scores = scores.to_shape(IxDyn(score_shape)).unwrap().to_owned();
        let engine = AnsweringEach::new([boxes, scores]);
        let faces = found_in(&grey(), engine, FaceOptions::default()).unwrap();
        assert_eq!(faces, expected, "{score_shape:?}");
    }
    let turned = Array::from_shape_fn((16, ROWS), |(i, row)| boxes[[0, row, i]]);
    let turned = turned.reversed_axes().into_dyn();
    assert!(turned.as_slice().is_none());
    let engine = AnsweringEach::new([turned, scores]);
    let faces = found_in(&grey(), engine, FaceOptions::default()).unwrap();
    assert_eq!(faces, expected);
}
