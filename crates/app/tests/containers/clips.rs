//! Clips made and looked into by ffmpeg and ffprobe.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{stderr, webcam_y4m};

pub(crate) fn ffmpeg(folder: &Path, arguments: &[&str]) {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
}

pub(crate) fn probe(folder: &Path, file: &str) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-show_chapters",
            "-count_frames",
            "-of",
            "json",
            file,
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{file}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn video(probed: &Value) -> &Value {
    let streams = probed["streams"].as_array().unwrap();
    streams
        .iter()
        .find(|stream| stream["codec_type"] == "video")
        .unwrap()
}

/// When each frame of the picture is shown, in seconds after the first.
pub(crate) fn times(folder: &Path, file: &str) -> Vec<f64> {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            "v:0",
            "-show_entries",
            "frame=best_effort_timestamp_time",
            "-of",
            "csv=p=0",
            file,
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let times: Vec<f64> = text
        .lines()
        .filter_map(|line| line.split(',').next()?.parse().ok())
        .collect();
    times.iter().map(|time| time - times[0]).collect()
}

/// A checksum of each packet of the sound.
pub(crate) fn sound_packets(folder: &Path, file: &str) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-loglevel",
            "error",
            "-i",
            file,
            "-map",
            "0:a:0",
            "-c",
            "copy",
            "-f",
            "framemd5",
            "-",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    // Stream, times and size come before it; behind it may come side data of the container.
    const COLUMN: usize = 5;
    lines
        .map(|line| line.split(',').nth(COLUMN).unwrap().trim().to_owned())
        .collect()
}

/// A folder with in.y4m, 30 frames of the bundled clip.
pub(crate) fn with_clip() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(30)).unwrap();
    folder
}

pub(crate) const TONE: [&str; 4] = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1.2"];
