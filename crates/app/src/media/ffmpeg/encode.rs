use std::ffi::OsString;
use std::fmt;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use frosted::{Colour, FrameView, Matrix, PixelFormat, Range, Timestamp};

use super::child::Running;
use super::container::Container;
use super::cut::cut;
use super::matroska::RawMatroska;
use super::probe::Probe;
use super::programs::Programs;
use crate::media::open::Coding;
use crate::media::y4m::write_samples;
use crate::media::{MediaError, MediaErrorKind, Sink, StreamInfo, Timing};

/// What is to be encoded to where.
#[derive(Clone, Copy, Debug)]
pub struct EncodeJob<'a> {
    /// The file that ffmpeg writes.
    pub target: &'a Path,
    /// Its container.
    pub container: Container,
    /// With or without loss.
    pub coding: Coding,
    /// The input whose sound is taken along.
    pub sound: Option<(&'a Path, &'a Probe)>,
}

/// Nothing but picture and sound, and no versions of whatever wrote the file.
pub(super) const HYGIENE: [&str; 12] = [
    "-sn",
    "-dn",
    "-map_metadata",
    "-1",
    "-map_chapters",
    "-1",
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
    "-flags:a",
    "+bitexact",
];

/// Writes a container: frames go to ffmpeg through a pipe.
pub struct Encoder {
    frames: Option<Frames>,
    running: Running,
    timing: Timing,
    frames_written: u64,
    describes: String,
    sound: Option<SoundToCut>,
}

/// What is needed to end the sound where the picture ended.
struct SoundToCut {
    programs: Programs,
    target: PathBuf,
    container: Container,
    picture_starts_after: Timestamp,
}

/// How the frames get to ffmpeg.
enum Frames {
    /// Samples alone, at a constant rate.
    Steady(BufWriter<ChildStdin>),
    /// With a time for each.
    Timed(RawMatroska<BufWriter<ChildStdin>>),
}

impl Encoder {
    /// Starts ffmpeg.
    ///
    /// # Errors
    /// [`MediaError`] if it lacks an encoder, cannot be started or the container cannot hold
    /// what is asked for.
    pub fn open(
        programs: &Programs,
        info: &StreamInfo,
        job: &EncodeJob<'_>,
    ) -> Result<Self, MediaError> {
        if job.container == Container::Avi && matches!(info.timing, Timing::Variable(_)) {
            return Err(MediaError::unsupported(
                "AVI cannot hold frames at varying times: write .mkv or .mp4",
            ));
        }
        let picture = PictureCoding::choose(programs, info, job)?;
        let sound = sound_coding(programs, job)?;
        let mut command = Command::new(&programs.ffmpeg);
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]);
        frames_input(&mut command, info, job)?;
        sound_input(&mut command, job);
        command.args(["-map", "0:v:0"]);
        if let Some((_, probe)) = job.sound {
            for (index, _) in &probe.sound {
                command.args(["-map", &format!("1:{index}")]);
            }
        }
        command.args(HYGIENE);
        command.args(programs.pass_through());
        command.args(&picture.arguments);
        command.args(&sound.arguments);
        command
            .args(["-f", job.container.muxer()])
            .arg(file_url(job.target));
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut running = Running::start(&mut command)?;
        let stdin = running.child().stdin.take().expect("the input is a pipe");
        let pipe = BufWriter::with_capacity(1 << 20, stdin);
        let frames = match info.timing {
            Timing::Variable(_) => Frames::Timed(RawMatroska::new(pipe, info)?),
            _ => Frames::Steady(pipe),
        };
        Ok(Self {
            frames: Some(frames),
            running,
            timing: info.timing.clone(),
            frames_written: 0,
            describes: format!("{}{}", picture.describes, sound.describes),
            sound: job.sound.map(|(_, probe)| SoundToCut {
                programs: programs.clone(),
                target: job.target.to_owned(),
                container: job.container,
                picture_starts_after: probe.starts_after,
            }),
        })
    }

    /// What ffmpeg says is the cause; that the pipe broke is only its effect.
    fn failed(&mut self, error: &std::io::Error) -> MediaError {
        self.frames = None;
        match self.running.wait() {
            Err(words) => complained(&words),
            Ok(_) => MediaError::write(error),
        }
    }
}

/// ffmpeg 5 counts it as success when the end of a file cannot be written.
fn is_cut_off(words: &str) -> bool {
    [
        "Error writing trailer",
        "Error closing file",
        "av_interleaved_write_frame",
    ]
    .iter()
    .any(|complaint| words.contains(complaint))
}

pub(super) fn complained(words: &str) -> MediaError {
    let remedy = if words.contains("No space left") {
        "no space left, make room or choose another place"
    } else {
        "ffmpeg gave up"
    };
    MediaError::new(
        MediaErrorKind::Write,
        format!("cannot be written: {remedy} ({words})"),
    )
}

pub(super) fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

fn frames_input(
    command: &mut Command,
    info: &StreamInfo,
    job: &EncodeJob<'_>,
) -> Result<(), MediaError> {
    if let Some((_, probe)) = job.sound {
        let seconds = probe.starts_after.as_nanos() as f64 / 1e9;
        command.args(["-itsoffset", &format!("{seconds:.6}")]);
    }
    let spec = info.spec;
    match info.timing {
        Timing::Variable(_) => {
            command.args(["-f", "matroska"]);
        }
        Timing::Constant(rate) => {
            let size = format!("{}x{}", spec.width(), spec.height());
            let rate = format!("{}/{}", rate.numerator(), rate.denominator());
            command.args(["-f", "rawvideo", "-pixel_format", raw_name(spec.format())?]);
            command.args(["-video_size", &size, "-framerate", &rate]);
        }
        Timing::Still => return Err(MediaError::unsupported("a still picture is no clip")),
    }
    command.args(["-i", "pipe:0"]);
    Ok(())
}

fn sound_input(command: &mut Command, job: &EncodeJob<'_>) {
    if let Some((path, _)) = job.sound {
        command.args(["-protocol_whitelist", "file", "-vn", "-i"]);
        command.arg(file_url(path));
    }
}

fn raw_name(format: PixelFormat) -> Result<&'static str, MediaError> {
    match format {
        PixelFormat::I420 => Ok("yuv420p"),
        PixelFormat::I422 => Ok("yuv422p"),
        PixelFormat::Rgba8 => Ok("rgba"),
        other => Err(MediaError::unsupported(format!(
            "clips hold i420, i422 or rgba, not {other}"
        ))),
    }
}

struct PictureCoding {
    arguments: Vec<String>,
    describes: String,
}

impl PictureCoding {
    fn choose(
        programs: &Programs,
        info: &StreamInfo,
        job: &EncodeJob<'_>,
    ) -> Result<Self, MediaError> {
        let encoder = match job.coding {
            Coding::Lossless => first_of(programs, &["ffv1"])?,
            Coding::Usual => first_of(programs, job.container.picture_encoders())?,
        };
        let alpha = info.spec.format() == PixelFormat::Rgba8;
        let odd = info.spec.width() % 2 == 1 || info.spec.height() % 2 == 1;
        let pixels = match (encoder, alpha) {
            ("ffv1", true) => "bgra",
            ("ffv1", false) => raw_name(info.spec.format())?,
            (_, true) => "yuva420p",
            // H.264 of 4:2:0 has even sides only.
            ("libx264", false) if odd => "yuv444p",
            _ => "yuv420p",
        };
        let mut arguments: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(|&word| word.to_owned()));
        add(&["-c:v", encoder]);
        add(match encoder {
            "libx264" => &["-crf", "18", "-preset", "fast"],
            "mpeg4" => &["-q:v", "2"],
            "libvpx-vp9" => &[
                "-crf",
                "24",
                "-b:v",
                "0",
                "-deadline",
                "good",
                "-cpu-used",
                "4",
                "-row-mt",
                "1",
            ],
            "libvpx" => &["-crf", "10", "-b:v", "8M", "-cpu-used", "4"],
            _ => &["-level", "3", "-g", "1", "-slicecrc", "1"],
        });
        add(&["-vf", &filter(info, pixels)]);
        if matches!(info.timing, Timing::Variable(_))
            && matches!(job.container, Container::Mp4 | Container::Mov)
        {
            add(&[
                "-enc_time_base",
                "1:90000",
                "-video_track_timescale",
                "90000",
            ]);
        } else if matches!(info.timing, Timing::Variable(_)) {
            add(&["-enc_time_base", "1:1000"]);
        }
        if encoder == "libx264" {
            // The encoder's name and options, which it writes beside the picture.
            add(&["-bsf:v", "filter_units=remove_types=6"]);
        }
        if encoder != "ffv1" || !alpha {
            add(&[
                "-color_range",
                range_of(info.spec.colour()),
                "-colorspace",
                matrix_tag(info.spec.colour()),
            ]);
        }
        let describes = match encoder {
            "libx264" => "H.264 by libx264, crf 18",
            "mpeg4" => "MPEG-4 part 2 by mpeg4 (ffmpeg here has no libx264)",
            "libvpx-vp9" => "VP9 by libvpx-vp9, crf 24",
            "libvpx" => "VP8 by libvpx",
            _ => "FFV1, lossless",
        };
        let warning = match (encoder, pixels) {
            ("libx264", "yuv444p") => " (for the odd sides; many players refuse it)",
            _ => "",
        };
        Ok(Self {
            arguments,
            describes: format!("{describes}, {pixels}{warning}"),
        })
    }
}

/// The first of these encoders that ffmpeg has.
fn first_of(programs: &Programs, names: &[&'static str]) -> Result<&'static str, MediaError> {
    names
        .iter()
        .copied()
        .find(|name| programs.has_encoder(name))
        .ok_or_else(|| {
            MediaError::new(
                MediaErrorKind::Program,
                format!(
                    "ffmpeg here has no encoder {}: write .y4m or install another ffmpeg",
                    names.join(" or ")
                ),
            )
        })
}

/// Names range and matrix on both sides, so that samples change only if the format does.
fn filter(info: &StreamInfo, pixels: &str) -> String {
    let colour = info.spec.colour();
    let (over, under) = info.pixel_aspect;
    let range = match colour.range {
        Range::Full => "full",
        Range::Limited => "limited",
    };
    let matrix = matrix_of(colour);
    let scale = match info.spec.format() {
        PixelFormat::Rgba8 => format!("scale=out_color_matrix={matrix}:out_range={range}"),
        _ => format!(
            "scale=in_range={range}:out_range={range}:in_color_matrix={matrix}:out_color_matrix={matrix}"
        ),
    };
    format!("{scale},format={pixels},setsar={over}/{under}")
}

/// ffmpeg's scaler's name of a matrix.
pub(super) fn matrix_of(colour: Colour) -> &'static str {
    match colour.matrix {
        Matrix::Bt601 => "bt601",
        Matrix::Bt709 => "bt709",
    }
}

fn matrix_tag(colour: Colour) -> &'static str {
    match colour.matrix {
        Matrix::Bt601 => "smpte170m",
        Matrix::Bt709 => "bt709",
    }
}

fn range_of(colour: Colour) -> &'static str {
    match colour.range {
        Range::Full => "pc",
        Range::Limited => "tv",
    }
}

struct SoundCoding {
    arguments: Vec<String>,
    describes: String,
}

/// Sound is copied as it is where the container can hold it.
fn sound_coding(programs: &Programs, job: &EncodeJob<'_>) -> Result<SoundCoding, MediaError> {
    let streams = job.sound.map_or(&[][..], |(_, probe)| &probe.sound);
    let (mut arguments, mut describes) = (Vec::new(), String::new());
    for (track, (_, codec)) in streams.iter().enumerate() {
        let copied = job.container.holds_sound(codec);
        let encoder = if copied {
            "copy"
        } else {
            first_of(programs, job.container.sound_encoders())?
        };
        arguments.extend([format!("-c:a:{track}"), encoder.to_owned()]);
        describes += &if copied {
            format!(", sound copied ({codec})")
        } else {
            format!(", sound coded anew ({codec} by {encoder})")
        };
    }
    Ok(SoundCoding {
        arguments,
        describes,
    })
}

impl Sink for Encoder {
    fn write(&mut self, frame: &FrameView<'_>) -> Result<(), MediaError> {
        let at = self.timing.time_of(self.frames_written);
        let written = match self.frames.as_mut() {
            Some(Frames::Steady(pipe)) => write_samples(pipe, frame),
            Some(Frames::Timed(matroska)) => matroska.write(frame, at),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        self.frames_written += 1;
        written.map_err(|error| self.failed(&error))
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        let flushed = match self.frames.as_mut() {
            Some(Frames::Steady(pipe)) => pipe.flush(),
            Some(Frames::Timed(matroska)) => matroska.flush(),
            None => Ok(()),
        };
        flushed.map_err(|error| self.failed(&error))?;
        // Closing the pipe tells ffmpeg that this was all.
        self.frames = None;
        match self.running.wait() {
            Ok(words) if !is_cut_off(&words) => Ok(()),
            Ok(words) | Err(words) => Err(complained(&words)),
        }
    }

    fn break_off(&mut self) -> Result<(), MediaError> {
        self.finish()?;
        let picture = self.timing.time_of(self.frames_written).as_nanos();
        self.sound.as_ref().map_or(Ok(()), |sound| {
            let length = Timestamp::from_nanos(sound.picture_starts_after.as_nanos() + picture);
            cut(&sound.programs, &sound.target, sound.container, length)
        })
    }

    fn describe(&self) -> String {
        self.describes.clone()
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("describes", &self.describes)
            .field("frames_written", &self.frames_written)
            .finish_non_exhaustive()
    }
}
