use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use frosted_core::Timestamp;
use rustix::event::{EventfdFlags, eventfd};

use super::params::{BLACK, Form};
use crate::clock::monotonic_now;
use crate::error::{CameraError, CameraErrorKind};

/// What the sink's owner and PipeWire's thread tell each other.
pub(super) struct Shared {
    picture: Mutex<Picture>,
    status: Mutex<Status>,
    changed: Condvar,
    stop: AtomicBool,
    /// An eventfd that PipeWire's loop polls.
    wake: OwnedFd,
}

/// The newest picture: the only one that can be shown.
pub(super) struct Picture {
    pub(super) bytes: Vec<u8>,
    pub(super) captured_at: Timestamp,
    /// When it came here, or was last repeated.
    since: Timestamp,
    /// Whether the viewers do not have it yet.
    pub(super) fresh: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Status {
    viewers: u32,
    gone: bool,
    changes: u64,
}

impl Shared {
    pub(super) fn new(form: &Form) -> Result<Self, CameraError> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|errno| {
            CameraError::new(
                CameraErrorKind::System,
                format!("no event for PipeWire's thread: {errno}"),
            )
        })?;
        Ok(Self {
            picture: Mutex::new(Picture {
                bytes: form.black(),
                captured_at: monotonic_now(),
                since: monotonic_now(),
                fresh: true,
            }),
            status: Mutex::default(),
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
            wake,
        })
    }

    /// Makes `bytes` the newest picture and hands back the buffer of the one before; `false`
    /// if nobody will show it.
    pub(super) fn put(&self, bytes: &mut Vec<u8>, captured_at: Timestamp) -> bool {
        if lock(&self.status).gone {
            return false;
        }
        let mut picture = self.picture();
        std::mem::swap(&mut picture.bytes, bytes);
        picture.captured_at = captured_at;
        picture.since = monotonic_now();
        picture.fresh = true;
        drop(picture);
        self.wake();
        true
    }

    pub(super) fn picture(&self) -> MutexGuard<'_, Picture> {
        lock(&self.picture)
    }

    /// Gives the picture to the viewers again if it is so old.
    pub(super) fn repeat_after(&self, age: Duration) {
        let mut picture = self.picture();
        let now = monotonic_now();
        if now.since(picture.since) < age {
            return;
        }
        picture.captured_at = now;
        picture.since = now;
        picture.fresh = true;
        drop(picture);
        self.wake();
    }

    /// Forgets the picture, so that it is not shown to whoever looks later.
    pub(super) fn blacken(&self) {
        let mut picture = self.picture();
        picture.bytes.as_chunks_mut::<4>().0.fill(BLACK);
        let now = monotonic_now();
        picture.captured_at = now;
        picture.since = now;
        picture.fresh = true;
    }

    /// Viewers, and a number that grows whenever they change.
    pub(super) fn viewers(&self) -> (u32, u64) {
        let status = lock(&self.status);
        (status.viewers, status.changes)
    }

    pub(super) fn set_viewers(&self, viewers: u32) {
        self.change(|status| status.viewers = viewers);
    }

    /// PipeWire has gone: nobody looks, and no picture will be shown any more.
    pub(super) fn leave(&self) {
        self.change(|status| {
            status.viewers = 0;
            status.gone = true;
        });
    }

    pub(super) fn is_gone(&self) -> bool {
        lock(&self.status).gone
    }

    fn change(&self, change: impl FnOnce(&mut Status)) {
        let mut status = lock(&self.status);
        let before = (status.viewers, status.gone);
        change(&mut status);
        if before != (status.viewers, status.gone) {
            status.changes += 1;
            self.changed.notify_all();
        }
    }

    /// Waits for a change after the one numbered `seen`, and gives the last one's number.
    pub(super) fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        let status = lock(&self.status);
        let (status, _) = self
            .changed
            .wait_timeout_while(status, timeout, |status| status.changes == seen)
            .unwrap_or_else(PoisonError::into_inner);
        status.changes
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.wake();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub(super) fn wake_fd(&self) -> &OwnedFd {
        &self.wake
    }

    fn wake(&self) {
        // It fails only if the count is full, and then the loop is to wake anyway.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// Sleeps again after a wake.
    pub(super) fn take_wake(&self) {
        let _ = rustix::io::read(&self.wake, &mut [0u8; 8]);
    }
}

/// What the locks guard is whole at any time, even if a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("status", &*lock(&self.status))
            .finish_non_exhaustive()
    }
}
