use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// A point in a stream's time, in nanoseconds since a start that the caller chose.
///
/// 0 is the start; the largest value is about 584 years after it. Only differences
/// between time stamps of one stream mean anything.
///
/// ```
/// use frosted_core::Timestamp;
/// use std::time::Duration;
///
/// let second_frame = Timestamp::ZERO + Duration::from_millis(33);
/// assert_eq!(second_frame.since(Timestamp::ZERO), Duration::from_millis(33));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The start of the stream.
    pub const ZERO: Self = Self(0);

    /// `nanoseconds` after the start.
    pub const fn from_nanos(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// `milliseconds` after the start; saturates after 584 years.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Time passed since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates after 584 years.
    fn add(self, duration: Duration) -> Self {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanoseconds))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", Duration::from_nanos(self.0).as_secs_f64())
    }
}
