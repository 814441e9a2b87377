//! Who looks at a loopback: told by its driver where it can, else by who opens its node.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

use super::Viewers;
use crate::error::{CameraError, CameraErrorKind};
use crate::v4l2::{self, Device};

/// Keeps count of a loopback's viewers.
#[derive(Debug)]
pub(crate) struct Watch {
    means: Means,
    count: u32,
}

#[derive(Debug)]
enum Means {
    /// v4l2loopback from 0.13 on tells who streams. The event only comes with a change, so
    /// it is asked for anew now and then in case one was missed.
    Usage { asked: Instant },
    /// Who has the node open, which is more than who streams: programs that look for
    /// cameras open it, too, for a moment.
    Opened { watched: OwnedFd },
}

const ASK_AGAIN: Duration = Duration::from_secs(2);

/// A program that only asks what the device is has closed it again by then.
const SETTLING: Duration = Duration::from_millis(150);

impl Watch {
    pub(crate) fn new(device: &Device) -> Result<Self, CameraError> {
        if device.ask_for_usage().is_ok() {
            let asked = Instant::now();
            let count = device.told_usage().unwrap_or(0);
            return Ok(Self {
                means: Means::Usage { asked },
                count,
            });
        }
        let watched = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)
            .and_then(|fd| {
                let events = WatchFlags::OPEN | WatchFlags::CLOSE_WRITE | WatchFlags::CLOSE_NOWRITE;
                inotify::add_watch(&fd, device.path(), events)?;
                Ok(fd)
            })
            .map_err(|errno| {
                CameraError::new(
                    CameraErrorKind::System,
                    format!(
                        "{}: it cannot be seen who opens it ({}): end programs that watch many files",
                        device.path().display(),
                        std::io::Error::from(errno)
                    ),
                )
            })?;
        Ok(Self {
            means: Means::Opened { watched },
            count: others(device),
        })
    }

    pub(crate) fn viewers(&mut self, device: &Device) -> Viewers {
        match &mut self.means {
            Means::Usage { asked } => {
                if asked.elapsed() >= ASK_AGAIN && device.ask_for_usage().is_ok() {
                    *asked = Instant::now();
                }
                if let Some(count) = device.told_usage() {
                    self.count = count;
                }
            }
            Means::Opened { watched } => {
                let before = self.count;
                let mut count = i64::from(before);
                let sure = read_events(watched, &mut count);
                self.count = u32::try_from(count.max(0)).unwrap_or(u32::MAX);
                if !sure {
                    self.count = others(device);
                }
            }
        }
        Viewers::Count(self.count)
    }

    pub(crate) fn wait(&mut self, device: &Device, timeout: Duration) {
        let before = self.count;
        let (fd, flags) = match &self.means {
            Means::Usage { .. } => (device.as_fd(), PollFlags::PRI),
            Means::Opened { watched } => (watched.as_fd(), PollFlags::IN),
        };
        let changed = v4l2::wait_for(fd, flags, timeout);
        // An error would come back at once for ever.
        if changed.is_err() || (changed == Ok(true) && device.is_in_error()) {
            std::thread::sleep(timeout);
        }
        if let Means::Opened { .. } = self.means
            && self.viewers(device) != Viewers::Count(before)
            && before == 0
        {
            std::thread::sleep(SETTLING.min(timeout));
        }
    }
}

/// Counts openings and closings; `false` if some were lost.
fn read_events(watched: &OwnedFd, count: &mut i64) -> bool {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(watched, &mut buffer);
    let mut sure = true;
    while let Ok(event) = events.next() {
        let flags = event.events();
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            sure = false;
        } else if flags.contains(ReadFlags::OPEN) {
            *count += 1;
        } else if flags.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE) {
            *count -= 1;
        }
    }
    sure && *count >= 0
}

/// The other programs that can be seen to have the node open.
fn others(device: &Device) -> u32 {
    u32::try_from(v4l2::holders(device.path()).len()).unwrap_or(u32::MAX)
}
