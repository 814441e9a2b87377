use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A clock that stands still until it is told to go on.
///
/// It does not implement the pipeline's `Clock` here, which would turn an arrow between the
/// crates round; tests wrap it.
#[derive(Debug, Default)]
pub struct ManualClock {
    nanoseconds: AtomicU64,
}

impl ManualClock {
    /// Lets `time` pass.
    pub fn advance(&self, time: Duration) {
        self.nanoseconds
            .fetch_add(time.as_nanos() as u64, Ordering::SeqCst);
    }

    /// The time passed so far.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::SeqCst))
    }
}
