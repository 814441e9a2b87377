//! Frames that are refused, as clips at three frame rates: each is covered for its cause and
//! for 300 ms at least, the room and the person stay hidden meanwhile, and the picture comes
//! back by itself. A frozen picture is no reason to cover it; it is reported.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod support;

use std::time::Duration;

use frosted_core::{FrameSpec, PixelFormat};
use frosted_pipeline::{Cause, FrameReport, Settings, Shown};
use frosted_testing::{Answer, Camera};

use support::Stream;

const RATES: [u32; 3] = [15, 30, 60];
/// A cover that comes and goes faster is a flash.
const SHORTEST_COVER: Duration = Duration::from_millis(300);
/// Behind the last cause a picture comes back within this.
const BACK_WITHIN: Duration = Duration::from_millis(450);

/// Only the beginning of what lasts for good is refused.
const FOR_GOOD: Duration = Duration::MAX;

/// What happens to a stream that shows the person.
struct Event {
    name: &'static str,
    /// What the network answers ...
    answer: Answer,
    /// ... and what the camera sends, meanwhile.
    camera: Camera,
    /// How long it lasts; zero is a single frame.
    lasts: Duration,
    /// Why its first frame is covered.
    cause: Cause,
    /// Why frames are covered behind it, besides.
    afterwards: &'static [Cause],
}

impl Event {
    fn is_refused_for(&self) -> Duration {
        match self.lasts {
            FOR_GOOD => Duration::ZERO,
            lasts => lasts,
        }
    }
}

const EVENTS: [Event; 11] = [
    Event {
        name: "one undecided mask",
        answer: Answer::Undecided,
        camera: Camera::Works,
        lasts: Duration::ZERO,
        cause: Cause::Undecided,
        afterwards: &[Cause::AreaJump],
    },
    Event {
        name: "undecided masks for a second",
        answer: Answer::Undecided,
        camera: Camera::Works,
        lasts: Duration::from_secs(1),
        cause: Cause::Undecided,
        afterwards: &[Cause::AreaJump],
    },
    Event {
        name: "all of one frame is the person",
        answer: Answer::Everything,
        camera: Camera::Works,
        lasts: Duration::ZERO,
        cause: Cause::Undecided,
        afterwards: &[Cause::AreaJump],
    },
    Event {
        name: "the person reaches from edge to edge for one frame",
        answer: Answer::Wide,
        camera: Camera::Works,
        lasts: Duration::ZERO,
        cause: Cause::AreaJump,
        afterwards: &[Cause::AreaJump],
    },
    Event {
        name: "the person is missed in one frame",
        answer: Answer::Nobody,
        camera: Camera::Works,
        lasts: Duration::ZERO,
        cause: Cause::AreaJump,
        afterwards: &[Cause::AreaJump],
    },
    Event {
        name: "the person is missed for a quarter of a second and there from one frame to the next",
        answer: Answer::Nobody,
        camera: Camera::Works,
        lasts: Duration::from_millis(250),
        cause: Cause::AreaJump,
        afterwards: &[Cause::Nobody],
    },
    Event {
        name: "the light goes down for good",
        answer: Answer::Person,
        camera: Camera::Dark,
        lasts: FOR_GOOD,
        cause: Cause::BrightnessStep,
        afterwards: &[Cause::BrightnessStep],
    },
    Event {
        name: "one dark frame",
        answer: Answer::Person,
        camera: Camera::Dark,
        lasts: Duration::ZERO,
        cause: Cause::BrightnessStep,
        afterwards: &[Cause::BrightnessStep],
    },
    Event {
        name: "one blank frame",
        answer: Answer::Nobody,
        camera: Camera::Blank,
        lasts: Duration::ZERO,
        cause: Cause::Blank,
        afterwards: &[Cause::BrightnessStep, Cause::AreaJump],
    },
    Event {
        name: "the lens is covered for a second and a half",
        answer: Answer::Nobody,
        camera: Camera::LensCovered,
        lasts: Duration::from_millis(1500),
        cause: Cause::Blank,
        afterwards: &[Cause::BrightnessStep, Cause::AreaJump],
    },
    Event {
        name: "one late mask",
        answer: Answer::Slow(Duration::from_millis(201)),
        camera: Camera::Works,
        lasts: Duration::ZERO,
        cause: Cause::Late,
        afterwards: &[Cause::Late],
    },
];

fn stream(rate: u32) -> Stream {
    let spec = FrameSpec::new(PixelFormat::Nv12, 322, 182).unwrap();
    let mut stream = Stream::tracking(spec, Settings::default());
    stream.frame = Duration::from_secs(1) / rate;
    // The light that was measured, and the room, are those of this rate.
    for _ in 0..rate / 2 {
        assert_eq!(stream.next().unwrap().shown, Shown::Person);
    }
    stream
}

/// Lets `event` happen, and then most of a second pass. Each frame is searched for the room by
/// the stream, covered ones for the person, too.
fn play(event: &Event, rate: u32) -> Vec<FrameReport> {
    let mut stream = stream(rate);
    stream.script.set([event.answer]);
    stream.scene.set_camera(event.camera);
    let begins = stream.at + stream.frame;
    let mut reports = Vec::new();
    let frames = (event.is_refused_for() + BACK_WITHIN * 2).as_millis() * u128::from(rate) / 1000;
    for _ in 0..frames {
        let next = stream.at + stream.frame;
        if next > begins && next.since(begins) >= event.lasts {
            stream.script.set([Answer::Person]);
            stream.scene.set_camera(Camera::Works);
        }
        reports.push(stream.next().unwrap());
    }
    reports
}

/// What is wrong with how `event` was taken.
fn faults(event: &Event, rate: u32) -> Vec<String> {
    let reports = play(event, rate);
    let begins = reports[0].at;
    let lasts = event.is_refused_for();
    let mut faults = Vec::new();
    if reports[0].shown != Shown::AllCovered(event.cause) {
        faults.push(format!("begins as {}", reports[0].shown));
    }
    let back = reports
        .iter()
        .position(|report| report.shown == Shown::Person);
    let Some(back) = back else {
        return vec!["the picture does not come back".into()];
    };
    let covered = reports[back].at.since(begins);
    if covered < SHORTEST_COVER.max(lasts) {
        faults.push(format!("covered for {covered:?} only"));
    }
    if covered > lasts + BACK_WITHIN {
        faults.push(format!("covered for {covered:?}"));
    }
    for report in &reports[1..back] {
        let known = match report.shown {
            Shown::AllCovered(cause) => cause == event.cause || event.afterwards.contains(&cause),
            _ => false,
        };
        if !known {
            faults.push(format!("{} in between", report.shown));
        }
    }
    if let Some(report) = reports[back..].iter().find(|r| r.shown != Shown::Person) {
        faults.push(format!("covered again: {}", report.shown));
    }
    faults
}

#[test]
fn each_is_covered_for_its_cause_long_enough_and_comes_back_at_every_rate() {
    let mut wrong = Vec::new();
    for event in &EVENTS {
        for rate in RATES {
            let faults = faults(event, rate);
            if !faults.is_empty() {
                wrong.push(format!("{}, {rate} fps: {}", event.name, faults.join("; ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_frozen_picture_is_shown_and_reported_after_three_seconds_at_every_rate() {
    for rate in RATES {
        let mut stream = stream(rate);
        let last = stream.at;
        stream.scene.set_camera(Camera::Frozen);
        for _ in 0..rate * 4 {
            let report = stream.next().unwrap();
            assert_eq!(report.shown, Shown::Person, "{rate} fps");
            // The frame before was the first of those that are the same.
            let frozen = report.at.since(last) >= Duration::from_secs(3);
            assert_eq!(report.frozen, frozen, "{rate} fps, {:?}", report.at);
        }
        stream.scene.set_camera(Camera::Works);
        let report = stream.next().unwrap();
        assert_eq!((report.shown, report.frozen), (Shown::Person, false));
    }
}

#[test]
fn a_covered_lens_at_the_start_shows_the_card_until_there_is_a_picture() {
    for rate in RATES {
        let spec = FrameSpec::new(PixelFormat::Nv12, 322, 182).unwrap();
        let mut stream = Stream::new(spec, Settings::default());
        stream.frame = Duration::from_secs(1) / rate;
        for camera in [Camera::Blank, Camera::LensCovered] {
            stream.scene.set_camera(camera);
            for _ in 0..rate {
                let shown = stream.next().unwrap().shown;
                assert_eq!(shown, Shown::Card(Cause::Starting), "{camera:?}");
            }
        }
        stream.scene.set_camera(Camera::Works);
        let shown: Vec<Shown> = (0..3).map(|_| stream.next().unwrap().shown).collect();
        let start = Shown::Card(Cause::Starting);
        assert_eq!(shown, [start, start, Shown::Person]);
    }
}
