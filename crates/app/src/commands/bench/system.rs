//! What the system says about this process.

use std::fs;
use std::time::Duration;

/// Processor time of this process, all threads.
#[cfg(unix)]
pub(super) fn cpu_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(
        u64::try_from(time.tv_sec).ok()?,
        u32::try_from(time.tv_nsec).ok()?,
    ))
}

#[cfg(not(unix))]
pub(super) fn cpu_time() -> Option<Duration> {
    None
}

/// Anonymous memory of this process, where Linux tells it.
pub(super) fn rss_anon_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes: u64 = field(&status, "RssAnon:")?
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    Some(kibibytes * 1024)
}

/// How often a thread of the process made room for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Switches {
    /// It waited or slept.
    pub(super) voluntary: u64,
    /// It was made to.
    pub(super) involuntary: u64,
}

impl Switches {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            voluntary: self.voluntary.saturating_sub(before.voluntary),
            involuntary: self.involuntary.saturating_sub(before.involuntary),
        }
    }
}

/// Of the threads that there are now, where Linux tells it.
pub(super) fn context_switches() -> Option<Switches> {
    let mut sum = Switches::default();
    for task in fs::read_dir("/proc/self/task").ok()? {
        // A thread may have ended since.
        let Ok(status) = fs::read_to_string(task.ok()?.path().join("status")) else {
            continue;
        };
        let count = |name: &str| field(&status, name).and_then(|text| text.parse::<u64>().ok());
        sum.voluntary += count("voluntary_ctxt_switches:")?;
        sum.involuntary += count("nonvoluntary_ctxt_switches:")?;
    }
    Some(sum)
}

fn field<'s>(status: &'s str, name: &str) -> Option<&'s str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t3\n";
        assert_eq!(field(status, "voluntary_ctxt_switches:"), Some("7"));
        assert_eq!(field(status, "nonvoluntary_ctxt_switches:"), Some("3"));
        assert_eq!(field(status, "RssAnon:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn touched_memory_is_seen_and_switches_are_told() {
        assert!(context_switches().is_some());
        let before = rss_anon_bytes().unwrap();
        let memory = std::hint::black_box(vec![1u8; 128 << 20]);
        assert!(rss_anon_bytes().unwrap() > before + (64 << 20));
        drop(memory);
    }
}
