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
        /// When it has been quiet for long enough to be sure.
        look_again: Option<Instant>,
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
            means: Means::Opened {
                watched,
                openings,
                look_again: Some(Instant::now() + SETTLING),
            },
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
            Means::Opened {
                watched,
                openings,
                look_again,
            } => {
                let changes = Changes::read(watched);
                if !changes.none() {
                    *openings = openings.after(&changes, v4l2::openings(device.path()));
                    *look_again = Some(Instant::now() + SETTLING);
                } else if look_again.is_some_and(|at| at <= Instant::now()) {
                    *openings = openings.settled(v4l2::openings(device.path()));
                    *look_again = None;
                }
                self.count = openings.count();
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
/// again when it has become quiet, because a descriptor is in the table a moment later or
/// earlier than its event. Programs of other users cannot be seen; an opening that stays
/// without anybody who could be seen is theirs, until the next closing that leaves nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Openings {
    seen: u32,
    unseen: bool,
    /// An opening by nobody who could be seen yet.
    unexplained: bool,
}

/// How often it is looked anew because somebody came or left meanwhile.
const LOOKS: usize = 8;

impl Openings {
    /// Those who are there already. Who comes while it is looked would be taken for somebody
    /// else, so it is looked until nobody does.
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
        self.seen.saturating_add(u32::from(self.unseen))
    }

    /// After `changes`, when `seen` can be seen.
    fn after(self, changes: &Changes, seen: u32) -> Self {
        let only_opened = changes.opened && !changes.closed && !changes.lost;
        let all_gone = (changes.closed && seen == 0) || changes.lost;
        Self {
            seen,
            unseen: self.unseen && !all_gone,
            unexplained: only_opened && seen <= self.seen,
        }
    }

    /// When nothing more happened for a while and `seen` can be seen.
    fn settled(self, seen: u32) -> Self {
        Self {
            seen,
            unseen: self.unseen || (self.unexplained && seen <= self.seen),
            unexplained: false,
        }
    }
}

/// What happened to a node since it was last looked.
#[derive(Debug, Default)]
struct Changes {
    opened: bool,
    closed: bool,
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
            changes.opened |= flags.contains(ReadFlags::OPEN);
            changes.closed |= flags.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE);
        }
        changes
    }

    fn none(&self) -> bool {
        !(self.opened || self.closed || self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: Changes = Changes {
        opened: true,
        closed: false,
        lost: false,
    };
    const CLOSED: Changes = Changes {
        opened: false,
        closed: true,
        lost: false,
    };
    const BOTH: Changes = Changes {
        opened: true,
        closed: true,
        lost: false,
    };
    const LOST: Changes = Changes {
        opened: true,
        closed: false,
        lost: true,
    };

    /// Each row: who is there, what happens with who can be seen then, who can be seen when
    /// it is quiet, and the count in the end.
    #[test]
    fn viewers_are_counted_though_equal_events_become_one() {
        let others = Openings {
            unseen: true,
            ..Openings::default()
        };
        let seen = |seen| Openings {
            seen,
            ..Openings::default()
        };
        let cases = [
            ("one comes", seen(0), vec![(OPENED, 1)], 1, 1),
            ("two come at once", seen(0), vec![(OPENED, 2)], 2, 2),
            ("one is in the table late", seen(0), vec![(OPENED, 0)], 1, 1),
            ("one of two leaves", seen(2), vec![(CLOSED, 1)], 1, 1),
            ("two leave at once", seen(2), vec![(CLOSED, 0)], 0, 0),
            ("one looks and leaves", seen(0), vec![(BOTH, 0)], 0, 0),
            (
                "the same in two turns",
                seen(0),
                vec![(OPENED, 1), (CLOSED, 0)],
                0,
                0,
            ),
            (
                "one leaves as one comes",
                seen(1),
                vec![(OPENED, 1), (CLOSED, 1)],
                1,
                1,
            ),
            ("another user's comes", seen(0), vec![(OPENED, 0)], 0, 1),
            ("another user's leaves", others, vec![(CLOSED, 0)], 0, 0),
            (
                "one comes beside another user's",
                others,
                vec![(OPENED, 1)],
                1,
                2,
            ),
            (
                "one looks beside another user's",
                others,
                vec![(OPENED, 1), (BOTH, 1)],
                1,
                2,
            ),
            ("events were lost", others, vec![(LOST, 1)], 1, 1),
        ];
        for (name, mut openings, turns, quiet, count) in cases {
            for (changes, seen) in turns {
                openings = openings.after(&changes, seen);
            }
            assert_eq!(openings.settled(quiet).count(), count, "{name}");
        }
    }

    /// Whatever happened, a closing that leaves nobody who can be seen leaves nobody.
    #[test]
    fn no_mistake_outlives_the_last_viewer() {
        for first in [OPENED, CLOSED, BOTH] {
            for (seen_at_first, seen_then) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)] {
                let openings = Openings::default().after(&first, seen_at_first);
                let openings = openings.settled(seen_then).after(&CLOSED, 0).settled(0);
                assert_eq!(openings.count(), 0);
            }
        }
    }
}
