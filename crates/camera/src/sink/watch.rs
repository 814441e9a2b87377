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
        let count = take_stock(device, &watched);
        Ok(Self {
            means: Means::Opened { watched },
            count,
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
                self.count = Changes::read(watched)
                    .apply(self.count)
                    .unwrap_or_else(|| take_stock(device, watched));
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

/// What happened to a node since it was last looked.
#[derive(Debug, Default)]
struct Changes {
    opened: u32,
    closed: u32,
    /// The system dropped some.
    lost: bool,
}

impl Changes {
    fn read(watched: &OwnedFd) -> Self {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(watched, &mut buffer);
        let mut changes = Self::default();
        while let Ok(event) = events.next() {
            let flags = event.events();
            changes.lost |= flags.contains(ReadFlags::QUEUE_OVERFLOW);
            changes.opened += u32::from(flags.contains(ReadFlags::OPEN));
            let closed = ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE;
            changes.closed += u32::from(flags.intersects(closed));
        }
        changes
    }

    fn none(&self) -> bool {
        (self.opened, self.closed, self.lost) == (0, 0, false)
    }

    /// `count` after the changes; `None` if it cannot be right.
    fn apply(&self, count: u32) -> Option<u32> {
        if self.lost {
            return None;
        }
        count.checked_add(self.opened)?.checked_sub(self.closed)
    }
}

/// How often it is looked anew because somebody came or left meanwhile.
const LOOKS: usize = 8;

/// The other programs that can be seen to have the node open. Who comes or leaves while it is
/// looked would be counted twice or never, so it is looked until nobody does.
fn take_stock(device: &Device, watched: &OwnedFd) -> u32 {
    let mut holders = 0;
    for _ in 0..LOOKS {
        holders = v4l2::holders(device.path()).len();
        if Changes::read(watched).none() {
            break;
        }
    }
    u32::try_from(holders).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_cannot_be_right_is_taken_anew() {
        let changes = |opened, closed, lost| Changes {
            opened,
            closed,
            lost,
        };
        assert_eq!(changes(2, 1, false).apply(0), Some(1));
        assert_eq!(changes(0, 1, false).apply(1), Some(0));
        assert_eq!(changes(0, 1, false).apply(0), None);
        assert_eq!(changes(1, 0, true).apply(1), None);
        assert!(changes(0, 0, false).none() && !changes(0, 0, true).none());
    }
}
