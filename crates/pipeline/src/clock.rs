use std::fmt;
use std::time::{Duration, Instant};

/// Tells how much time has passed, for deadlines and the times in a report.
///
/// Frames carry their own time stamps; this clock only says how long the work took, so a
/// test can let it run as it likes.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since some fixed start; never less than it was before.
    fn now(&self) -> Duration;
}

/// The machine's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}
