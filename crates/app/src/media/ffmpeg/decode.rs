use std::ffi::OsString;
use std::io::BufReader;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

use frosted::{Frame, Range};

use super::child::Running;
use super::probe::Probe;
use super::programs::Programs;
use crate::media::y4m::Y4mReader;
use crate::media::{MediaError, MediaErrorKind, Rate, Source, StreamInfo};

/// Reads the picture of a container: ffmpeg decodes it and turns it upright.
#[derive(Debug)]
pub struct Decoder {
    frames: Y4mReader<BufReader<ChildStdout>>,
    running: Running,
    name: String,
    frames_read: u64,
}

impl Decoder {
    /// Starts decoding `path`, which `probe` described.
    ///
    /// # Errors
    /// [`MediaError`] if ffmpeg cannot decode it or the frames are not supported.
    pub fn open(programs: &Programs, path: &Path, probe: &Probe) -> Result<Self, MediaError> {
        let mut running = Running::start(&mut command(programs, path, probe))?;
        let stdout = running.child().stdout.take().expect("the output is a pipe");
        let frames = Y4mReader::new(BufReader::with_capacity(1 << 20, stdout), Rate::PAL);
        let mut frames = match frames {
            Ok(frames) => frames,
            // All is well with ffmpeg, but for the pipe that is closed on it now.
            Err(unread) if unread.kind() == MediaErrorKind::Unsupported => return Err(unread),
            // What ffmpeg says of the file tells more than that nothing came.
            Err(unread) => {
                return Err(running
                    .wait()
                    .map_or_else(|words| undecodable(&words), |_| unread));
            }
        };
        frames.amend(|info| {
            info.spec = info.spec.with_colour(probe.colour);
            info.timing = probe.timing.clone();
            info.frames = probe.frames;
            info.pixel_aspect = turned_aspect(info.pixel_aspect, probe.pixel_aspect);
        });
        Ok(Self {
            frames,
            running,
            name: path.display().to_string(),
            frames_read: 0,
        })
    }
}

/// Y4M carries the aspect once the picture stands upright; without one, the probe's holds.
fn turned_aspect(of_stream: (u32, u32), of_probe: (u32, u32)) -> (u32, u32) {
    if of_stream == (1, 1) {
        of_probe
    } else {
        of_stream
    }
}

fn undecodable(complaint: &str) -> MediaError {
    MediaError::new(
        MediaErrorKind::Damaged,
        format!("cannot be decoded by ffmpeg ({complaint})"),
    )
}

fn command(programs: &Programs, path: &Path, probe: &Probe) -> Command {
    let mut file = OsString::from("file:");
    file.push(path);
    let (pixel_format, filter) = samples(probe);
    let mut command = Command::new(&programs.ffmpeg);
    command
        .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
        .args(["-protocol_whitelist", "file,pipe", "-i"])
        .arg(file)
        .args(["-map", &format!("0:{}", probe.video), "-an", "-sn", "-dn"])
        .args(programs.pass_through());
    if let Some(filter) = filter {
        command.args(["-vf", &filter]);
    }
    command
        .args([
            "-pix_fmt",
            pixel_format,
            "-strict",
            "-1",
            "-f",
            "yuv4mpegpipe",
            "pipe:1",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// The format that is asked for, and the conversion that leads there: none where the samples
/// can stay as they are, else one that keeps matrix and range.
fn samples(probe: &Probe) -> (&'static str, Option<String>) {
    let from = probe.pixel_format.as_str();
    let as_is = match from {
        "yuv420p" => Some("yuv420p"),
        "yuvj420p" => Some("yuvj420p"),
        "yuv422p" => Some("yuv422p"),
        "yuvj422p" => Some("yuvj422p"),
        _ => None,
    };
    if let Some(as_is) = as_is {
        return (as_is, None);
    }
    let to = if from.contains("422")
        || from.contains("444")
        || from.contains("yuyv")
        || from.contains("uyvy")
    {
        "yuv422p"
    } else {
        "yuv420p"
    };
    let range = match probe.colour.range {
        Range::Full => "full",
        Range::Limited => "limited",
    };
    let yuv = from.starts_with("yuv")
        || from.starts_with("nv")
        || from.starts_with("p0")
        || from.starts_with("uyv");
    // Of RGB only the outcome is named: its own range is full whatever the stream says.
    let filter = if yuv {
        format!("scale=in_range={range}:out_range={range},format={to}")
    } else {
        format!(
            "scale=out_color_matrix={}:out_range={range},format={to}",
            super::encode::matrix_of(probe.colour)
        )
    };
    (to, Some(filter))
}

impl Source for Decoder {
    fn info(&self) -> &StreamInfo {
        self.frames.info()
    }

    fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        let more = match self.frames.next(frame) {
            Ok(true) => {
                self.frames_read += 1;
                return Ok(true);
            }
            other => other,
        };
        match self.running.wait() {
            Ok(words) => self.tell_what_is_missing(&words),
            Err(words) => return Err(undecodable(&words).of(&self.name)),
        }
        more.map_err(|error| error.of(&self.name))
    }
}

impl Decoder {
    /// ffmpeg passes over what is damaged and calls that success.
    fn tell_what_is_missing(&self, complaints: &str) {
        let (name, read) = (&self.name, self.frames_read);
        let promised = self.frames.info().frames.unwrap_or(read);
        if read < promised {
            log::warn!("{name}: {read} of {promised} frames could be decoded ({complaints})");
        } else if !complaints.is_empty() {
            log::warn!("{name}: it may be damaged or cut off ({complaints})");
        }
    }
}
