//! How old a frame is when it is written.

use std::thread;
use std::time::{Duration, Instant};

use crate::guest::{CAMERA, Guest};
use crate::program::{Program, START};
use crate::reader::Reader;
use crate::room::Room;
use crate::writer::{Coding, Writer};

const INTERVAL_MS: f64 = 1000.0 / 30.0;

/// What it says of itself: from captured to written at most one frame interval.
#[test]
fn from_captured_to_written() {
    let Some(guest) = Guest::enter("from captured to written") else {
        return;
    };
    let room = Room::new(1280, 720);
    for coding in [Coding::Yuyv, Coding::Mjpeg] {
        let _writer = Writer::start(&room, coding, 30.0);
        let options = ["--size", "1280x720", "--fps", "30"];
        let program = Program::ready(&guest, CAMERA, &options);
        let reader = Reader::v4l2_ctl(&room);
        reader.wait("person", START, |look| look.person());
        reader.assert_no_room();
        drop(reader);
        let _unseen = Reader::unseen();
        // A start is slower than what follows.
        thread::sleep(Duration::from_secs(2));
        let since = Instant::now();
        thread::sleep(Duration::from_secs(6));
        let statuses = program.statuses_since(since);
        let live = statuses.iter().filter(|s| s.state() == "live");
        let mut latencies: Vec<_> = live.map(|s| s.number("latency_ms")).collect();
        assert!(latencies.len() >= 4, "{}", program.story());
        latencies.sort_by(f64::total_cmp);
        // The camera's writer has the same processor: now and then it is its turn.
        let median = latencies[latencies.len() / 2];
        eprintln!("{coding:?} in HD: {median} ms from captured to written, of {latencies:?}");
        assert!(
            median > 0.0 && median <= INTERVAL_MS,
            "{coding:?}: {latencies:?}"
        );
    }
}

/// What is measured from outside: the light goes down a little, so that it is no reason to cover anything, and some
/// frames later the picture is darker. The writer's and the
/// reader's own pipes and buffers count in that, so the same is measured without us, and the difference is ours.
#[test]
fn from_the_light_to_the_picture() {
    let Some(guest) = Guest::enter("from the light to the picture") else {
        return;
    };
    let room = Room::new(640, 360);
    let writer = Writer::start(&room, Coding::Yuyv, 30.0);
    let without = {
        let reader = Reader::v4l2_ctl_of(CAMERA, &room);
        median_ms(&writer, &reader)
    };
    let options = ["--size", "640x360", "--fps", "30"];
    let _program = Program::ready(&guest, CAMERA, &options);
    let reader = Reader::v4l2_ctl(&room);
    let with = median_ms(&writer, &reader);
    reader.assert_no_room();
    eprintln!("from the light to the picture: {without:.1} ms without, {with:.1} ms with frosted");
    // Frames of 33 ms are the grain of this measure: what takes 10 ms may cost one more.
    assert!(
        with - without <= 2.0 * INTERVAL_MS,
        "{without:.1} ms without, {with:.1} ms with"
    );
}

fn median_ms(writer: &Writer, reader: &Reader) -> f64 {
    let _ = reader.wait("person", START, |look| look.person());
    // In the first frames the person is still rising through what is behind them, which is brighter.
    let shown = reader.wait_frames(10, START);
    let bright = shown[shown.len() - 1].look.luma;
    let mut taken = Vec::new();
    for _ in 0..7 {
        for dark in [true, false] {
            let switched = Instant::now();
            writer.darken(dark);
            let what = if dark {
                "dark picture"
            } else {
                "bright picture"
            };
            let frame = reader.wait(what, Duration::from_secs(2), |look| {
                look.person() && (look.luma < 0.95 * bright) == dark
            });
            taken.push((frame.at - switched).as_secs_f64() * 1000.0);
            thread::sleep(Duration::from_millis(230));
        }
    }
    taken.sort_by(f64::total_cmp);
    taken[taken.len() / 2]
}
