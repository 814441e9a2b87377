use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use frosted::{
    Background, FrameSpec, FrameView, Newcomers, Pipeline, ProtectedFrame, Setup, Timestamp,
};

use super::system::{cpu_time, rss_anon_bytes};
use super::times::Times;
use crate::cli::BenchOptions;
use crate::exit::Failure;
use crate::interrupt;
use crate::protect;
use crate::summary::Tally;

/// Frames before the measurement: caches fill, the pipeline begins to show the person.
const WARM_UP_FRAMES: u64 = 10;

/// The time between frames that are not handed over by a clock, by their time stamps.
const STEP: Duration = Duration::from_millis(33);

/// Memory is looked at every so many frames, between two of them.
const FRAMES_PER_LOOK: u64 = 30;

/// The longest sleep after which it is seen that the user wants to end.
const NAP: Duration = Duration::from_millis(100);

/// One pipeline and the thread that hands it its frames.
pub(super) struct Stream<'a> {
    pub(super) options: &'a BenchOptions,
    pub(super) spec: FrameSpec,
    pub(super) raw: &'a [u8],
    /// 0 is the first.
    pub(super) number: u32,
}

/// What was measured of a stream.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) wall: Times,
    /// Of the process: of this stream only if it is alone.
    pub(super) cpu: Times,
    /// Without the networks.
    pub(super) rest: Times,
    pub(super) tally: Tally,
    pub(super) deadline_misses: u64,
    pub(super) rss_anon_peak_bytes: Option<u64>,
    pub(super) engine: String,
    pub(super) model: String,
    pub(super) compositor: String,
    /// When its last frame was done, and the process's processor time then.
    pub(super) end: Option<(Instant, Option<Duration>)>,
}

impl Stream<'_> {
    /// Builds the pipeline, warms it up, says that it is ready and waits for the start; none
    /// if it was broken off.
    pub(super) fn run(
        &self,
        background: Background,
        ready: &Sender<()>,
        begin: &Receiver<Instant>,
    ) -> Result<Option<Done>, Failure> {
        let setup = protect::setup(&self.options.protect, background, 3, Newcomers::AtOnce)?;
        let mut pipeline = Setup {
            network_threads: self.options.network_threads,
            ..setup
        }
        .build()?;
        let mut output = ProtectedFrame::new(self.spec);
        let mut frames = self.frames();
        for (number, bytes) in (0..WARM_UP_FRAMES).zip(&mut frames) {
            if interrupt::asked() {
                return Ok(None);
            }
            let frame = FrameView::from_buffer(self.spec, bytes, self.stamp(number))?;
            let _ = pipeline.protect(&frame, &mut output)?;
        }
        if ready.send(()).is_err() {
            return Ok(None);
        }
        let Ok(start) = begin.recv() else {
            return Ok(None);
        };
        let done = self.measure(&mut pipeline, &mut output, frames, start + self.phase());
        // The pipeline's threads stay until the others' are done, too, and all were looked at.
        let _ = ready.send(());
        let _ = begin.recv();
        done
    }

    fn measure<'f>(
        &self,
        pipeline: &mut Pipeline,
        output: &mut ProtectedFrame,
        frames: impl Iterator<Item = &'f [u8]>,
        start: Instant,
    ) -> Result<Option<Done>, Failure> {
        let mut done = Done::default();
        for (number, bytes) in (0..).zip(frames) {
            if self.is_over(number, start) {
                break;
            }
            if let Some(due) = self.due(number) {
                sleep_until(start + due);
            }
            if interrupt::asked() {
                return Ok(None);
            }
            let stamp = self.stamp(WARM_UP_FRAMES + number);
            let frame = FrameView::from_buffer(self.spec, bytes, stamp)?;
            let (begin, cpu_begin) = (Instant::now(), cpu_time());
            let report = pipeline.protect(&frame, output)?;
            let (wall, cpu) = (begin.elapsed(), cpu_time());
            done.wall.push(wall);
            if let Some((end, begin)) = cpu.zip(cpu_begin) {
                done.cpu.push(end.saturating_sub(begin));
            }
            let next = self.due(number + 1);
            if next.is_some_and(|next| begin + wall > start + next) {
                done.deadline_misses += 1;
            }
            done.rest
                .push(report.times.total.saturating_sub(report.times.segment));
            done.tally.add(&report);
            done.end = Some((begin + wall, cpu));
            if number % FRAMES_PER_LOOK == 0 {
                done.see_memory();
            }
        }
        done.see_memory();
        let info = pipeline.segmenter_info();
        done.engine.clone_from(&info.engine);
        done.model.clone_from(&info.model);
        done.compositor = pipeline.compositor_info().to_string();
        Ok(Some(done))
    }

    /// The frames again and again, each stream from another place on.
    fn frames(&self) -> impl Iterator<Item = &[u8]> {
        let frames = self.raw.chunks_exact(self.spec.buffer_bytes());
        let first = frames.len() * self.number as usize / self.options.streams as usize;
        frames.cycle().skip(first)
    }

    /// The time stamp of a frame, the first of the warm-up being 0.
    fn stamp(&self, number: u64) -> Timestamp {
        match self.options.pace {
            Some(rate) => rate.time_of(number),
            None => Timestamp::ZERO + STEP * u32::try_from(number).unwrap_or(u32::MAX),
        }
    }

    /// When a frame is handed over, counted from the stream's start; none without a clock.
    fn due(&self, number: u64) -> Option<Duration> {
        let rate = self.options.pace?;
        Some(rate.time_of(number).since(Timestamp::ZERO))
    }

    /// Cameras do not wait for each other: the streams' frames are due one after the other.
    fn phase(&self) -> Duration {
        let interval = self
            .options
            .pace
            .map_or(Duration::ZERO, frosted::Rate::interval);
        interval * self.number / self.options.streams
    }

    fn is_over(&self, number: u64, start: Instant) -> bool {
        match (self.options.frames, self.options.seconds) {
            (Some(frames), _) => number >= frames,
            (None, seconds) => {
                let length = Duration::from_secs(seconds.unwrap_or(0).into());
                self.due(number).unwrap_or_else(|| start.elapsed()) >= length
            }
        }
    }
}

impl Done {
    fn see_memory(&mut self) {
        self.rss_anon_peak_bytes = self.rss_anon_peak_bytes.max(rss_anon_bytes());
    }
}

fn sleep_until(at: Instant) {
    loop {
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() || interrupt::asked() {
            return;
        }
        thread::sleep(left.min(NAP));
    }
}
