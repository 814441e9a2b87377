//! `frosted run` from a camera's Motion JPEG to a pipe.

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::clips;
use super::plan::{Live, USUAL};

/// Until the network has warmed up and the person is shown.
const BEFORE: Duration = Duration::from_secs(3);
/// What Linux counts processor time in, whatever its clock: USER_HZ.
const TICKS_A_SECOND: f64 = 100.0;

/// Processor time, memory and frames of `frosted run` with a file as the camera, which comes at the clip's own 25 frames a second.
pub(super) fn measure(command: &mut Command, live: &Live) -> Result<Value, String> {
    let (width, height) = USUAL;
    command.args(["run", "--output", "-", "--model", live.model]);
    command.args([
        "--size",
        &format!("{width}x{height}"),
        "--compositor",
        "cpu",
    ]);
    command.arg("--camera").arg(clips::long_mjpeg());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| format!("frosted could not be started: {error}"))?;
    let bytes = Arc::new(AtomicU64::new(0));
    let reader = child.stdout.take().map(|mut output| {
        let bytes = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 20];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                bytes.fetch_add(count as u64, Ordering::Relaxed);
            }
        })
    });
    let measured = between(&mut child, &bytes, Duration::from_secs(live.seconds.into()));
    let _ = child.kill();
    let _ = child.wait();
    if let Some(reader) = reader {
        let _ = reader.join();
    }
    measured
}

fn between(child: &mut Child, bytes: &AtomicU64, length: Duration) -> Result<Value, String> {
    let look = || {
        (
            Instant::now(),
            ticks(child.id()),
            bytes.load(Ordering::Relaxed),
        )
    };
    thread::sleep(BEFORE);
    let (begin, ticks_begin, bytes_begin) = look();
    thread::sleep(length);
    let (end, ticks_end, bytes_end) = look();
    let memory = anonymous_kb(child.id());
    if let Ok(Some(status)) = child.try_wait() {
        return Err(format!("frosted run ended: {status}"));
    }
    let ticks = ticks_end
        .zip(ticks_begin)
        .ok_or("this system does not tell a program's processor time")?;
    let seconds = end.duration_since(begin).as_secs_f64();
    let (width, height) = USUAL;
    // 4:2:2 with a line of its own.
    let frame = u64::from(width) * u64::from(height) * 2 + "FRAME\n".len() as u64;
    let frames = (bytes_end - bytes_begin) as f64 / frame as f64;
    let cpu = (ticks.0 - ticks.1) as f64 / TICKS_A_SECOND;
    Ok(json!({
        "frames_a_second": frames / seconds,
        "cpu_share": cpu / seconds,
        "cpu_ms_mean": cpu * 1e3 / frames,
        "rss_anon_mb": memory.map(|kb| kb as f64 * 1.024 / 1e3),
    }))
}

/// Processor time of a process, all its threads.
fn ticks(process: u32) -> Option<u64> {
    ticks_in(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn ticks_in(stat: &str) -> Option<u64> {
    // The second field, a name in brackets, may hold blanks; user and system are the 14th and 15th.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn anonymous_kb(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_that_of_user_and_system() {
        let stat = "7 (a name) with) R 1 7 7 0 -1 4194304 100 0 0 0 250 31 0 0 20 0 1 0";
        assert_eq!(ticks_in(stat), Some(281));
        assert_eq!(ticks_in("7 (cut) R 1"), None);
        assert!(ticks(std::process::id()).is_some() || !cfg!(target_os = "linux"));
    }
}
