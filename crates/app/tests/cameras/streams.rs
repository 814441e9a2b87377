//! What readers get while all is well.

use std::time::Duration;

use crate::guest::{CAMERA, Guest, SINK, VIVID, ask, control, newer_loopback, output};
use crate::program::{Program, START};
use crate::reader::{Reader, rate};
use crate::room::{Room, correlation};
use crate::writer::{Coding, Writer};

const HD: [&str; 4] = ["--size", "1280x720", "--fps", "30"];
const SMALL: [&str; 4] = ["--size", "640x360", "--fps", "30"];

/// Two seconds of frames arrive at the wanted rate, nearly all with the person, none with the room.
#[track_caller]
fn assert_protected(reader: &Reader, wanted: f64) {
    reader.wait("person", START, |look| look.person());
    let seen = reader.wait_frames((2.0 * wanted) as usize, Duration::from_secs(6));
    let persons = seen.iter().filter(|frame| frame.look.person()).count();
    assert!(
        persons * 10 >= seen.len() * 9,
        "{persons} of {} show the person",
        seen.len()
    );
    let got = rate(&seen);
    assert!(
        (got - wanted).abs() < 0.1 * wanted,
        "{got:.2} frames a second, not {wanted}"
    );
    reader.assert_no_room();
}

fn from_the_writer(test: &str, coding: Coding) {
    let Some(guest) = Guest::enter(test) else {
        return;
    };
    let room = Room::new(1280, 720);
    let _writer = Writer::start(&room, coding, 30.0);
    let _program = Program::ready(&guest, CAMERA, &HD);
    assert_protected(&Reader::v4l2_ctl(&room), 30.0);
    assert_protected(&Reader::ffmpeg(&room), 30.0);
}

#[test]
fn yuyv_in_hd() {
    from_the_writer("YUYV in HD", Coding::Yuyv);
}

#[test]
fn mjpeg_in_hd() {
    from_the_writer("MJPEG in HD", Coding::Mjpeg);
}

/// The driver's own camera, whose frames are of a pattern that no person is in.
#[test]
fn a_camera_that_is_no_loopback() {
    let Some(guest) = Guest::enter("a camera that is no loopback") else {
        return;
    };
    // "2x2 Red/Green Checkers": fine, and of a luma that varies.
    control("test_pattern=13");
    let room = Room::new(640, 360);
    let raw = structure(&capture(
        VIVID,
        "--set-fmt-video=width=640,height=360,pixelformat=YUYV",
    ));
    let own = capture(
        VIVID,
        "--set-fmt-video=width=640,height=360,pixelformat=YUYV",
    );
    let same = correlation(&structure(&own), &raw);
    assert!(same > 0.9, "the pattern moves: {same}");

    let mut program = Program::ready(&guest, VIVID, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait_frames(10, START);
    program.wait("an open camera", START, |status| status.camera_open());
    let seen = reader.wait_frames(60, Duration::from_secs(6));
    assert!(
        (rate(&seen) - 30.0).abs() < 3.0,
        "{:.2} frames a second",
        rate(&seen)
    );
    drop(reader);
    let shown = structure(&capture(SINK, "--get-fmt-video"));
    let trace = correlation(&shown, &raw);
    assert!(
        trace.abs() < 0.1,
        "the room's structure comes through: {trace}"
    );
    control("test_pattern=0");
}

/// The newer loopback lets one program stream at a time: whoever else comes must not disturb it.
#[test]
fn two_readers_at_once() {
    let Some(guest) = Guest::enter("two readers at once") else {
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let _program = Program::ready(&guest, CAMERA, &SMALL);
    let first = Reader::v4l2_ctl(&room);
    first.wait("person", START, |look| look.person());
    let second = Reader::v4l2_ctl(&room);
    if !newer_loopback() {
        assert_protected(&second, 30.0);
    }
    assert_protected(&first, 30.0);
    drop(second);
    assert_protected(&first, 30.0);
}

/// 29.97 frames a second are 30000 in 1001 seconds, and are told and shown as such.
#[test]
fn a_rate_that_is_no_whole_number() {
    let Some(guest) = Guest::enter("a rate that is no whole number") else {
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, 30_000.0 / 1001.0);
    let camera = ask(CAMERA, &["-P"]);
    assert!(camera.contains("29.97"), "{camera}");
    let mut program = Program::ready(&guest, CAMERA, &SMALL);
    let reader = Reader::v4l2_ctl(&room);
    assert_protected(&reader, 29.97);
    let told = ask(SINK, &["-P"]);
    assert!(told.contains("29.97"), "the sink's rate: {told}");
    let near = |status: &crate::program::Status| (status.number("fps") - 29.97).abs() < 1.0;
    program.wait("a rate of about 29.97", Duration::from_secs(4), near);
}

/// 12.5 frames a second: no interval of 1/n.
#[test]
fn a_slow_rate_that_is_no_whole_number() {
    let Some(guest) = Guest::enter("a slow rate that is no whole number") else {
        return;
    };
    let room = Room::new(1280, 720);
    let options = ["--size", "1280x720", "--fps", "12.5"];
    let mut program = Program::ready(&guest, VIVID, &options);
    let reader = Reader::v4l2_ctl(&room);
    reader.wait_frames(5, START);
    program.wait("an open camera", START, |status| status.camera_open());
    let seen = reader.wait_frames(25, Duration::from_secs(6));
    assert!(
        (rate(&seen) - 12.5).abs() < 1.3,
        "{:.2} frames a second",
        rate(&seen)
    );
}

/// One YUYV frame of 640x360, read by a program of its own. The older loopback fills its last page up.
fn capture(device: &str, format: &str) -> Vec<u8> {
    let arguments = [
        "-d",
        device,
        format,
        "--stream-mmap=4",
        "--stream-skip=3",
        "--stream-count=1",
    ];
    let output = output("v4l2-ctl", &[&arguments[..], &["--stream-to=-"]].concat());
    let bytes = 640 * 360 * 2;
    assert!(
        output.stdout.len() >= bytes,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout[..bytes].to_vec()
}

/// Differences of luma between neighbours.
fn structure(frame: &[u8]) -> Vec<i16> {
    let luma: Vec<_> = frame
        .iter()
        .step_by(2)
        .map(|&luma| i16::from(luma))
        .collect();
    luma.windows(2).map(|pair| pair[1] - pair[0]).collect()
}
