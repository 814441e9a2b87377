use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use frosted::{Cause, CompositorInfo, FrameReport, SegmenterInfo, Shown, StageTimes};
use serde_json::{Value, json};

use crate::sample::Sample;

/// What became of the frames of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    shown: BTreeMap<String, u64>,
    person: u64,
    covered: BTreeMap<String, u64>,
    times: Sample<StageTimes>,
    plate_bits: u32,
    plates: u32,
}

type TimeOf = fn(&StageTimes) -> Duration;

/// The stages whose times are told, in their order.
const STAGES: [(&str, TimeOf); 5] = [
    ("reduce", |times| times.reduce),
    ("segment", |times| times.segment),
    ("decide", |times| times.decide),
    ("paint", |times| times.paint),
    ("total", |times| times.total),
];

impl Tally {
    /// Counts a frame that was written.
    pub(crate) fn add(&mut self, report: &FrameReport) {
        *self.shown.entry(report.shown.to_string()).or_default() += 1;
        match report.shown {
            Shown::Person => self.person += 1,
            Shown::AllCovered(cause) | Shown::Card(cause) => self.cover(cause),
            _ => {}
        }
        self.times.push(report.times);
        self.plate_bits = self.plate_bits.max(report.plate_bits);
        self.plates = self.plates.max(report.plates);
    }

    /// Counts the frames of another stream with the same settings and as many frames.
    pub(crate) fn extend(&mut self, other: Self) {
        for (shown, count) in other.shown {
            *self.shown.entry(shown).or_default() += count;
        }
        for (cause, count) in other.covered {
            *self.covered.entry(cause).or_default() += count;
        }
        self.person += other.person;
        self.times.extend(other.times);
        self.plate_bits = self.plate_bits.max(other.plate_bits);
        self.plates = self.plates.max(other.plates);
    }

    fn cover(&mut self, cause: Cause) {
        *self.covered.entry(cause.to_string()).or_default() += 1;
    }

    pub(crate) fn frames(&self) -> u64 {
        self.times.seen()
    }

    /// Frames without the person: covered whole, or a card.
    pub(crate) fn covered(&self) -> u64 {
        self.frames() - self.person
    }

    /// The milliseconds of each stage at these shares of the frames, 0 to 1.
    pub(crate) fn stages<const N: usize>(&self, shares: [f64; N]) -> Vec<(&'static str, [f64; N])> {
        STAGES
            .iter()
            .map(|(name, of)| {
                let times = self.times.kept().iter();
                let milliseconds = times.map(|times| of(times).as_secs_f64() * 1e3);
                (*name, percentiles(milliseconds.collect(), shares))
            })
            .collect()
    }

    pub(crate) fn shown(&self) -> &BTreeMap<String, u64> {
        &self.shown
    }

    /// The summary as JSON. It names no file and holds no pixel.
    pub(crate) fn to_json(&self, info: &SegmenterInfo, compositor: &CompositorInfo) -> Value {
        let stages = self.stages([0.5, 0.95, 0.99]);
        let milliseconds: serde_json::Map<String, Value> = stages
            .into_iter()
            .map(|(name, [p50, p95, p99])| {
                (name.to_owned(), json!({"p50": p50, "p95": p95, "p99": p99}))
            })
            .collect();
        json!({
            "frosted": env!("CARGO_PKG_VERSION"),
            "frames": self.frames(),
            "shown": self.shown,
            "milliseconds": milliseconds,
            "plate_bits": self.plate_bits,
            "plates": self.plates,
            "compositor": compositor.to_string(),
            "engine": info.engine,
            "model": info.model,
            "model_sha256": info.model_sha256,
        })
    }
}

impl fmt::Display for Tally {
    /// "125 frames: 121 with the person in front of the covered room, 4 covered whole
    /// (3 nobody, 1 starting)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames = self.frames();
        let word = if frames == 1 { "frame" } else { "frames" };
        let covered = self.covered();
        write!(
            f,
            "{frames} {word}: {} with the person in front of the covered room, {covered} covered whole",
            self.person
        )?;
        self.tell_causes(f)
    }
}

/// A tally in the words for mattes, which hide nothing.
#[derive(Debug)]
pub(crate) struct Mattes<'a>(pub(crate) &'a Tally);

impl fmt::Display for Mattes<'_> {
    /// "125 mattes: 121 with a person, 4 empty (3 nobody, 1 starting)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames = self.0.frames();
        let word = if frames == 1 { "matte" } else { "mattes" };
        let (person, empty) = (self.0.person, frames - self.0.person);
        write!(f, "{frames} {word}: {person} with a person, {empty} empty")?;
        self.0.tell_causes(f)
    }
}

impl Tally {
    fn tell_causes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let causes: Vec<_> = self
            .covered
            .iter()
            .map(|(cause, count)| format!("{count} {cause}"))
            .collect();
        if causes.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", causes.join(", "))
        }
    }
}

/// The values at these shares (0 = smallest, 1 = largest), nearest rank; 0 without values.
pub(crate) fn percentiles<const N: usize>(mut values: Vec<f64>, shares: [f64; N]) -> [f64; N] {
    values.sort_by(f64::total_cmp);
    shares.map(|share| {
        let rank = (share * values.len() as f64).ceil() as usize;
        let value = values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0);
        (value * 1000.0).round() / 1000.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(
            percentiles(values, [0.0, 0.1, 0.5, 0.95, 0.99, 1.0]),
            [1.0, 10.0, 50.0, 95.0, 99.0, 100.0]
        );
        assert_eq!(percentiles(vec![7.0], [0.5, 0.99]), [7.0, 7.0]);
        assert_eq!(percentiles(vec![], [0.5]), [0.0]);
    }
}
