//! The camera is open while somebody watches, and only then.

use std::thread;
use std::time::{Duration, Instant};

use crate::guest::{CAMERA, Guest, newer_loopback};
use crate::program::{Program, START};
use crate::reader::Reader;
use crate::room::Room;
use crate::writer::{Coding, Writer};

const SMALL: [&str; 4] = ["--size", "640x360", "--fps", "30"];

/// The word: the camera's light is honest.
const CLOSES_WITHIN: Duration = Duration::from_secs(2);

#[track_caller]
fn closes(program: &Program, since: Instant) {
    while program.holds(CAMERA) {
        let passed = since.elapsed();
        assert!(
            passed < CLOSES_WITHIN,
            "the camera is open after {passed:?}{}",
            program.story()
        );
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_camera_is_closed_when_nobody_watches() {
    let Some(guest) = Guest::enter("the camera is closed when nobody watches") else {
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    program.wait("a closed camera", START, |s| {
        s.state() == "waiting" && !s.camera_open()
    });
    assert!(!program.holds(CAMERA), "it says closed{}", program.story());
    for _ in 0..3 {
        let reader = Reader::v4l2_ctl(&room);
        reader.wait("person", START, |look| look.person());
        assert!(
            program.holds(CAMERA),
            "it shows a person and the camera is closed"
        );
        let status = program.wait("a live state", Duration::from_secs(2), |s| {
            s.state() == "live"
        });
        assert!(status.camera_open(), "{status:?}");
        assert!(matches!(status.viewers(), None | Some(1..)), "{status:?}");
        reader.assert_no_room();
        drop(reader);
        closes(&program, Instant::now());
        program.wait("a closed camera", Duration::from_secs(1), |s| {
            s.state() == "waiting" && !s.camera_open()
        });
        // Nobody there: it stays closed.
        thread::sleep(Duration::from_millis(700));
        assert!(
            !program.holds(CAMERA),
            "it was opened again{}",
            program.story()
        );
    }
}

#[test]
fn the_last_of_two_viewers_closes_it() {
    let Some(guest) = Guest::enter("the last of two viewers closes it") else {
        return;
    };
    if newer_loopback() {
        eprintln!(
            "SKIPPED the last of two viewers closes it: the newer loopback has one at a time"
        );
        return;
    }
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let program = Program::ready(&guest, CAMERA, &SMALL);
    let first = Reader::v4l2_ctl(&room);
    let second = Reader::v4l2_ctl(&room);
    first.wait("person", START, |look| look.person());
    second.wait("person", START, |look| look.person());
    drop(first);
    thread::sleep(CLOSES_WITHIN + Duration::from_millis(500));
    assert!(
        program.holds(CAMERA),
        "one still watches{}",
        program.story()
    );
    second.wait("person", Duration::from_secs(1), |look| look.person());
    second.assert_no_room();
    drop(second);
    closes(&program, Instant::now());
}

#[test]
fn viewers_are_counted() {
    let Some(guest) = Guest::enter("viewers are counted") else {
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    let mut readers = Vec::new();
    // The newer loopback has one at a time.
    let most = if newer_loopback() { 1 } else { 3 };
    for count in 1..=most {
        readers.push(Reader::v4l2_ctl(&room));
        program.wait(&format!("{count} viewers"), START, |s| {
            s.state() == "live" && s.viewers().is_none_or(|n| n == count)
        });
    }
    for count in (0..most).rev() {
        readers.pop();
        program.wait(&format!("{count} viewers"), Duration::from_secs(3), |s| {
            s.viewers().is_none_or(|n| n == count)
        });
    }
}

/// A viewer is there before the camera, while it comes and goes, and afterwards.
#[test]
fn a_viewer_before_during_and_after_the_camera() {
    let Some(guest) = Guest::enter("a viewer before, during and after the camera") else {
        return;
    };
    let room = Room::new(640, 360);
    let writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    drop(writer);
    let before = Reader::v4l2_ctl(&room);
    before.wait("card", START, |look| look.card());
    let writer = Writer::start(&room, Coding::Yuyv, 30.0);
    before.wait("person", START, |look| look.person());
    before.assert_no_room();
    drop(before);
    let during = Reader::v4l2_ctl(&room);
    during.wait("person", START, |look| look.person());
    drop(writer);
    during.wait("card", Duration::from_secs(1), |look| look.card());
    during.assert_no_room();
    drop(during);
    let after = Reader::v4l2_ctl(&room);
    after.wait("card", START, |look| look.card());
    let seen = after.wait_frames(5, Duration::from_secs(6));
    assert!(seen.iter().all(|frame| frame.look.card()), "{seen:?}");
    program.assert_runs();
}
