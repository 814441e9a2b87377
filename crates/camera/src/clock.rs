use frosted_core::Timestamp;

/// The time that captures are stamped with: of the machine's monotonic clock.
///
/// On Linux it is `CLOCK_MONOTONIC`, which cameras' own stamps are of, too; elsewhere it
/// begins with the first call in the process.
pub fn monotonic_now() -> Timestamp {
    #[cfg(target_os = "linux")]
    {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
        Timestamp::from_nanos(seconds * 1_000_000_000 + nanos)
    }
    #[cfg(not(target_os = "linux"))]
    {
        static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        Timestamp::ZERO + BEGAN.get_or_init(std::time::Instant::now).elapsed()
    }
}
