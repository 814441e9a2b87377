use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use frosted::{Frame, FrameSpec, FrameView, Newcomers, Timestamp};
use serde_json::json;

use crate::cli::BenchOptions;
use crate::config::height;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::media::MediaError;
use crate::messages;
use crate::protect;
use crate::summary::{Tally, percentiles};

/// Frames before the measurement: caches fill, the pipeline begins to show the person.
const WARM_UP_FRAMES: u64 = 10;

/// The time stamps' distance; the frames are handed over as fast as they are done.
const STEP: Duration = Duration::from_millis(33);

pub(crate) fn run(options: &BenchOptions) -> Result<Exit, Failure> {
    let spec = FrameSpec::new(options.format, options.size.width, options.size.height)?;
    let raw = read(&options.raw, &spec)?;
    let (background, held) = options.protect.background(spec.upright_height())?;
    if let Some(note) = held {
        messages::note(&note);
    }
    let text_height_px = height::used_px(&background, spec.upright_height());
    let mut pipeline =
        protect::setup(&options.protect, background, 3, Newcomers::AtOnce)?.build()?;
    let mut output = Frame::new(spec);
    let mut measured = Measured::default();
    let frames = raw.chunks_exact(spec.buffer_bytes()).cycle();
    for (number, bytes) in (0..WARM_UP_FRAMES + options.frames).zip(frames) {
        if interrupt::asked() {
            return Ok(Exit::Interrupted);
        }
        let at = Timestamp::ZERO + STEP * u32::try_from(number).unwrap_or(u32::MAX);
        let frame = FrameView::from_buffer(spec, bytes, at)?;
        let (start, cpu_start) = (Instant::now(), cpu_time());
        let report = pipeline.process(&frame, &mut output.view_mut())?;
        let (wall, cpu) = (start.elapsed(), cpu_time());
        if number >= WARM_UP_FRAMES {
            measured.wall.push(wall);
            measured.cpu.extend(
                cpu.zip(cpu_start)
                    .map(|(end, start)| end.saturating_sub(start)),
            );
            measured.tally.add(&report);
        }
        measured.see_memory();
    }
    let mut line = measured.to_json(options, pipeline.segmenter_info(), raw.len());
    line["compositor"] = pipeline.compositor_info().to_string().into();
    line["text_height_px"] = text_height_px.into();
    writeln!(io::stdout(), "{line}")
        .map_err(|error| MediaError::write(&error).of("standard output"))?;
    Ok(Exit::Done)
}

/// The file's frames, at least one and none of them cut off.
fn read(path: &Path, spec: &FrameSpec) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let metadata = fs::metadata(path).map_err(|error| MediaError::opening(path, &error))?;
    if !metadata.is_file() {
        let error = MediaError::unsupported("is no file, give one of raw frames");
        return Err(error.of(&name).into());
    }
    let (bytes, frame) = (metadata.len(), spec.buffer_bytes() as u64);
    if bytes == 0 || !bytes.is_multiple_of(frame) {
        let error = MediaError::damaged(format!(
            "has {bytes} bytes, which is no multiple of the {frame} bytes of a {} frame of {}x{}: \
             check --format and --size",
            spec.format(),
            spec.width(),
            spec.height()
        ));
        return Err(error.of(&name).into());
    }
    fs::read(path).map_err(|error| MediaError::read(&error).of(&name).into())
}

#[derive(Debug, Default)]
struct Measured {
    wall: Vec<Duration>,
    cpu: Vec<Duration>,
    tally: Tally,
    rss_anon_peak_bytes: Option<u64>,
}

impl Measured {
    fn see_memory(&mut self) {
        self.rss_anon_peak_bytes = self.rss_anon_peak_bytes.max(rss_anon_bytes());
    }

    fn to_json(
        &self,
        options: &BenchOptions,
        info: &frosted::SegmenterInfo,
        raw_bytes: usize,
    ) -> serde_json::Value {
        let milliseconds =
            |times: &[Duration]| times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        let [p10, median, p95, p99] = percentiles(milliseconds(&self.wall), [0.1, 0.5, 0.95, 0.99]);
        let [cpu, cpu_p95] = percentiles(milliseconds(&self.cpu), [0.5, 0.95]);
        let cpu_known = !self.cpu.is_empty();
        let stages: serde_json::Map<_, _> = self
            .tally
            .stages([0.5])
            .into_iter()
            .filter(|(name, _)| *name != "total")
            .map(|(name, [median])| (name.to_owned(), json!(median)))
            .collect();
        // The raw frames stand for the camera's and are not the pipeline's.
        let rss = self.rss_anon_peak_bytes.map(|bytes| {
            let own = bytes.saturating_sub(raw_bytes as u64) as f64 / 1e6;
            (own * 10.0).round() / 10.0
        });
        json!({
            "frames": self.tally.frames(),
            "width": options.size.width,
            "height": options.size.height,
            "format": options.format.to_string(),
            "threads": options.protect.machinery.threads,
            "ms_median": median,
            "ms_p10": p10,
            "ms_p95": p95,
            "ms_p99": p99,
            "cpu_ms": cpu_known.then_some(cpu),
            "cpu_ms_p95": cpu_known.then_some(cpu_p95),
            "rss_anon_peak_mb": rss,
            "engine": info.engine,
            "model": info.model,
            "stages": stages,
            "shown": self.tally.shown(),
        })
    }
}

/// Processor time of this process, all threads.
#[cfg(unix)]
fn cpu_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(
        u64::try_from(time.tv_sec).ok()?,
        u32::try_from(time.tv_nsec).ok()?,
    ))
}

#[cfg(not(unix))]
fn cpu_time() -> Option<Duration> {
    None
}

/// Anonymous memory of this process, where Linux tells it.
fn rss_anon_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
