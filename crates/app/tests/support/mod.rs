//! Runs the built program as a user would.
// Not every test file needs all of it.
#![allow(dead_code, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use frosted::{Frame, FrameSpec, PixelFormat, Rgb};
use frosted_app::media::mjpeg::MjpegReader;
use frosted_app::media::y4m::{Y4mReader, Y4mWriter};
use frosted_app::media::{Rate, Sink, Source, StreamInfo, Timing};

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program in `folder`, away from the tester's own set-up.
pub(crate) fn frosted(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frosted"));
    command
        .current_dir(folder)
        .env_remove("ORT_DYLIB_PATH")
        .env("HOME", folder)
        .env("XDG_CACHE_HOME", folder.join("no-cache"))
        .stdin(Stdio::null());
    command
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    frosted(folder).args(arguments).output().unwrap()
}

/// Runs `frosted blur` with the embedded engine, which is there on every machine.
pub(crate) fn blur(folder: &Path, arguments: &[&str]) -> Output {
    let all = [&["blur"], arguments, &["--engine", "rten"]].concat();
    run(folder, &all)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub(crate) fn succeeds(output: Output) -> Output {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

/// What every failure has: its exit code, one line that names the thing, no panic.
#[track_caller]
pub(crate) fn fails(output: &Output, code: i32, named: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains("error: "), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for name in named {
        assert!(said.contains(name), "\"{name}\" is missing in: {said}");
    }
}

/// The bundled clip's first frames.
pub(crate) fn webcam_frames(count: usize) -> (StreamInfo, Vec<Frame>) {
    let bytes = fs::read(repository().join("examples/data/webcam.mjpeg")).unwrap();
    let mut reader = MjpegReader::new(std::io::Cursor::new(bytes), Rate::PAL).unwrap();
    let mut frame = Frame::new(reader.info().spec);
    let mut frames = Vec::new();
    while frames.len() < count && reader.next(&mut frame).unwrap() {
        frames.push(frame.clone());
    }
    (reader.info().clone(), frames)
}

/// The bundled clip's first frames as Y4M.
pub(crate) fn webcam_y4m(count: usize) -> Vec<u8> {
    let (info, frames) = webcam_frames(count);
    y4m(&info, &frames)
}

pub(crate) fn y4m(info: &StreamInfo, frames: &[Frame]) -> Vec<u8> {
    let mut writer = Y4mWriter::new(Vec::new(), info).unwrap();
    for frame in frames {
        writer.write(&frame.view()).unwrap();
    }
    writer.into_inner()
}

/// A clip of an empty room, for tests that need no person.
pub(crate) fn room_y4m(count: usize) -> Vec<u8> {
    let spec = FrameSpec::new(PixelFormat::I420, 64, 48).unwrap();
    let info = StreamInfo::new(spec, Timing::Constant(Rate::PAL));
    let mut frame = Frame::new(spec);
    frame.view_mut().fill(Rgb::new(180, 120, 60));
    y4m(&info, &vec![frame; count])
}

pub(crate) fn read_y4m(bytes: &[u8]) -> (StreamInfo, Vec<Frame>) {
    let mut reader = Y4mReader::new(bytes, Rate::PAL).unwrap();
    let mut frame = Frame::new(reader.info().spec);
    let mut frames = Vec::new();
    while reader.next(&mut frame).unwrap() {
        frames.push(frame.clone());
    }
    (reader.info().clone(), frames)
}

/// A PNG or JPEG as packed RGB with its size.
pub(crate) fn read_rgb(path: &Path) -> (Vec<u8>, usize, usize) {
    let still = frosted_app::media::still::decode_picture(&fs::read(path).unwrap()).unwrap();
    (still.rgb().to_vec(), still.width(), still.height())
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Whether ffmpeg is there. Where `FROSTED_REQUIRE_FFMPEG=1` says that it must be, its lack
/// is a failure and no reason to skip.
pub(crate) fn has_ffmpeg(test: &str) -> bool {
    let there = ["ffmpeg", "ffprobe"].iter().all(|program| {
        let run = Command::new(program).arg("-version").output();
        run.is_ok_and(|output| output.status.success())
    });
    let required = std::env::var("FROSTED_REQUIRE_FFMPEG").is_ok_and(|value| value == "1");
    assert!(
        there || !required,
        "{test} needs ffmpeg, which is not on the PATH"
    );
    if !there {
        skipped(&format!("{test}: ffmpeg is not on the PATH"));
    }
    there
}

/// Says aloud what was not tested.
pub(crate) fn skipped(what: &str) {
    eprintln!("SKIPPED {what}");
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
