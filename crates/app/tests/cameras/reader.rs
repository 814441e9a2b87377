//! Programs that look at the virtual camera.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::guest::{SINK, ask};
use crate::room::{Look, Room};

/// A frame as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) look: Look,
}

/// A program that reads frames until it is dropped.
pub(crate) struct Reader {
    child: Child,
    seen: Arc<Mutex<Vec<Seen>>>,
    last: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// `v4l2-ctl`, as a video program reads: by mmap.
    pub(crate) fn v4l2_ctl(room: &Arc<Room>) -> Self {
        Self::v4l2_ctl_of(SINK, room)
    }

    /// The same of another device.
    pub(crate) fn v4l2_ctl_of(device: &str, room: &Arc<Room>) -> Self {
        assert_size(device, room);
        let mut command = Command::new("v4l2-ctl");
        command.args(["-d", device, "--stream-mmap=4", "--stream-to-hdr=-"]);
        Self::start(command, room, Framing::Header)
    }

    /// A program that watches and leaves the processor to others: nothing is looked at.
    pub(crate) fn unseen() -> Self {
        let child = Command::new("v4l2-ctl")
            .args(["-d", SINK, "--stream-mmap=4"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            seen: Arc::default(),
            last: Arc::default(),
            thread: None,
        }
    }

    /// `ffmpeg`. It takes frames of the exact length only, so that it cannot read frames from the older loopback whose
    /// length is no multiple of a page, as at 640x360, whoever writes them.
    pub(crate) fn ffmpeg(room: &Arc<Room>) -> Self {
        assert_size(SINK, room);
        let mut command = Command::new("ffmpeg");
        command
            .args([
                "-v",
                "error",
                "-nostdin",
                "-f",
                "v4l2",
                "-input_format",
                "yuyv422",
            ])
            .args(["-i", SINK, "-fps_mode", "passthrough"])
            .args(["-f", "rawvideo", "-pix_fmt", "yuyv422", "-"]);
        Self::start(command, room, Framing::None)
    }

    fn start(mut command: Command, room: &Arc<Room>, framing: Framing) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut frames = child.stdout.take().unwrap();
        let (seen, room) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(room));
        let last = Arc::new(Mutex::new(Vec::new()));
        let (to_seen, to_last) = (Arc::clone(&seen), Arc::clone(&last));
        let thread = thread::spawn(move || {
            let mut frame = vec![0; room.bytes()];
            while next(&mut frames, framing, &mut frame).is_ok() {
                let at = Instant::now();
                let look = room.look(&frame);
                to_last.lock().unwrap().clone_from(&frame);
                to_seen.lock().unwrap().push(Seen { at, look });
            }
        });
        Self {
            child,
            seen,
            last,
            thread: Some(thread),
        }
    }

    /// Every frame so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The frames since `since`.
    pub(crate) fn seen_since(&self, since: Instant) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|frame| frame.at >= since);
        seen
    }

    /// Waits for a frame that is read from now on.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, limit: Duration, wanted: impl Fn(&Look) -> bool) -> Seen {
        let start = Instant::now();
        loop {
            let seen = self.seen_since(start);
            if let Some(found) = seen.iter().find(|frame| wanted(&frame.look)) {
                return *found;
            }
            assert!(
                start.elapsed() < limit,
                "no {what} within {limit:?}, but {} frames, the last: {:?}{}",
                seen.len(),
                seen.last(),
                self.kept()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for so many frames more.
    #[track_caller]
    pub(crate) fn wait_frames(&self, count: usize, limit: Duration) -> Vec<Seen> {
        let start = Instant::now();
        loop {
            let seen = self.seen_since(start);
            if seen.len() >= count {
                return seen;
            }
            assert!(
                start.elapsed() < limit,
                "{} of {count} frames within {limit:?}",
                seen.len()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Keeps the last frame where `FROSTED_CAMERAS_KEEP` names a folder that the machine may write to.
    fn kept(&self) -> String {
        let Some(folder) = std::env::var_os("FROSTED_CAMERAS_KEEP") else {
            return String::new();
        };
        let path = std::path::Path::new(&folder).join(format!("{}.yuyv", self.child.id()));
        std::fs::write(&path, &*self.last.lock().unwrap()).unwrap();
        format!(", kept as {}", path.display())
    }

    /// Fails if one frame of all that were read shows the room.
    #[track_caller]
    pub(crate) fn assert_no_room(&self) {
        let seen = self.seen();
        let bad: Vec<_> = seen
            .iter()
            .enumerate()
            .filter(|(_, frame)| frame.look.room())
            .collect();
        assert!(
            bad.is_empty(),
            "{} of {} frames show the room, the first: {:?}",
            bad.len(),
            seen.len(),
            bad[0]
        );
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How frames are told apart in a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// They are all of one length.
    None,
    /// v4l2-ctl's own: a mark and the length, both big-endian. The older loopback fills the last page of a frame up.
    Header,
}

fn next(frames: &mut impl Read, framing: Framing, frame: &mut [u8]) -> io::Result<()> {
    if framing == Framing::None {
        return frames.read_exact(frame);
    }
    let mut header = [0; 8];
    frames.read_exact(&mut header)?;
    assert_eq!(&header[..4], b"rdhV", "no header of v4l2-ctl's");
    let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
    assert!(length >= frame.len(), "{length} bytes of {}", frame.len());
    frames.read_exact(frame)?;
    let padding = (length - frame.len()) as u64;
    io::copy(&mut frames.take(padding), &mut io::sink())?;
    Ok(())
}

/// Frames a second, by the times of their arrival.
pub(crate) fn rate(seen: &[Seen]) -> f64 {
    let (first, last) = (seen.first().unwrap(), seen.last().unwrap());
    (seen.len() - 1) as f64 / (last.at - first.at).as_secs_f64()
}

/// A reader gets what the device has: frames of another size would be taken for the room's.
#[track_caller]
fn assert_size(device: &str, room: &Room) {
    let said = ask(device, &["-V"]);
    let size = format!("{}/{}", room.width, room.height);
    assert!(
        said.contains(&size) && said.contains("'YUYV'"),
        "not {size} YUYV: {said}"
    );
}
