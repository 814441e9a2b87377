//! Raw frames of the bundled clip, scaled by ffmpeg.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::plan::{Case, Own, Size, USUAL};
use crate::workspace::root;

const SOURCE: &str = "examples/data/webcam.mjpeg";

/// The clip's own frames; a file holds fewer where they are large, and is gone through again and again.
const FRAMES: u64 = 100;
const MAX_BYTES: u64 = 256 << 20;

/// A small picture that is scaled up has no grain, and its JPEG far fewer bytes than a camera's.
const NOISE: &str = ",noise=alls=8:allf=t";

/// Frames that go into `frosted blur - -`, which shows its pipeline three before it gives the first.
pub(super) const STREAM_FRAMES: usize = 10;

/// The raw frames of this format and size.
pub(super) fn raw(format: &str, (width, height): Size) -> PathBuf {
    folder().join(format!("{width}x{height}.{format}"))
}

/// The clip at the usual size, as a camera delivers it.
pub(super) fn mjpeg() -> PathBuf {
    folder().join("grainy.mjpeg")
}

/// The same for longer than a run of a camera takes.
pub(super) fn long_mjpeg() -> PathBuf {
    folder().join("grainy-long.mjpeg")
}

/// Mean bytes of its pictures; none if it was not made.
pub(super) fn mjpeg_picture_bytes() -> Option<u64> {
    Some(fs::metadata(mjpeg()).ok()?.len() / FRAMES)
}

/// The clip's beginning at the usual size, for a pipe.
pub(super) fn y4m() -> PathBuf {
    folder().join("usual.y4m")
}

fn folder() -> PathBuf {
    super::folder().join("clips")
}

/// Makes what these cases read, if it is not there.
///
/// # Errors
/// One line that says why not: no ffmpeg, no room on the disk.
pub(super) fn make(cases: &[Case]) -> Result<(), String> {
    fs::create_dir_all(folder()).map_err(|error| format!("{}: {error}", folder().display()))?;
    for case in cases {
        match case {
            Case::Own(Own {
                format,
                size,
                mjpeg: decodes,
                ..
            }) => {
                make_raw(format, *size)?;
                if *decodes {
                    // Webcams mostly halve the chroma's width alone.
                    let options = [
                        "-pix_fmt", "yuvj422p", "-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg",
                    ];
                    ffmpeg(&mjpeg(), &filter(USUAL, NOISE), FRAMES, &options)?;
                }
            }
            Case::Long(own) => make_raw(own.format, own.size)?,
            Case::Peer(peer) => make_raw("bgr24", peer.size)?,
            Case::Live(live) => {
                let options = [
                    "-pix_fmt", "yuvj422p", "-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg",
                ];
                let frames = u64::from(30 * (live.seconds + 10));
                ffmpeg(
                    &long_mjpeg(),
                    &filter(USUAL, &format!(",loop=-1:{FRAMES}{NOISE}")),
                    frames,
                    &options,
                )?;
            }
            Case::Start(_) => {
                let options = ["-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe"];
                ffmpeg(&y4m(), &filter(USUAL, ""), STREAM_FRAMES as u64, &options)?;
            }
        }
    }
    Ok(())
}

fn make_raw(format: &str, size: Size) -> Result<(), String> {
    // ffmpeg's own name.
    let pix_fmt = if format == "yuyv" { "yuyv422" } else { format };
    let options = ["-pix_fmt", pix_fmt, "-f", "rawvideo"];
    ffmpeg(
        &raw(format, size),
        &filter(size, ""),
        frames(format, size),
        &options,
    )
}

fn frames(format: &str, (width, height): Size) -> u64 {
    let pixels = u64::from(width) * u64::from(height);
    let bytes = match format {
        "nv12" => pixels * 3 / 2,
        "yuyv" => pixels * 2,
        "rgba" => pixels * 4,
        _ => pixels * 3,
    };
    FRAMES.min(MAX_BYTES / bytes)
}

fn filter((width, height): Size, rest: &str) -> String {
    format!("scale={width}:-2:flags=bicubic,crop={width}:{height}{rest}")
}

fn ffmpeg(path: &Path, filter: &str, frames: u64, options: &[&str]) -> Result<(), String> {
    if path.is_file() {
        return Ok(());
    }
    // What is broken off must not be taken for a whole clip the next time.
    let part = path.with_extension("part");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(root().join(SOURCE))
        .args(["-vf", filter, "-frames:v", &frames.to_string()])
        .args(options)
        .arg(&part)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| {
            format!("ffmpeg, which scales the bundled clip, could not be started: {error}")
        })?;
    if !status.success() {
        return Err(format!(
            "ffmpeg could not write {}: {status}",
            part.display()
        ));
    }
    fs::rename(&part, path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_frames_are_fewer_and_never_none() {
        assert_eq!(frames("nv12", (640, 360)), 100);
        assert_eq!(frames("bgr24", (1920, 1080)), 43);
        assert_eq!(frames("nv12", (7680, 4320)), 5);
    }
}
