use std::fmt;
use std::time::Duration;

use frosted::camera::Viewers;
use frosted::{Cause, Shown, Timestamp};
use serde_json::{Value, json};

/// What the virtual camera shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody watches: the camera is closed, its light off.
    Waiting,
    /// The card is shown until the first good masks.
    Starting,
    /// The person is shown.
    Live,
    /// The background alone is shown.
    Covered,
    /// The privacy card is shown.
    Card,
}

impl State {
    /// Its name for machines.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Covered => "covered",
            Self::Card => "card",
        }
    }

    /// The state that showing this is, and why.
    pub(crate) fn of(shown: Shown) -> (Self, Option<Cause>) {
        match shown {
            Shown::Person | Shown::Held => (Self::Live, None),
            Shown::AllCovered(cause) => (Self::Covered, Some(cause)),
            Shown::Card(Cause::Starting) => (Self::Starting, None),
            Shown::Card(cause) => (Self::Card, Some(cause)),
            // Whatever else there may be is no picture of the person.
            _ => (Self::Card, None),
        }
    }
}

/// Whether the camera runs and its light is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CameraState {
    /// It runs.
    Open,
    /// It does not.
    Closed,
}

/// How the virtual camera is doing. It tells nothing of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Status {
    /// What is shown.
    pub(crate) state: State,
    /// Why, where it is not the person.
    pub(crate) cause: Option<String>,
    /// Who watches.
    pub(crate) viewers: Viewers,
    /// Whether the camera runs.
    pub(crate) camera: CameraState,
    /// Frames of the camera that were protected and written, a second; over the last second
    /// or so.
    pub(crate) fps: f64,
    /// From the capture of a frame until it was written; the median of the last second,
    /// `None` without frames.
    pub(crate) latency: Option<Duration>,
    /// Frames of the camera that were written since the start.
    pub(crate) frames: u64,
}

impl Status {
    /// The line for machines: one object.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "state": self.state.name(),
            "cause": self.cause,
            "viewers": match self.viewers {
                Viewers::Count(count) => Some(count),
                Viewers::Unknown => None,
            },
            "camera": match self.camera {
                CameraState::Open => "open",
                CameraState::Closed => "closed",
            },
            "fps": (self.fps * 10.0).round() / 10.0,
            "latency_ms": self.latency.map(|latency| (latency.as_secs_f64() * 1e4).round() / 10.0),
            "frames": self.frames,
        })
    }

    /// Whether people should be told at once.
    pub(crate) fn differs(&self, before: &Self) -> bool {
        (self.state, &self.cause, self.viewers, self.camera)
            != (before.state, &before.cause, before.viewers, before.camera)
    }
}

impl fmt::Display for Status {
    /// "live · 30.0 fps · 6.1 ms · 1 viewer".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            State::Waiting => return f.write_str("waiting · nobody watches, the camera is off"),
            state => f.write_str(state.name())?,
        }
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        write!(f, " · {:.1} fps", self.fps)?;
        if let Some(latency) = self.latency {
            write!(f, " · {:.1} ms", latency.as_secs_f64() * 1e3)?;
        }
        match self.viewers {
            Viewers::Count(1) => f.write_str(" · 1 viewer"),
            Viewers::Count(count) => write!(f, " · {count} viewers"),
            Viewers::Unknown => Ok(()),
        }
    }
}

/// Counts written frames and how long they took, a second at a time.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    frames: u64,
    /// As many were counted when the current second began.
    counted: u64,
    since: Option<Timestamp>,
    latencies: Vec<Duration>,
    fps: f64,
    latency: Option<Duration>,
}

/// Frames beyond this many a second are counted, but their latencies are not kept.
const MOST_LATENCIES: usize = 256;

impl Meter {
    /// A frame of the camera was written.
    pub(crate) fn add(&mut self, latency: Duration) {
        self.frames += 1;
        if self.latencies.capacity() == 0 {
            self.latencies.reserve_exact(MOST_LATENCIES);
        }
        if self.latencies.len() < MOST_LATENCIES {
            self.latencies.push(latency);
        }
    }

    /// Ends the current second if it is over at `now`.
    pub(crate) fn turn(&mut self, now: Timestamp) {
        let since = *self.since.get_or_insert(now);
        let passed = now.since(since);
        if passed < Duration::from_secs(1) {
            return;
        }
        self.fps = (self.frames - self.counted) as f64 / passed.as_secs_f64();
        self.counted = self.frames;
        self.latencies.sort_unstable();
        self.latency = self.latencies.get(self.latencies.len() / 2).copied();
        self.latencies.clear();
        self.since = Some(now);
    }

    /// No frames are expected for a while.
    pub(crate) fn rest(&mut self) {
        self.counted = self.frames;
        self.since = None;
        self.latencies.clear();
        (self.fps, self.latency) = (0.0, None);
    }

    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    pub(crate) fn fps(&self) -> f64 {
        self.fps
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        self.latency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(state: State) -> Status {
        Status {
            state,
            cause: None,
            viewers: Viewers::Count(1),
            camera: CameraState::Open,
            fps: 29.97,
            latency: Some(Duration::from_micros(6140)),
            frames: 90,
        }
    }

    #[test]
    fn people_and_machines_read_the_same() {
        let live = status(State::Live);
        assert_eq!(live.to_string(), "live · 30.0 fps · 6.1 ms · 1 viewer");
        let json = live.to_json();
        assert_eq!(json["state"], "live");
        assert_eq!(json["fps"], 30.0);
        assert_eq!(json["latency_ms"], 6.1);
        assert_eq!(json["viewers"], 1);
        assert_eq!(json["cause"], Value::Null);
        let card = Status {
            cause: Some(Cause::Stalled.to_string()),
            viewers: Viewers::Unknown,
            ..status(State::Card)
        };
        assert_eq!(card.to_string(), "card (stalled) · 30.0 fps · 6.1 ms");
        assert_eq!(card.to_json()["viewers"], Value::Null);
    }

    #[test]
    fn the_meter_tells_the_last_second() {
        let mut meter = Meter::default();
        meter.turn(Timestamp::ZERO);
        for i in 0..30 {
            meter.add(Duration::from_millis(5 + i % 3));
        }
        meter.turn(Timestamp::from_millis(1000));
        assert!((meter.fps() - 30.0).abs() < 0.01);
        assert_eq!(meter.latency(), Some(Duration::from_millis(6)));
        meter.turn(Timestamp::from_millis(2000));
        assert_eq!((meter.fps(), meter.latency()), (0.0, None));
        assert_eq!(meter.frames(), 30);
    }
}
