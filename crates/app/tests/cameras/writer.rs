//! A camera of ours: a loopback that `v4l2-ctl` feeds, frame by frame, with what this program hands it.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::guest::{CAMERA, ask, shell, signal};
use crate::room::Room;

/// What `v4l2-ctl` says.
const LOG: &str = "/run/tmp/writer.log";

/// How the camera codes its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Yuyv,
    Mjpeg,
}

/// A camera that shows the room; it stops when it is dropped.
pub(crate) struct Writer {
    child: Child,
    size: (usize, usize),
    dark: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    pace: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts it at `rate` frames a second and waits until the device is a camera.
    pub(crate) fn start(room: &Arc<Room>, coding: Coding, rate: f64) -> Self {
        let fourcc = match coding {
            Coding::Yuyv => "YUYV",
            Coding::Mjpeg => "MJPG",
        };
        let format = format!(
            "--set-fmt-video-out=width={},height={},pixelformat={fourcc}",
            room.width, room.height
        );
        let size = (room.width, room.height);
        let mut child = Command::new("v4l2-ctl")
            .args(["-d", CAMERA, &format, &format!("--set-output-parm={rate}")])
            .args(["--stream-out-mmap=2", "--stream-from-hdr=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(LOG).unwrap())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let (dark, stop) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let (room, is_dark, is_over) = (Arc::clone(room), Arc::clone(&dark), Arc::clone(&stop));
        let interval = Duration::from_secs_f64(1.0 / rate);
        let pace = thread::spawn(move || {
            let mut due = Instant::now();
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                let frame = match coding {
                    Coding::Yuyv if is_dark.load(Ordering::Relaxed) => &darkened(room.raw(number)),
                    Coding::Yuyv => room.raw(number),
                    Coding::Mjpeg => room.jpeg(number),
                };
                // v4l2-ctl's own framing: a mark and the length, both big-endian.
                let mut header = *b"rdhV\0\0\0\0";
                header[4..].copy_from_slice(&(frame.len() as u32).to_be_bytes());
                if input
                    .write_all(&header)
                    .and_then(|()| input.write_all(frame))
                    .is_err()
                {
                    return;
                }
                due += interval;
                let now = Instant::now();
                if due > now {
                    thread::sleep(due - now);
                } else {
                    // A camera does not make up for lost time.
                    due = now;
                }
            }
        });
        let writer = Self {
            child,
            size,
            dark,
            stop,
            pace: Some(pace),
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        let wanted = [
            format!("{}/{}", writer.size.0, writer.size.1),
            format!("'{fourcc}'"),
        ];
        loop {
            let said = ask(CAMERA, &["-D", "-V"]);
            if said.contains("Video Capture") && wanted.iter().all(|word| said.contains(word)) {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{CAMERA} did not become a camera of {wanted:?}: {said}{}{}",
                std::fs::read_to_string(LOG).unwrap_or_default(),
                String::from_utf8_lossy(
                    &shell("ls -l /proc/[0-9]*/fd | grep -B20 video11 | grep -E '^/proc|video'")
                        .stdout
                ),
            );
            thread::sleep(Duration::from_millis(20));
        }
        writer
    }

    /// Its frames stop, and it stays there.
    pub(crate) fn stall(&self) {
        signal("STOP", self.child.id());
    }

    /// They go on.
    pub(crate) fn resume(&self) {
        signal("CONT", self.child.id());
    }

    /// The light goes down a tenth, or up again: every frame from now on is darker, or is not.
    pub(crate) fn darken(&self, dark: bool) {
        self.dark.store(dark, Ordering::Relaxed);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(pace) = self.pace.take() {
            let _ = pace.join();
        }
    }
}

fn darkened(frame: &[u8]) -> Vec<u8> {
    let mut dark = frame.to_vec();
    for luma in dark.iter_mut().step_by(2) {
        *luma -= *luma / 10;
    }
    dark
}
