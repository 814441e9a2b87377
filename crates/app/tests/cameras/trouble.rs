//! What can go wrong with a camera while somebody watches: the card, and back by itself.

use std::fs::File;
use std::time::{Duration, Instant};

use crate::guest::{CAMERA, Guest, SINK, VIVID, control};
use crate::program::{Program, START, frosted};
use crate::reader::{Reader, Seen};
use crate::room::Room;
use crate::writer::{Coding, Writer};

const SMALL: [&str; 4] = ["--size", "640x360", "--fps", "30"];

/// From the last frame that came to the first card.
const CARD_WITHIN: Duration = Duration::from_millis(300);
/// From the camera's return to the first protected frame.
const BACK_WITHIN: Duration = Duration::from_secs(2);
/// A camera that gives nothing is closed, so that it can be opened anew.
const LETS_GO_WITHIN: Duration = Duration::from_secs(4);
/// A reader's arrival times wander by a frame or so on one processor.
const READING: Duration = Duration::from_millis(50);

/// From the last frame that was no card, after `since`, to the first card.
#[track_caller]
fn assert_card_in_time(reader: &Reader, since: Instant) {
    let card = reader.wait("card", Duration::from_secs(2), |look| look.card());
    let seen = reader.seen();
    let before = |frame: &&Seen| frame.at < card.at && !frame.look.card();
    let last = seen.iter().rfind(before).unwrap();
    let first = seen
        .iter()
        .find(|f| f.at > last.at && f.look.card())
        .unwrap();
    // What stopped cannot have come later than `since`.
    let passed = first.at - last.at.min(since);
    assert!(
        passed <= CARD_WITHIN + READING,
        "the card came after {passed:?}"
    );
}

#[track_caller]
fn assert_back_in_time(reader: &Reader, since: Instant) {
    let person = reader.wait("person", START, |look| look.person());
    let passed = person.at - since;
    assert!(passed <= BACK_WITHIN, "the person is back after {passed:?}");
    reader.assert_no_room();
}

#[test]
fn a_camera_that_stalls() {
    let Some(guest) = Guest::enter("a camera that stalls") else {
        return;
    };
    let room = Room::new(640, 360);
    let writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait("person", START, |look| look.person());
    for _ in 0..3 {
        writer.stall();
        assert_card_in_time(&reader, Instant::now());
        let status = program.wait("a card", Duration::from_secs(1), |s| s.state() == "card");
        assert!(!status.cause().is_empty(), "{status:?}");
        // The card stays, and frames of it keep coming.
        let seen = reader.wait_frames(10, Duration::from_secs(5));
        assert!(seen.iter().all(|frame| frame.look.card()), "{seen:?}");
        let resumed = Instant::now();
        writer.resume();
        assert_back_in_time(&reader, resumed);
    }
    program.assert_runs();
}

#[test]
fn a_camera_that_goes_and_returns() {
    let Some(guest) = Guest::enter("a camera that goes and returns") else {
        return;
    };
    let room = Room::new(640, 360);
    let mut writer = Some(Writer::start(&room, Coding::Yuyv, 30.0));
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait("person", START, |look| look.person());
    for coding in [Coding::Yuyv, Coding::Mjpeg, Coding::Yuyv] {
        let gone = Instant::now();
        drop(writer.take());
        assert_card_in_time(&reader, gone);
        // A loopback takes no new writer while somebody waits for the old one; a dead camera must be let go anyway.
        program.wait_let_go(CAMERA, LETS_GO_WITHIN);
        writer = Some(Writer::start(&room, coding, 30.0));
        assert_back_in_time(&reader, Instant::now());
    }
    program.assert_runs();
}

/// It returns with another size; viewers still get the size that they know.
#[test]
fn a_camera_that_returns_with_another_size() {
    let Some(guest) = Guest::enter("a camera that returns with another size") else {
        return;
    };
    let (room, larger) = (Room::new(640, 360), Room::new(1280, 720));
    let writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait("person", START, |look| look.person());
    drop(writer);
    reader.wait("card", Duration::from_secs(2), |look| look.card());
    program.wait_let_go(CAMERA, LETS_GO_WITHIN);
    let _writer = Writer::start(&larger, Coding::Mjpeg, 30.0);
    // The marks are coarser now, and the person is the same one.
    let person = reader.wait("person or a covered frame", START, |look| !look.card());
    assert!(!person.look.room(), "{person:?}");
    reader.wait_frames(30, Duration::from_secs(4));
    reader.assert_no_room();
    program.assert_runs();
}

/// A real unplugging: every call on the device fails, until the last one has closed it.
#[test]
fn a_camera_that_is_unplugged() {
    let Some(guest) = Guest::enter("a camera that is unplugged") else {
        return;
    };
    let room = Room::new(640, 360);
    let mut program = Program::ready(&guest, VIVID, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait("covered frame", START, |look| !look.card());
    for _ in 0..2 {
        // As long as this is open the camera stays away.
        let held = File::open(VIVID).unwrap();
        control("disconnect=1");
        // The program that did it has taken its own time: frames came until it was done.
        assert_card_in_time(&reader, Instant::now());
        let seen = reader.wait_frames(10, Duration::from_secs(5));
        assert!(seen.iter().all(|frame| frame.look.card()), "{seen:?}");
        program.wait("a card", Duration::from_secs(1), |s| s.state() == "card");
        assert!(!program.holds(VIVID) || File::open(VIVID).is_err());
        drop(held);
        let back = Instant::now();
        let frame = reader.wait("frame of the camera", START, |look| !look.card());
        assert!(
            frame.at - back <= BACK_WITHIN,
            "back after {:?}",
            frame.at - back
        );
    }
    program.assert_runs();
}

/// It says with every call that a frame was lost, until it is opened anew.
#[test]
fn a_camera_whose_driver_gives_up() {
    let Some(guest) = Guest::enter("a camera whose driver gives up") else {
        return;
    };
    let room = Room::new(640, 360);
    let mut program = Program::ready(&guest, VIVID, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait("covered frame", START, |look| !look.card());
    for _ in 0..2 {
        control("inject_fatal_streaming_error=1");
        let failed = Instant::now();
        assert_card_in_time(&reader, failed);
        let frame = reader.wait("frame of the camera", START, |look| !look.card());
        assert!(
            frame.at - failed <= BACK_WITHIN,
            "back after {:?}",
            frame.at - failed
        );
    }
    program.assert_runs();
}

#[test]
fn a_second_instance_is_refused() {
    let Some(guest) = Guest::enter("a second instance is refused") else {
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let mut first = Program::ready(&guest, CAMERA, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait("person", START, |look| look.person());
    // The output is taken, and with the same camera that is taken as well: whichever is found first is said.
    for (camera, named) in [("pattern", vec![SINK]), (CAMERA, vec![SINK, CAMERA])] {
        let second = frosted(&guest)
            .args(["run", "--camera", camera, "--output", SINK, "--json"])
            .args(SMALL)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&second.stderr);
        assert_eq!(second.status.code(), Some(3), "{said}");
        assert_eq!(said.matches("error: ").count(), 1, "{said}");
        assert!(
            named.iter().any(|name| said.contains(name)),
            "{named:?}: {said}"
        );
        assert!(
            said.contains("frosted ("),
            "it is not said who has it: {said}"
        );
    }
    first.assert_runs();
    let seen = reader.wait_frames(30, Duration::from_secs(4));
    let persons = seen.iter().filter(|frame| frame.look.person()).count();
    assert!(persons >= 27, "{persons} of {} show the person", seen.len());
}

#[test]
fn signals_end_it_with_a_last_card() {
    let Some(guest) = Guest::enter("signals end it with a last card") else {
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30.0);
    for signal in ["TERM", "INT", "HUP"] {
        let mut program = Program::ready(&guest, CAMERA, &SMALL);
        let reader = Reader::v4l2_ctl(&room);
        reader.wait("person", START, |look| look.person());
        let status = program.end(signal);
        assert!(
            matches!(status.code(), Some(0 | 130)),
            "{signal}: {status}{}",
            program.story()
        );
        std::thread::sleep(Duration::from_millis(200));
        let last = *reader.seen().last().unwrap();
        assert!(last.look.card(), "{signal}: {last:?}");
        reader.assert_no_room();
        assert!(!program.said().contains("panicked"), "{}", program.said());
        drop(reader);
    }
}
