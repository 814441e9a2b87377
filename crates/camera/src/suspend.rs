use std::time::Duration;

/// How long the machine was suspended since it started; zero where that is not told.
///
/// [`monotonic_now`](crate::monotonic_now) stands still meanwhile, so that frames before and
/// after a suspension seem to follow one another, though the machine may have been carried
/// into another room.
pub fn suspended() -> Duration {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        let duration = |id| Duration::try_from(clock_gettime(id)).unwrap_or_default();
        // Read in this order the difference is never too small.
        let awake = duration(ClockId::Monotonic);
        duration(ClockId::Boottime).saturating_sub(awake)
    }
    #[cfg(not(target_os = "linux"))]
    {
        Duration::ZERO
    }
}
