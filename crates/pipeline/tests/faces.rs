//! Faults of a finder of faces, planted in front of a canary room: each ends in a card, none
//! uncovers anything, and the person comes back.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod support;

use frosted_core::{FrameSpec, PixelFormat};
use frosted_pipeline::{Cause, Settings, Shown};
use frosted_testing::{FaceAnswer, FaceScript, FakeFaceEngine, PlantedFace};

use support::Stream;

fn face() -> FaceAnswer {
    FaceAnswer::Faces(vec![PlantedFace {
        x: 0.5,
        y: 0.45,
        width: 0.15,
        height: 0.25,
        score: 0.9,
    }])
}

fn stream(format: PixelFormat, script: &FaceScript) -> Stream {
    let spec = FrameSpec::new(format, 322, 182).unwrap();
    let mut stream = Stream::new(spec, Settings::default());
    let finder = FakeFaceEngine::open(script).unwrap();
    stream.pipeline = stream.pipeline.with_faces(Box::new(finder));
    stream
}

/// Frames until one shows what `wanted` says, at most `most`; each is searched for the room.
fn until(stream: &mut Stream, most: usize, wanted: Shown) -> Option<usize> {
    (1..=most).find(|_| stream.next().unwrap().shown == wanted)
}

#[test]
fn each_fault_of_the_finder_shows_the_card_and_the_person_comes_back() {
    for format in PixelFormat::ALL {
        for fault in [
            FaceAnswer::NotANumber,
            FaceAnswer::OutOfRange,
            FaceAnswer::WrongSize,
            FaceAnswer::Error,
            FaceAnswer::Panic,
        ] {
            let script = FaceScript::new([face()]);
            let mut stream = stream(format, &script);
            let shown = until(&mut stream, 5, Shown::Person);
            assert!(shown.is_some(), "{format}: nobody is shown at first");
            script.set([fault.clone(), face()]);
            // Faces are looked for every sixth frame.
            let card = until(&mut stream, 7, Shown::Card(Cause::Engine));
            assert!(card.is_some(), "{format} {fault:?}: no card");
            let back = until(&mut stream, 5, Shown::Person);
            assert!(back.is_some(), "{format} {fault:?}: not back");
        }
    }
}

#[test]
fn a_finder_that_never_answers_never_uncovers() {
    for answer in [FaceAnswer::Error, FaceAnswer::Panic, FaceAnswer::NotANumber] {
        let script = FaceScript::new([answer.clone()]);
        let mut stream = stream(PixelFormat::Nv12, &script);
        for _ in 0..20 {
            let shown = stream.next().unwrap().shown;
            assert!(matches!(shown, Shown::Card(_)), "{answer:?}: {shown}");
        }
    }
}

#[test]
fn somebody_without_a_face_is_believed_after_a_while() {
    let script = FaceScript::new([FaceAnswer::Faces(Vec::new())]);
    let mut stream = stream(PixelFormat::Nv12, &script);
    let frames = until(&mut stream, 60, Shown::Person).unwrap();
    assert!((20..30).contains(&frames), "{frames} frames");
}
