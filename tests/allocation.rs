//! Warmed up, a frame costs no heap allocation of our own; what the network's engine does
//! inside its run is its own affair and left out here by an engine that allocates nothing.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::time::Duration;

use frosted_core::{
    Face, FaceFinder, Faces, FacesFound, Point, Reduced, SegmentError, SegmenterInfo,
};

use frosted::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted::{
    Background, Cause, Engine, EngineError, Frame, FrameSpec, ModelSpec, Newcomers, Picture,
    PixelFormat, ProtectedFrame, Rgb, Settings, Setup, Shown, TextHeight, Timestamp,
};

/// Finds the person in the middle and allocates nothing once it is made.
#[derive(Debug)]
struct Middle(ArrayD<f32>);

const SPEC: &str = r#"
name = "middle"
layout = "nchw"
width = 96
height = 54
channels = "rgb"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
fit = "stretch"
[output]
kind = "alpha"
"#;

impl Engine for Middle {
    fn name(&self) -> String {
        "middle".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        Ok(self.0.view())
    }
}

fn middle() -> Box<Middle> {
    Box::new(Middle(ArrayD::from_shape_fn(
        IxDyn(&[1, 1, 54, 96]),
        |at| f32::from(u8::from((32..64).contains(&at[3]) && at[2] > 12)),
    )))
}

/// Allocations of twenty frames behind a warm-up, and of twenty frames more, the card's and
/// the held frame's among them.
fn allocations(format: PixelFormat, background: &Background) -> u64 {
    let settings = Settings {
        background: background.clone(),
        newcomers: Newcomers::AtOnce,
        // Whether a busy machine is on time is not the question.
        deadline: None,
        ..Settings::default()
    };
    let spec = ModelSpec::from_toml(SPEC).unwrap();
    let mut pipeline = Setup {
        settings,
        ..Setup::default()
    }
    .build_with(middle(), spec)
    .expect("the engine is accepted");
    let spec = FrameSpec::new(format, 641, 361).unwrap();
    let mut input = Frame::new(spec);
    for (at, byte) in input.bytes_mut().iter_mut().enumerate() {
        *byte = (at * 7919 % 251) as u8;
    }
    let mut output = Frame::new(spec);
    let mut turns = [spec, spec].map(ProtectedFrame::new);
    let mut at = Timestamp::ZERO;
    let mut frames = |number: usize| {
        for turn in 0..number {
            at = at + Duration::from_millis(33);
            input.set_captured_at(at);
            // To a frame of the caller's, or to those that only pipelines write, in turn.
            let report = match turn % 4 {
                0 => pipeline.process(&input.view(), &mut output.view_mut()),
                turn => pipeline.protect(&input.view(), &mut turns[turn / 2]),
            };
            let shown = report.unwrap().shown;
            assert!(matches!(shown, Shown::Person | Shown::Card(_)));
        }
        let now = at + Duration::from_millis(33);
        for output in &mut turns {
            let _ = pipeline.protect_idle(now, output);
        }
        let _ = pipeline.idle(now, &mut output.view_mut());
    };
    frames(10);
    allocation_counter::measure(|| frames(20)).count_total
}

#[test]
fn no_frame_allocates_in_any_format_behind_any_background() {
    let picture = Picture::new(64, 36, vec![70; 64 * 36 * 3]).unwrap();
    for format in PixelFormat::ALL {
        let mut backgrounds = vec![
            Background::Blur(TextHeight::default()),
            Background::Frost(TextHeight::default()),
            Background::Colour(Rgb::KEY_GREEN),
            Background::Image(picture.clone()),
        ];
        if format.has_alpha() {
            backgrounds.push(Background::Transparent);
        }
        for background in backgrounds {
            assert_eq!(
                allocations(format, &background),
                0,
                "{format} {background:?}"
            );
        }
    }
}

/// Finds the person of [`Middle`] and somebody else who walks past beside them and back, or
/// who stands still; in three parts, if it is left the time for that.
#[derive(Debug)]
struct Walk {
    frame: usize,
    walks: bool,
}

impl Walk {
    /// How far the other has come, 0 to 1, in a walk of 40 frames forth and back.
    fn way(frame: usize) -> f32 {
        (frame % 40).abs_diff(20) as f32 / 20.0
    }
}

impl FaceFinder for Walk {
    fn find(&mut self, picture: &Reduced, faces: &mut Faces) -> Result<(), SegmentError> {
        self.frame += 1;
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let face = |x: f32, y: f32| Face {
            centre: Point {
                x: x * width,
                y: y * height,
            },
            width: width / 10.0,
            height: width / 10.0,
            score: 0.9,
            ..Face::default()
        };
        faces.begin(picture);
        faces.push(face(0.5, 0.4));
        let way = if self.walks {
            Self::way(self.frame)
        } else {
            0.0
        };
        faces.push(face(0.05 + 0.3 * way, 0.4));
        Ok(())
    }

    fn find_part(
        &mut self,
        picture: &Reduced,
        part: usize,
        faces: &mut Faces,
    ) -> Result<FacesFound, SegmentError> {
        if part < 2 {
            return Ok(FacesFound::InPart { faces: 1 });
        }
        self.find(picture, faces)?;
        Ok(FacesFound::All)
    }

    fn info(&self) -> SegmenterInfo {
        SegmenterInfo::default()
    }
}

/// The person in the middle, and perhaps somebody who walks past beside them.
#[derive(Debug)]
struct People {
    output: ArrayD<f32>,
    frame: usize,
    walks: bool,
}

impl Engine for People {
    fn name(&self) -> String {
        "people".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.frame += 1;
        let left = (18.0 * Walk::way(self.frame)) as usize;
        for (at, value) in self.output.indexed_iter_mut() {
            let middle = (32..64).contains(&at[3]) && at[2] > 12;
            let walker = self.walks && (left..left + 10).contains(&at[3]) && at[2] > 16;
            *value = f32::from(u8::from(middle || walker));
        }
        // Whoever gives the same mask for another picture is not believed.
        self.output[[0, 0, 0, self.frame % 96]] = 0.03;
        Ok(self.output.view())
    }
}

/// What is shown of a hundred frames behind a warm-up of as many, and their allocations.
/// Faces are looked for; `person_moves` says whether anybody can be elected.
fn allocations_among_people(
    format: PixelFormat,
    person_moves: bool,
    other_walks: bool,
) -> (Vec<Shown>, u64) {
    let engine = Box::new(People {
        output: ArrayD::zeros(IxDyn(&[1, 1, 54, 96])),
        frame: 0,
        walks: other_walks,
    });
    let spec = ModelSpec::from_toml(SPEC).unwrap();
    let settings = Settings {
        deadline: None,
        ..Settings::default()
    };
    let pipeline = Setup {
        settings,
        ..Setup::default()
    };
    let pipeline = pipeline.build_with(engine, spec).unwrap();
    let mut pipeline = pipeline.with_faces(Box::new(Walk {
        frame: 0,
        walks: other_walks,
    }));
    let spec = FrameSpec::new(format, 640, 360).unwrap();
    let mut input = Frame::new(spec);
    let mut output = Frame::new(spec);
    let mut at = Timestamp::ZERO;
    let mut shown = Vec::with_capacity(200);
    let bytes = input.view().row(0, 0).len() / 640;
    let mut frames = |number: usize| {
        for frame in 0..number {
            let pose = if person_moves { frame / 4 % 3 } else { 0 };
            for y in 0..360 {
                let mut view = input.view_mut();
                for (x, sample) in view.row_mut(0, y).iter_mut().enumerate() {
                    let x = x / bytes;
                    let person = (214..427).contains(&x) && y > 80;
                    let moved = if person { 25 * pose } else { 0 };
                    *sample = (40 + (x + moved) / 30 * 23 % 120 + y / 40 * 9) as u8;
                }
            }
            at = at + Duration::from_millis(33);
            input.set_captured_at(at);
            let report = pipeline
                .process(&input.view(), &mut output.view_mut())
                .unwrap();
            shown.push(report.shown);
        }
    };
    frames(100);
    let count = allocation_counter::measure(|| frames(100)).count_total;
    (shown.split_off(100), count)
}

#[test]
fn no_frame_allocates_before_somebody_is_elected_or_while_faces_are_looked_for() {
    let nobody = Shown::AllCovered(Cause::NoSubject);
    for format in [PixelFormat::Nv12, PixelFormat::Rgb8, PixelFormat::Yuyv] {
        for (name, person_moves, other_walks, expected) in [
            ("nobody is elected", false, false, nobody),
            ("the subject alone", true, false, Shown::Person),
            ("somebody walks past", true, true, Shown::Person),
        ] {
            let (shown, count) = allocations_among_people(format, person_moves, other_walks);
            assert_eq!(shown, [expected; 100], "{format}, {name}");
            assert_eq!(count, 0, "{format}, {name}");
        }
    }
}

#[test]
fn an_allocation_is_counted() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 100])));
    assert_eq!(counted.count_total, 1);
}
