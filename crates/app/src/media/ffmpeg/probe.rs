use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use frosted::{Colour, Matrix, Range, Timestamp};
use serde_json::Value;

use super::child::Running;
use super::programs::Programs;
use crate::media::{MediaError, Rate, Timing};

/// What a container holds, as far as it is taken along.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The index of the first video stream that is no attached picture.
    pub(super) video: u64,
    /// ffmpeg's name of its pixel format.
    pub(super) pixel_format: String,
    pub(super) colour: Colour,
    pub(super) pixel_aspect: (u32, u32),
    pub(super) timing: Timing,
    pub(super) frames: Option<u64>,
    /// When the picture begins after the container's first stream does.
    pub(super) starts_after: Timestamp,
    /// Index and ffmpeg's codec name of each sound stream.
    pub(super) sound: Vec<(u64, String)>,
}

impl Probe {
    /// Whether there is sound to take along.
    pub fn has_sound(&self) -> bool {
        !self.sound.is_empty()
    }
}

/// Asks ffprobe what `path` holds and when each frame is shown.
///
/// # Errors
/// [`MediaError`] if ffprobe cannot read it or it holds no video.
pub fn probe(programs: &Programs, path: &Path) -> Result<Probe, MediaError> {
    let described = describe(programs, path)?;
    let streams = described["streams"].as_array().cloned().unwrap_or_default();
    refuse_playlists(&described)?;
    let video = streams
        .iter()
        .find(|stream| is_real_video(stream))
        .ok_or_else(|| MediaError::unsupported("holds no video stream, give a clip with one"))?;
    let index = video["index"].as_u64().unwrap_or(0);
    let times = PacketTimes::read(programs, path, index)?;
    let start = |value: &Value| value["start_time"].as_str()?.parse::<f64>().ok();
    let begins = start(video).unwrap_or(0.0) - start(&described["format"]).unwrap_or(0.0);
    Ok(Probe {
        video: index,
        pixel_format: text(video, "pix_fmt"),
        colour: colour(video),
        pixel_aspect: pixel_aspect(video),
        frames: times.count(),
        timing: timing(video, &times)?,
        starts_after: Timestamp::from_nanos((begins.max(0.0) * 1e9) as u64),
        sound: streams
            .iter()
            .filter(|stream| stream["codec_type"] == "audio")
            .map(|stream| {
                (
                    stream["index"].as_u64().unwrap_or(0),
                    text(stream, "codec_name"),
                )
            })
            .collect(),
    })
}

/// `ffprobe` with what holds for every call: complaints only, files only.
fn ffprobe(programs: &Programs, path: &Path) -> Command {
    let mut command = Command::new(&programs.ffprobe);
    let mut file = std::ffi::OsString::from("file:");
    file.push(path);
    command
        .args(["-v", "error", "-protocol_whitelist", "file", "-i"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn unreadable(complaint: &str) -> MediaError {
    MediaError::damaged(format!(
        "cannot be read by ffmpeg, it may be damaged, cut off or no clip at all ({complaint})"
    ))
}

fn describe(programs: &Programs, path: &Path) -> Result<Value, MediaError> {
    let mut command = ffprobe(programs, path);
    command.args(["-show_streams", "-show_format", "-of", "json"]);
    let mut running = Running::start(&mut command)?;
    let stdout = running.child().stdout.take();
    let described = stdout.map(|stdout| serde_json::from_reader(BufReader::new(stdout)));
    running.wait().map_err(|complaint| unreadable(&complaint))?;
    match described {
        Some(Ok(described)) => Ok(described),
        _ => Err(unreadable("ffprobe said nothing")),
    }
}

/// A playlist names other files, which the user did not give.
fn refuse_playlists(described: &Value) -> Result<(), MediaError> {
    let format = text(&described["format"], "format_name");
    let names_others = ["hls", "concat", "dash", "sdp", "imf", "image2", "lavfi"];
    if format.split(',').any(|name| names_others.contains(&name)) {
        return Err(MediaError::unsupported(format!(
            "is a list of other files ({format}), give one clip"
        )));
    }
    Ok(())
}

fn is_real_video(stream: &Value) -> bool {
    let flag = |name: &str| stream["disposition"][name].as_u64() == Some(1);
    stream["codec_type"] == "video"
        && !flag("attached_pic")
        && !flag("still_image")
        && !flag("timed_thumbnails")
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn colour(video: &Value) -> Colour {
    let (width, height) = (video["width"].as_u64(), video["height"].as_u64());
    let short = width.min(height).unwrap_or(0);
    let full = text(video, "color_range") == "pc" || text(video, "pix_fmt").starts_with("yuvj");
    let matrix = match text(video, "color_space").as_str() {
        "bt709" => Matrix::Bt709,
        "bt470bg" | "smpte170m" | "fcc" => Matrix::Bt601,
        // What players take where nothing is said.
        _ if full || short < 720 => Matrix::Bt601,
        _ => Matrix::Bt709,
    };
    Colour {
        matrix,
        range: if full { Range::Full } else { Range::Limited },
    }
}

fn pixel_aspect(video: &Value) -> (u32, u32) {
    fraction(&text(video, "sample_aspect_ratio"), ':').unwrap_or((1, 1))
}

fn fraction(text: &str, separator: char) -> Option<(u32, u32)> {
    let (over, under) = text.split_once(separator)?;
    let (over, under) = (over.parse().ok()?, under.parse().ok()?);
    (over != 0 && under != 0).then_some((over, under))
}

/// When a stream's packets are shown, in ticks, in the order of showing.
#[derive(Debug, Default)]
struct PacketTimes {
    ticks: Vec<i64>,
    /// Whether a packet came without a time, as in streams that have none.
    incomplete: bool,
}

impl PacketTimes {
    fn read(programs: &Programs, path: &Path, index: u64) -> Result<Self, MediaError> {
        let mut command = ffprobe(programs, path);
        command.args(["-select_streams", &index.to_string()]).args([
            "-show_entries",
            "packet=pts,flags",
            "-of",
            "csv=p=0",
        ]);
        let mut running = Running::start(&mut command)?;
        let mut times = Self::default();
        if let Some(stdout) = running.child().stdout.take() {
            for line in BufReader::new(stdout).lines() {
                times.take(&line.map_err(|error| MediaError::read(&error))?);
            }
        }
        running.wait().map_err(|complaint| unreadable(&complaint))?;
        times.ticks.sort_unstable();
        Ok(times)
    }

    /// Reads "1001,K__"; a D among the flags means that the packet is decoded, not shown.
    fn take(&mut self, line: &str) {
        let (ticks, flags) = line.split_once(',').unwrap_or((line, ""));
        if line.trim().is_empty() || flags.contains('D') {
            return;
        }
        match ticks.parse() {
            Ok(ticks) => self.ticks.push(ticks),
            Err(_) => self.incomplete = true,
        }
    }

    fn count(&self) -> Option<u64> {
        (!self.incomplete).then_some(self.ticks.len() as u64)
    }
}

/// Constant if the frames lie where one of the stream's own rates puts them, up to the
/// rounding of its clock; else every frame's own time.
fn timing(video: &Value, times: &PacketTimes) -> Result<Timing, MediaError> {
    let (tick_over, tick_under) = fraction(&text(video, "time_base"), '/').unwrap_or((1, 1000));
    let tick_ns = f64::from(tick_over) / f64::from(tick_under) * 1e9;
    let first = times.ticks.first().copied().unwrap_or(0);
    let since_first: Vec<f64> = times
        .ticks
        .iter()
        .map(|&ticks| ticks.saturating_sub(first) as f64 * tick_ns)
        .collect();
    let candidates: Vec<Rate> = ["r_frame_rate", "avg_frame_rate"]
        .into_iter()
        .filter_map(|key| fraction(&text(video, key), '/'))
        .filter_map(|(over, under)| Rate::new(over, under).ok())
        .collect();
    let keeps = |rate: &Rate| {
        since_first.iter().enumerate().all(|(index, &at)| {
            let ideal = rate.time_of(index as u64).as_nanos() as f64;
            (at - ideal).abs() <= 1.5 * tick_ns.max(1.0)
        })
    };
    let steady = candidates
        .iter()
        .copied()
        .find(|rate| times.incomplete || keeps(rate));
    match steady {
        Some(rate) => Ok(Timing::Constant(rate)),
        None if since_first.is_empty() => Err(MediaError::unsupported(
            "does not say when its frames are shown, put it into a container first",
        )),
        None => {
            let mut at: Vec<_> = since_first
                .iter()
                .map(|&at| Timestamp::from_nanos(at as u64))
                .collect();
            at.dedup();
            Ok(Timing::Variable(at.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn video(rate: &str, average: &str) -> Value {
        json!({"time_base": "1/1000", "r_frame_rate": rate, "avg_frame_rate": average})
    }

    fn times(ticks: &[i64]) -> PacketTimes {
        PacketTimes {
            ticks: ticks.to_vec(),
            incomplete: false,
        }
    }

    #[test]
    fn milliseconds_of_a_steady_clip_give_its_exact_rate() {
        let found = timing(&video("30000/1001", "0/0"), &times(&[5, 38, 72, 105, 138])).unwrap();
        assert_eq!(found, Timing::Constant(Rate::new(30000, 1001).unwrap()));
    }

    #[test]
    fn the_average_counts_where_the_base_rate_does_not_fit() {
        let found = timing(&video("90000/1", "25/1"), &times(&[0, 40, 80])).unwrap();
        assert_eq!(found, Timing::Constant(Rate::new(25, 1).unwrap()));
    }

    #[test]
    fn a_phones_clip_keeps_each_frames_time() {
        let found = timing(&video("30/1", "28/1"), &times(&[100, 133, 190, 215])).unwrap();
        let expected = [0, 33, 90, 115].map(Timestamp::from_millis);
        assert_eq!(found, Timing::Variable(expected.to_vec().into()));
    }

    #[test]
    fn packets_that_are_not_shown_do_not_count() {
        let mut times = PacketTimes::default();
        for line in ["0,K__", "40,_D_", "80,___", ""] {
            times.take(line);
        }
        assert_eq!((times.count(), times.ticks), (Some(2), vec![0, 80]));
    }

    #[test]
    fn an_attached_picture_is_no_video() {
        let cover = json!({"codec_type": "video", "disposition": {"attached_pic": 1}});
        assert!(!is_real_video(&cover));
        assert!(is_real_video(
            &json!({"codec_type": "video", "disposition": {"attached_pic": 0}})
        ));
    }
}
