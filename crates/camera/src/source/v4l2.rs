use std::fmt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use frosted_core::Timestamp;
use rustix::io::Errno;

use super::stamp::Stamps;
use super::{Capture, Source};
use crate::clock::monotonic_now;
use crate::error::{CameraError, CameraErrorKind};
use crate::mode::{Mode, Wish};
use crate::v4l2::{Buffers, Device, Direction, Filled, Granted};

/// A camera of Linux, read through Video4Linux with mapped buffers.
pub struct V4l2Source {
    // Before the device: buffers are unmapped while it is still open.
    buffers: Buffers,
    device: Device,
    granted: Granted,
    /// What the caller looks at; it goes back to the device with the next call.
    held: Option<Filled>,
    sequence: u64,
    stamps: Stamps,
    /// How many frames in a row the device said it lost.
    losses: u32,
    /// When it was opened, or a frame came.
    heard: Instant,
    /// A loopback's frame. Its feeder can write to the buffers at any time, and a frame that
    /// changes between the look for the person and the painting would show the room by the
    /// mask of another picture.
    copy: Vec<u8>,
}

/// As many as keep a camera busy while one frame is worked on and one is looked at.
const BUFFERS: u32 = 4;

/// A loopback that nothing came from for so long is given free: as long as it is open here,
/// a feeder that returns is held to the format of the one before.
const ABANDONED: Duration = Duration::from_secs(1);

/// A device that says that a frame was lost may say so again at once.
const LOSS_PAUSE: Duration = Duration::from_millis(20);

/// After as many losses in a row, half a second of them, only opening the camera anew can
/// mend it.
const MOST_LOSSES: u32 = 25;

impl V4l2Source {
    /// Opens the camera at `path`, such as `/dev/video0`, in the mode nearest to `wish`, and
    /// starts it: its light goes on.
    ///
    /// # Errors
    /// [`NotFound`](CameraErrorKind::NotFound), [`NoPermission`](CameraErrorKind::NoPermission)
    /// with the group to join, [`Busy`](CameraErrorKind::Busy) with the program that has it,
    /// [`NotACamera`](CameraErrorKind::NotACamera), or
    /// [`Unsupported`](CameraErrorKind::Unsupported) if it has no mode that is understood.
    pub fn open(path: &Path, wish: &Wish) -> Result<Self, CameraError> {
        let (device, granted) = prepare(path, wish)?;
        let mut buffers = Buffers::map(&device, Direction::Capture, BUFFERS)
            .map_err(|errno| device.error("gives no buffers", errno))?;
        buffers
            .queue_all(&device)
            .and_then(|()| buffers.start(&device))
            .map_err(|errno| device.error("does not start", errno))?;
        Ok(Self {
            buffers,
            device,
            granted,
            held: None,
            sequence: 0,
            stamps: Stamps::default(),
            losses: 0,
            heard: Instant::now(),
            copy: Vec::new(),
        })
    }

    /// Sees whether the camera at `path` could be opened now and in which mode it would run,
    /// without starting it: its light stays off.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn probe(path: &Path, wish: &Wish) -> Result<Mode, CameraError> {
        prepare(path, wish).map(|(_, granted)| granted.mode)
    }

    /// What the caller looked at goes back; then the youngest frame, if there is any.
    fn youngest(&mut self) -> Result<Option<Filled>, Errno> {
        if let Some(held) = self.held.take() {
            self.buffers.give_back(&self.device, held)?;
        }
        let mut youngest: Option<Filled> = None;
        loop {
            match self.buffers.dequeue(&self.device) {
                Ok(filled) => {
                    if let Some(older) = youngest.replace(filled) {
                        self.buffers.give_back(&self.device, older)?;
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(errno) if youngest.is_none() => return Err(errno),
                // The frame is good; the trouble comes again with the next call.
                Err(_) => break,
            }
        }
        self.held = youngest;
        Ok(youngest)
    }

    /// Waits `until` a frame comes; `timeout` is what the caller has given it in all.
    fn wait_for_frame(&mut self, until: Instant, timeout: Duration) -> Result<Filled, CameraError> {
        loop {
            match self.youngest() {
                Ok(Some(filled)) => return Ok(filled),
                Ok(None) => {}
                Err(Errno::IO) => return Err(self.missed(until)),
                Err(errno) => return Err(self.lost(errno)),
            }
            let left = until.saturating_duration_since(Instant::now());
            let ready = self.device.wait(left).map_err(|errno| self.lost(errno))?;
            if !ready && left.is_zero() {
                if self.device.is_loopback() && self.heard.elapsed() >= ABANDONED {
                    return Err(CameraError::new(
                        CameraErrorKind::Disconnected,
                        format!(
                            "{}: the program that feeds it has stopped: start it again",
                            self.device.path().display()
                        ),
                    ));
                }
                return Err(CameraError::new(
                    CameraErrorKind::TimedOut,
                    format!(
                        "{}: no frame came in {} ms",
                        self.device.path().display(),
                        timeout.as_millis()
                    ),
                ));
            }
            if ready && self.device.is_in_error() {
                // Poll would return at once for ever. One last frame may be there.
                return match self.youngest() {
                    Ok(Some(filled)) => Ok(filled),
                    Ok(None) => Err(self.lost(Errno::NODEV)),
                    Err(errno) => Err(self.lost(errno)),
                };
            }
        }
    }

    /// Whatever a running stream reports, only opening the camera anew can mend it.
    fn lost(&self, errno: Errno) -> CameraError {
        let error = self.device.error("stopped", errno);
        CameraError::new(CameraErrorKind::Disconnected, error.to_string())
    }

    /// The device lost a frame: "temporary problems like signal loss" (VIDIOC_DQBUF), or a
    /// fault that stays.
    fn missed(&mut self, until: Instant) -> CameraError {
        self.losses += 1;
        if self.losses >= MOST_LOSSES {
            return self.lost(Errno::IO);
        }
        let left = until.saturating_duration_since(Instant::now());
        thread::sleep(LOSS_PAUSE.min(left));
        CameraError::new(
            CameraErrorKind::Damaged,
            format!("{}: a frame was lost", self.device.path().display()),
        )
    }

    /// The next frame that is whole and not too old, with its time and count.
    fn fresh_frame(&mut self, timeout: Duration) -> Result<(Filled, Timestamp, u64), CameraError> {
        let until = Instant::now() + timeout;
        loop {
            let filled = self.wait_for_frame(until, timeout)?;
            self.heard = Instant::now();
            self.losses = 0;
            let sequence = self.count(filled.sequence);
            if filled.error {
                return Err(CameraError::new(
                    CameraErrorKind::Damaged,
                    format!(
                        "{}: frame {sequence} is broken",
                        self.device.path().display()
                    ),
                ));
            }
            let told = filled.monotonic_ns.map(Timestamp::from_nanos);
            if let Some(captured_at) = self.stamps.judge(told, monotonic_now()) {
                return Ok((filled, captured_at, sequence));
            }
        }
    }

    /// The device's count goes round at 2^32.
    fn count(&mut self, sequence: u32) -> u64 {
        let step = sequence.wrapping_sub(self.sequence as u32);
        self.sequence += u64::from(step);
        self.sequence
    }
}

/// Opens a device and sets its mode.
fn prepare(path: &Path, wish: &Wish) -> Result<(Device, Granted), CameraError> {
    let device = Device::open(path)?;
    if !device.streams(Direction::Capture) {
        let why = if device.is_loopback() {
            "is a loopback that nobody feeds: start the program that does"
        } else {
            "is a video device, but gives no frames: choose another one, see frosted devices"
        };
        return Err(CameraError::new(
            CameraErrorKind::NotACamera,
            format!("{}: {why}", path.display()),
        ));
    }
    let mode = wish.choose(&device.modes()).ok_or_else(|| {
        CameraError::new(
            CameraErrorKind::Unsupported,
            format!(
                "{}: has no format that is understood here, such as YUYV, NV12 or MJPEG",
                path.display()
            ),
        )
    })?;
    let wished = Mode {
        rate: mode.rate.or(Some(wish.rate)),
        ..mode
    };
    let granted = device.set_mode(Direction::Capture, &wished)?;
    Ok((device, granted))
}

impl Source for V4l2Source {
    fn mode(&self) -> Mode {
        self.granted.mode
    }

    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError> {
        let (filled, captured_at, sequence) = self.fresh_frame(timeout)?;
        let bytes = if self.device.is_loopback() {
            self.buffers.copy_to(&filled, &mut self.copy);
            &self.copy
        } else {
            self.buffers.bytes(&filled)
        };
        Ok(Capture {
            bytes,
            mode: self.granted.mode,
            stride_bytes: self.granted.stride_bytes,
            colour: self.granted.colour,
            captured_at,
            sequence,
        })
    }
}

impl Drop for V4l2Source {
    fn drop(&mut self) {
        // Of a camera that is gone nothing else can be asked.
        let _ = self.buffers.stop(&self.device);
    }
}

impl fmt::Debug for V4l2Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("V4l2Source")
            .field("device", &self.device)
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}
