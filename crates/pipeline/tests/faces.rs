//! Faults of a finder of faces, planted in front of a canary room: each ends in a card, none
//! uncovers anything, and the person comes back.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod support;

use std::sync::{Arc, Mutex};

use frosted_core::{
    FaceFinder, Faces, FacesFound, FrameSpec, PixelFormat, Reduced, SegmentError, SegmentErrorKind,
    SegmenterInfo,
};
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

const PARTS: usize = 3;

/// How a part goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error,
    Panic,
    /// The list is there, and of no frame.
    OfNoFrame,
}

#[derive(Debug, Default)]
struct Shared {
    /// What is to go wrong, and in which part.
    fault: Option<(usize, Fault)>,
    /// The part that may come next, besides the first.
    next: Option<usize>,
    /// Parts that came in their turn, and those that did not.
    parts: (usize, usize),
}

/// Finds in parts; the last one does all of the work.
struct InParts<F> {
    finder: F,
    shared: Arc<Mutex<Shared>>,
}

impl<F: FaceFinder> FaceFinder for InParts<F> {
    fn find(&mut self, picture: &Reduced, faces: &mut Faces) -> Result<(), SegmentError> {
        self.shared.lock().unwrap().next = None;
        self.finder.find(picture, faces)
    }

    fn find_part(
        &mut self,
        picture: &Reduced,
        part: usize,
        faces: &mut Faces,
    ) -> Result<FacesFound, SegmentError> {
        let mut shared = self.shared.lock().unwrap();
        let in_turn = part == 0 || shared.next == Some(part);
        shared.parts.0 += usize::from(in_turn);
        shared.parts.1 += usize::from(!in_turn);
        shared.next = None;
        let fault = shared.fault.take_if(|(at, _)| *at == part);
        if let Some((_, fault)) = fault {
            drop(shared);
            return match fault {
                Fault::Error => Err(SegmentError::new(SegmentErrorKind::Engine, "planted")),
                Fault::Panic => panic!("planted panic"),
                Fault::OfNoFrame => {
                    *faces = Faces::new();
                    Ok(FacesFound::All)
                }
            };
        }
        if part + 1 < PARTS {
            shared.next = Some(part + 1);
            return Ok(FacesFound::InPart { faces: 1 });
        }
        drop(shared);
        self.finder.find(picture, faces)?;
        Ok(FacesFound::All)
    }

    fn info(&self) -> SegmenterInfo {
        self.finder.info()
    }
}

#[test]
fn a_fault_in_any_part_of_a_look_shows_the_card_and_no_part_of_it_is_gone_on_with() {
    for part in 0..PARTS {
        for fault in [Fault::Error, Fault::Panic, Fault::OfNoFrame] {
            let script = FaceScript::new([face()]);
            let shared = Arc::new(Mutex::new(Shared::default()));
            let mut stream = stream(PixelFormat::Nv12, &script);
            stream.pipeline = stream.pipeline.with_faces(Box::new(InParts {
                finder: FakeFaceEngine::open(&script).unwrap(),
                shared: Arc::clone(&shared),
            }));
            let shown = until(&mut stream, 5, Shown::Person);
            assert!(shown.is_some(), "nobody is shown at first");
            shared.lock().unwrap().fault = Some((part, fault));
            let card = until(&mut stream, 10, Shown::Card(Cause::Engine));
            assert!(card.is_some(), "{fault:?} in part {part}: no card");
            let back = until(&mut stream, 5, Shown::Person);
            assert!(back.is_some(), "{fault:?} in part {part}: not back");
            let _ = until(&mut stream, 20, Shown::Card(Cause::Engine));
            let (in_turn, others) = shared.lock().unwrap().parts;
            assert!(in_turn >= part + 1 + PARTS, "{in_turn} parts");
            assert_eq!(others, 0, "{fault:?} in part {part}");
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
