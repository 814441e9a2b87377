//! `frosted run --output -` with a reader that stops reading.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on its standard streams"
)]

mod support;

use std::io::Read;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::{frosted, read_y4m};

/// More than a pipe holds and less than a frame.
const PART: usize = 200_000;
/// Bytes of a frame of 640x360 in 4:2:2, and its header.
const FRAME: usize = 640 * 360 * 2 + 6;

/// `frosted run` with colour bars as its camera, amid its first frame.
struct Piped {
    child: Child,
    out: ChildStdout,
    read: Vec<u8>,
    _folder: tempfile::TempDir,
}

impl Piped {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = frosted(folder.path())
            .args(["run", "--camera", "pattern", "--size", "640x360"])
            .args(["--engine", "rten", "--output", "-"])
            .env("XDG_CONFIG_HOME", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let mut piped = Self {
            child,
            out,
            read: Vec::new(),
            _folder: folder,
        };
        piped.read(PART);
        piped
    }

    fn read(&mut self, bytes: usize) {
        let from = self.read.len();
        self.read.resize(from + bytes, 0);
        self.out.read_exact(&mut self.read[from..]).unwrap();
    }

    fn terminate(&self) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
    }

    /// How it ended, and after how long.
    fn end(&mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, began.elapsed());
            }
            assert!(began.elapsed() < Duration::from_secs(10), "it still runs");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_signal_ends_it_though_nobody_reads() {
    let mut piped = Piped::new();
    thread::sleep(Duration::from_millis(300));
    piped.terminate();
    let (status, took) = piped.end();
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(took < Duration::from_millis(1500), "it took {took:?}");
}

#[test]
fn a_reader_that_pauses_finds_whole_frames_and_the_last_is_a_card() {
    let mut piped = Piped::new();
    thread::sleep(Duration::from_millis(500));
    piped.read(20 * FRAME);
    thread::sleep(Duration::from_millis(500));
    piped.terminate();
    let mut rest = Vec::new();
    piped.out.read_to_end(&mut rest).unwrap();
    assert_eq!(piped.end().0.code(), Some(0));
    piped.read.extend(rest);
    let header = piped.read.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    assert_eq!((piped.read.len() - header) % FRAME, 0, "the last is whole");
    let (_, frames) = read_y4m(&piped.read);
    assert!(frames.len() > 20, "{} frames", frames.len());
    // The first is the card that a start shows, and so is the last.
    assert!(frames[0].bytes() == frames[frames.len() - 1].bytes());
}
