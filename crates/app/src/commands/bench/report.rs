use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stream::Done;
use super::system::Switches;
use super::times::Times;
use crate::cli::BenchOptions;
use crate::summary::Tally;

/// What was measured of all streams.
#[derive(Debug, Default)]
pub(super) struct Run {
    wall: Times,
    cpu: Times,
    rest: Times,
    tally: Tally,
    deadline_misses: u64,
    /// Median milliseconds of each stream.
    medians: Vec<f64>,
    /// Anonymous memory when each of the streams was built and warm.
    rss_anon_bytes: Vec<Option<u64>>,
    rss_anon_peak_bytes: Option<u64>,
    engine: String,
    model: String,
    compositor: String,
    end: Option<(Instant, Option<Duration>)>,
    whole: Whole,
}

/// From the start of all streams to the last one's end.
#[derive(Debug, Default)]
struct Whole {
    wall: Duration,
    cpu: Option<Duration>,
    switches: Option<Switches>,
}

impl Run {
    pub(super) fn see_memory_of_stream(&mut self, bytes: Option<u64>) {
        self.rss_anon_bytes.push(bytes);
    }

    pub(super) fn add(&mut self, done: Done) {
        let [median] = done.wall.milliseconds([0.5]);
        self.medians.push(median);
        self.wall.extend(done.wall);
        self.cpu.extend(done.cpu);
        self.rest.extend(done.rest);
        self.tally.extend(done.tally);
        self.deadline_misses += done.deadline_misses;
        self.rss_anon_peak_bytes = self.rss_anon_peak_bytes.max(done.rss_anon_peak_bytes);
        self.end = self.end.max(done.end);
        (self.engine, self.model, self.compositor) = (done.engine, done.model, done.compositor);
    }

    /// What the process took since `begin`, when it had taken `cpu` of the processor.
    pub(super) fn measure_whole(
        &mut self,
        begin: Instant,
        cpu: Option<Duration>,
        switches: Option<Switches>,
    ) {
        let (end, cpu_end) = self.end.unwrap_or((begin, cpu));
        self.whole = Whole {
            wall: end.saturating_duration_since(begin),
            cpu: cpu_end
                .zip(cpu)
                .map(|(end, begin)| end.saturating_sub(begin)),
            switches,
        };
    }

    /// Frames, and those of them that did not show the person.
    pub(super) fn frames_and_covered(&self) -> (u64, u64) {
        (self.tally.frames(), self.tally.covered())
    }

    /// The line that is printed. The raw frames stand for the cameras' and are not counted as
    /// the streams' memory.
    pub(super) fn to_json(&self, options: &BenchOptions, raw_bytes: usize) -> Value {
        let [p10, median, p95, p99, max] = self.wall.milliseconds([0.1, 0.5, 0.95, 0.99, 1.0]);
        let [rest] = self.rest.milliseconds([0.5]);
        let stages: serde_json::Map<_, _> = self
            .tally
            .stages([0.5])
            .into_iter()
            .filter(|(name, _)| *name != "total")
            .map(|(name, [median])| (name.to_owned(), json!(median)))
            .collect();
        let peak = self.rss_anon_peak_bytes;
        let mut line = json!({
            "frosted": env!("CARGO_PKG_VERSION"),
            "frames": self.tally.frames(),
            "width": options.size.width,
            "height": options.size.height,
            "format": options.format.to_string(),
            "threads": options.protect.machinery.threads,
            "network_threads": options.network_threads,
            "streams": options.streams,
            "pace": options.pace.map(|rate| rounded(1.0 / rate.interval().as_secs_f64())),
            "ms_median": median,
            "ms_p10": p10,
            "ms_p95": p95,
            "ms_p99": p99,
            "ms_max": max,
            "rest_ms": rest,
            "cpu_ms_mean": self.cpu_ms_mean(options.streams),
            "cpu_share": self.whole.cpu.map(|cpu| {
                rounded(cpu.as_secs_f64() / self.whole.wall.as_secs_f64().max(1e-9))
            }),
            "deadline_misses": options.pace.map(|_| self.deadline_misses),
            "fairness": self.fairness(),
            "rss_anon_peak_mb": peak.map(|bytes| megabytes(bytes.saturating_sub(raw_bytes as u64))),
            "rss_anon_extra_stream_mb": self.extra_stream_mb(),
            "engine": self.engine,
            "model": self.model,
            "compositor": self.compositor,
            "stages": stages,
            "shown": self.tally.shown(),
        });
        // Of several streams each would count the others' work as its own.
        let cpu_known = !self.cpu.is_empty() && options.streams == 1;
        let cpu = self.cpu.milliseconds([0.5, 0.95, 0.99, 1.0]);
        let names = ["cpu_ms", "cpu_ms_p95", "cpu_ms_p99", "cpu_ms_max"];
        for (name, value) in names.into_iter().zip(cpu) {
            line[name] = cpu_known.then_some(value).into();
        }
        line["context_switches"] = match self.whole.switches {
            Some(switches) => json!({
                "voluntary": switches.voluntary,
                "involuntary": switches.involuntary,
            }),
            None => Value::Null,
        };
        line
    }

    /// Of one stream without what is done between frames, of several with it.
    fn cpu_ms_mean(&self, streams: u32) -> Option<f64> {
        let sum = match streams {
            1 if self.cpu.is_empty() => None,
            1 => Some(self.cpu.sum()),
            _ => self.whole.cpu,
        };
        let frames = self.tally.frames().max(1) as f64;
        sum.map(|sum| rounded(sum.as_secs_f64() * 1e3 / frames))
    }

    /// How many times as long as the fastest stream's frames the slowest one's take.
    fn fairness(&self) -> Option<f64> {
        let slowest = self.medians.iter().copied().reduce(f64::max)?;
        let fastest = self.medians.iter().copied().reduce(f64::min)?;
        (self.medians.len() > 1 && fastest > 0.0).then(|| rounded(slowest / fastest))
    }

    fn extra_stream_mb(&self) -> Option<f64> {
        let [first, .., last] = self.rss_anon_bytes.as_slice() else {
            return None;
        };
        let more = (*last)?.saturating_sub((*first)?);
        Some(megabytes(more / (self.rss_anon_bytes.len() as u64 - 1)))
    }
}

fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 1e5).round() / 10.0
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_compared_by_their_medians_and_memory_by_the_first() {
        let mut run = Run::default();
        let stream = |ms: u64| Done {
            wall: [Duration::from_millis(ms); 3].into_iter().collect(),
            ..Done::default()
        };
        run.add(stream(4));
        assert_eq!(run.fairness(), None);
        run.add(stream(6));
        run.add(stream(5));
        assert_eq!(run.fairness(), Some(1.5));
        assert_eq!(run.extra_stream_mb(), None);
        for megabytes in [50, 60, 72] {
            run.see_memory_of_stream(Some(megabytes * 1_000_000));
        }
        assert_eq!(run.extra_stream_mb(), Some(11.0));
        run.see_memory_of_stream(None);
        assert_eq!(run.extra_stream_mb(), None);
    }

    #[test]
    fn the_mean_of_one_stream_is_of_its_frames_and_of_more_of_the_whole() {
        let mut run = Run::default();
        assert_eq!(run.cpu_ms_mean(1), None);
        run.cpu = [2, 4].map(Duration::from_millis).into_iter().collect();
        run.whole.cpu = Some(Duration::from_millis(50));
        // No frame was counted, which must not divide by 0.
        assert_eq!(run.cpu_ms_mean(1), Some(6.0));
        assert_eq!(run.cpu_ms_mean(2), Some(50.0));
    }
}
