//! Hours of use, in short.

use std::thread;
use std::time::{Duration, Instant};

use crate::guest::{CAMERA, Guest};
use crate::program::{Program, START};
use crate::reader::Reader;
use crate::room::Room;
use crate::writer::{Coding, Writer};

/// Allocators keep a little more than they are given; what leaks in each of many rounds is more than this.
const MAX_GROWTH_KIB: u64 = 1024;

/// A minute (or `FROSTED_SOAK_SECONDS`) of watching, stalls, restarts and leaving, without growth of memory or files.
#[test]
fn nothing_grows() {
    let Some(guest) = Guest::enter("nothing grows") else {
        return;
    };
    let seconds = std::env::var("FROSTED_SOAK_SECONDS").map_or(60, |text| text.parse().unwrap());
    let room = Room::new(640, 360);
    let mut writer = Writer::start(&room, Coding::Mjpeg, 30.0);
    let mut program = Program::ready(&guest, CAMERA, &["--size", "640x360", "--fps", "30"]);
    let mut rounds = Vec::new();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) || rounds.len() < 4 {
        let reader = Reader::v4l2_ctl(&room);
        reader.wait("person", START, |look| look.person());
        reader.wait_frames(90, Duration::from_secs(8));
        // Memory is compared in the same situation: a live picture.
        let (memory, files) = (program.memory_kib(), program.files().len());
        rounds.push((memory, files));
        writer.stall();
        reader.wait("card", Duration::from_secs(2), |look| look.card());
        writer.resume();
        reader.wait("person", START, |look| look.person());
        drop(writer);
        reader.wait("card", Duration::from_secs(2), |look| look.card());
        program.wait_let_go(CAMERA, Duration::from_secs(4));
        writer = Writer::start(&room, Coding::Mjpeg, 30.0);
        reader.wait("person", START, |look| look.person());
        reader.assert_no_room();
        drop(reader);
        program.wait("a closed camera", Duration::from_secs(4), |s| {
            !s.camera_open()
        });
        thread::sleep(Duration::from_millis(300));
        program.assert_runs();
        if rounds.len() % 10 == 1 {
            let at = start.elapsed().as_secs();
            eprintln!(
                "{at} s, round {}: {memory} KiB, {files} files",
                rounds.len()
            );
        }
    }
    // The first round still fills caches.
    let settled = rounds[1];
    let last = *rounds.last().unwrap();
    eprintln!(
        "{} rounds: {settled:?} to {last:?} (KiB, files)",
        rounds.len()
    );
    assert!(
        last.0 <= settled.0 + MAX_GROWTH_KIB,
        "memory in KiB: {rounds:?}"
    );
    assert_eq!(last.1, settled.1, "open files: {rounds:?}");
}
