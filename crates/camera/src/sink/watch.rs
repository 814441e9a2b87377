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
    Opened {
        watched: OwnedFd,
        openings: Openings,
    },
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
        let openings = Openings::at_first(device, &watched);
        Ok(Self {
            means: Means::Opened { watched, openings },
            count: openings.count(),
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
            Means::Opened { watched, openings } => {
                let changes = Changes::read(watched);
                if !changes.none() {
                    *openings = openings.after(&changes, v4l2::openings(device.path()));
                    self.count = openings.count();
                }
            }
        }
        Viewers::Count(self.count)
    }

    pub(crate) fn wait(&mut self, device: &Device, timeout: Duration) {
        let before = self.count;
        let (fd, flags) = match &self.means {
            Means::Usage { .. } => (device.as_fd(), PollFlags::PRI),
            Means::Opened { watched, .. } => (watched.as_fd(), PollFlags::IN),
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

/// Who has the node open.
///
/// The system tells that it was opened or closed, but not by how many: equal events that
/// nobody fetched yet become one. So whoever can be seen is counted anew with each event, and
/// only programs of other users, which cannot be seen, are counted by the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Openings {
    seen: u32,
    unseen: u32,
}

/// How often it is looked anew because somebody came or left meanwhile.
const LOOKS: usize = 8;

impl Openings {
    /// Those who are there already. Who comes while it is looked would be counted twice, so
    /// it is looked until nobody does.
    fn at_first(device: &Device, watched: &OwnedFd) -> Self {
        let mut openings = Self::default();
        for _ in 0..LOOKS {
            openings.seen = v4l2::openings(device.path());
            if Changes::read(watched).none() {
                break;
            }
        }
        openings
    }

    fn count(self) -> u32 {
        self.seen.saturating_add(self.unseen)
    }

    /// After `changes`, when `seen` can be seen.
    fn after(self, changes: &Changes, seen: u32) -> Self {
        let told = i64::from(changes.opened) - i64::from(changes.closed);
        let explained = i64::from(seen) - i64::from(self.seen);
        let unseen = i64::from(self.unseen) + told - explained;
        Self {
            seen,
            unseen: match changes {
                // Who came and left is not known.
                Changes { lost: true, .. } => 0,
                // Nobody can have come without an opening, and with a closing in between it
                // was one who only looked.
                Changes { opened: 0, .. } | Changes { closed: 1.., .. } => {
                    unseen.clamp(0, i64::from(self.unseen)) as u32
                }
                _ => unseen.clamp(0, i64::from(u32::MAX)) as u32,
            },
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn changes(opened: u32, closed: u32) -> Changes {
        Changes {
            opened,
            closed,
            lost: false,
        }
    }

    #[test]
    fn viewers_are_counted_though_equal_events_become_one() {
        let (nobody, other_user) = (Openings::default(), Openings { seen: 0, unseen: 1 });
        let two = Openings { seen: 2, unseen: 0 };
        let cases = [
            ("one comes", nobody, changes(1, 0), 1, 1),
            ("two come at once", nobody, changes(1, 0), 2, 2),
            ("one of two leaves", two, changes(0, 1), 1, 1),
            ("two leave at once", two, changes(0, 1), 0, 0),
            ("one looks and leaves", nobody, changes(1, 1), 0, 0),
            ("another user's comes", nobody, changes(1, 0), 0, 1),
            ("another user's leaves", other_user, changes(0, 1), 0, 0),
            (
                "one comes beside another user's",
                other_user,
                changes(1, 0),
                1,
                2,
            ),
            (
                "that one leaves",
                Openings { seen: 1, unseen: 1 },
                changes(0, 1),
                0,
                1,
            ),
            (
                "one looks beside another user's",
                other_user,
                changes(1, 1),
                0,
                1,
            ),
            // Seen only now, because it was not in the table when its event came.
            ("one is seen late", other_user, changes(0, 0), 1, 1),
        ];
        for (name, before, changes, seen, count) in cases {
            assert_eq!(before.after(&changes, seen).count(), count, "{name}");
        }
        let lost = Changes {
            opened: 5,
            closed: 0,
            lost: true,
        };
        assert_eq!(other_user.after(&lost, 1), Openings { seen: 1, unseen: 0 });
    }
}
