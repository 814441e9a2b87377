//! `frosted run` between two pipes: a reader that stops reading, a feeder that stops feeding.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on its standard streams"
)]

mod support;

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::{fails, frosted, read_y4m, room_y4m};

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
        terminate(&self.child);
    }

    fn end(&mut self) -> (ExitStatus, Duration) {
        end(&mut self.child)
    }
}

fn terminate(child: &Child) {
    let id = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
}

/// How it ended, and after how long.
fn end(child: &mut Child) -> (ExitStatus, Duration) {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, began.elapsed());
        }
        if began.elapsed() > Duration::from_secs(10) {
            // It may have ended already.
            let _ = child.kill();
            panic!("it still runs");
        }
        thread::sleep(Duration::from_millis(5));
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

/// `frosted run` of what comes on its standard input, and what it writes.
struct Fed {
    child: Child,
    input: ChildStdin,
    output: thread::JoinHandle<Vec<u8>>,
    _folder: tempfile::TempDir,
}

fn fed(folder: &tempfile::TempDir) -> Command {
    let mut command = frosted(folder.path());
    command
        .args(["run", "--camera", "-", "--size", "64x48"])
        .args(["--engine", "rten", "--output", "-"])
        .env("XDG_CONFIG_HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

impl Fed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = fed(&folder).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let mut out = child.stdout.take().unwrap();
        let output = thread::spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).unwrap();
            bytes
        });
        Self {
            child,
            input,
            output,
            _folder: folder,
        }
    }
}

/// Of a feeder that stands still, cards come, and a signal is heard.
#[test]
fn a_feeder_that_stalls_holds_nothing_up() {
    let mut fed = Fed::new();
    let clip = room_y4m(12);
    fed.input.write_all(&clip[..clip.len() - 100]).unwrap();
    thread::sleep(Duration::from_secs(3));
    terminate(&fed.child);
    let (status, took) = end(&mut fed.child);
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(took < Duration::from_millis(1500), "it took {took:?}");
    let (_, frames) = read_y4m(&fed.output.join().unwrap());
    // At least the frames that came, and ten cards a second since.
    assert!(frames.len() > 25, "{} frames", frames.len());
}

#[test]
fn the_end_of_the_input_is_the_end() {
    let mut fed = Fed::new();
    fed.input.write_all(&room_y4m(12)).unwrap();
    drop(fed.input);
    let (status, _) = end(&mut fed.child);
    assert_eq!(status.code(), Some(0), "{status}");
    let (_, frames) = read_y4m(&fed.output.join().unwrap());
    assert!(frames.len() > 12, "{} frames", frames.len());
    assert!(
        frames[0].bytes() == frames[frames.len() - 1].bytes(),
        "a card"
    );
}

#[test]
fn an_input_that_is_no_y4m_ends_it_with_the_reason() {
    for (input, wait_ms, said) in [
        ("", 0, "is empty"),
        ("", 1500, "is empty"),
        ("JFIF", 0, "standard input (-)"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = fed(&folder).stderr(Stdio::piped()).spawn().unwrap();
        let mut given = child.stdin.take().unwrap();
        thread::sleep(Duration::from_millis(wait_ms));
        given.write_all(input.as_bytes()).unwrap();
        drop(given);
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let reader = thread::spawn(move || out.read_to_end(&mut Vec::new()).unwrap());
        let (status, _) = end(&mut child);
        reader.join().unwrap();
        let mut stderr = Vec::new();
        err.read_to_end(&mut stderr).unwrap();
        let output = std::process::Output {
            status,
            stdout: Vec::new(),
            stderr,
        };
        fails(&output, 1, &[said]);
    }
}
