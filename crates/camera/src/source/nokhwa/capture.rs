use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use frosted_core::{Colour, Timestamp};

use super::claim::{self, Claim};
use super::extent::Extent;
use crate::clock::monotonic_now;
use crate::error::{CameraError, CameraErrorKind};
use crate::mode::Mode;

/// Where buffers come from; a wait for one may never end.
pub(super) trait RawFrames {
    /// The next buffer, which may be longer than its frame.
    fn wait(&mut self) -> Result<Cow<'_, [u8]>, CameraError>;
}

/// A camera that was opened on the capture thread, where it stays.
pub(super) struct Opened<F> {
    pub(super) frames: F,
    pub(super) layout: Layout,
    pub(super) extent: Extent,
    pub(super) claim: Claim,
}

/// What all frames of a stream have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) mode: Mode,
    pub(super) stride_bytes: usize,
    pub(super) colour: Colour,
}

/// One frame in a buffer that is used again.
#[derive(Default)]
pub(super) struct Shot {
    pub(super) bytes: Vec<u8>,
    pub(super) captured_at: Timestamp,
    pub(super) sequence: u64,
    whole: bool,
}

/// The reading end of a capture thread. No method waits longer than it says, whatever the
/// thread is stuck in; a thread that does not answer is left behind.
pub(super) struct Capturing {
    shared: Arc<Shared>,
    name: String,
    layout: Layout,
    held: Shot,
    watchdog: Watchdog,
}

/// Opening a camera takes a second on some systems; one that takes longer hangs.
const START_LIMIT: Duration = Duration::from_secs(5);

/// What a thread gets to close its camera before it is left behind.
const GRACE: Duration = Duration::from_millis(500);

/// Failed reads in a row after which a camera is taken for gone: an empty buffer now and then
/// is reported as an error, too.
const FAILURES: u32 = 3;

impl Capturing {
    /// Opens a camera on a thread of its own and reads it from then on. `is_there` tells
    /// whether a camera is still plugged in and is asked when no frames come.
    ///
    /// # Errors
    /// Those of `open`; [`TimedOut`](CameraErrorKind::TimedOut) if it does not end.
    pub(super) fn start<F: RawFrames>(
        name: &str,
        is_there: fn(&str) -> bool,
        open: impl FnOnce(&Arc<AtomicBool>) -> Result<Opened<F>, CameraError> + Send + 'static,
    ) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let of_camera = name.to_owned();
        thread::Builder::new()
            .name("frosted-camera".to_owned())
            .spawn(move || work(&of_thread, &of_camera, open))
            .map_err(|error| no_thread(name, &error))?;
        let (layout, key) = shared.wait_for_start(name)?;
        Ok(Self {
            shared,
            layout,
            held: Shot::default(),
            watchdog: Watchdog::new(is_there, key),
            name: name.to_owned(),
        })
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// The youngest frame that was not fetched yet; waits for one.
    pub(super) fn next(&mut self, timeout: Duration) -> Result<&Shot, CameraError> {
        let until = Instant::now() + timeout;
        let mut state = self.shared.lock();
        loop {
            if let Some(shot) = state.ready.take() {
                state.spare = mem::replace(&mut self.held, shot).bytes;
                break;
            }
            if let Some(error) = &state.ended {
                return Err(error.clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(state);
                self.watchdog.nothing_came(&self.name, &self.shared);
                return Err(CameraError::new(
                    CameraErrorKind::TimedOut,
                    format!(
                        "{}: no frame came for {} ms",
                        self.name,
                        timeout.as_millis()
                    ),
                ));
            }
            state = self.shared.wait(state, left);
        }
        drop(state);
        self.watchdog.a_frame_came();
        if !self.held.whole {
            return Err(CameraError::new(
                CameraErrorKind::Damaged,
                format!("{}: frame {} is cut off", self.name, self.held.sequence),
            ));
        }
        Ok(&self.held)
    }
}

impl Drop for Capturing {
    fn drop(&mut self) {
        if !self.shared.close(GRACE) {
            log::warn!(
                "{}: its driver does not answer; the thread that reads it is left behind",
                self.name
            );
        }
    }
}

impl fmt::Debug for Capturing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capturing")
            .field("name", &self.name)
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}

/// What the capture thread and its reader share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Nobody reads any more and nobody waits for the thread's end.
    left: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    /// Layout and key of the camera, once it runs.
    started: Option<(Layout, String)>,
    ready: Option<Shot>,
    /// The buffer for the frame after the one that is being written.
    spare: Vec<u8>,
    closing: bool,
    /// Why no frame will come any more.
    ended: Option<CameraError>,
    /// The camera is closed and free.
    finished: bool,
}

impl Shared {
    /// A panic elsewhere leaves the state whole: it is only ever assigned to.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, limit: Duration) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, limit)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    /// Changes the state and wakes whoever waits for it.
    fn change(&self, what: impl FnOnce(&mut State)) {
        what(&mut self.lock());
        self.changed.notify_all();
    }

    /// The first reason stays.
    fn end(&self, why: CameraError) {
        self.change(|state| {
            state.ended.get_or_insert(why);
        });
    }

    fn wait_for_start(&self, name: &str) -> Result<(Layout, String), CameraError> {
        let until = Instant::now() + START_LIMIT;
        let mut state = self.lock();
        loop {
            if let Some(started) = &state.started {
                return Ok(started.clone());
            }
            if let Some(error) = &state.ended {
                return Err(error.clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(state);
                self.close(Duration::ZERO);
                return Err(CameraError::new(
                    CameraErrorKind::TimedOut,
                    format!(
                        "{name}: did not start within {} s: unplug it and plug it in again",
                        START_LIMIT.as_secs()
                    ),
                ));
            }
            state = self.wait(state, left);
        }
    }

    /// Hands a frame over and returns a buffer for the next one.
    fn publish(&self, shot: Shot) -> Vec<u8> {
        let mut state = self.lock();
        let unread = state.ready.replace(shot);
        let free = unread.map_or_else(|| mem::take(&mut state.spare), |shot| shot.bytes);
        drop(state);
        self.changed.notify_all();
        free
    }

    /// Asks the thread to end; whether it did within `grace`.
    fn close(&self, grace: Duration) -> bool {
        let until = Instant::now() + grace;
        let mut state = self.lock();
        state.closing = true;
        while !state.finished {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.left.store(true, Ordering::Relaxed);
                return false;
            }
            state = self.wait(state, left);
        }
        true
    }
}

/// The thread's whole life.
fn work<F: RawFrames>(
    shared: &Shared,
    name: &str,
    open: impl FnOnce(&Arc<AtomicBool>) -> Result<Opened<F>, CameraError>,
) {
    let why = match guarded(name, || open(&shared.left)) {
        Ok(opened) => read(shared, name, opened),
        Err(error) => error,
    };
    shared.change(|state| {
        state.ended.get_or_insert(why);
        state.finished = true;
    });
}

/// Reads until the camera fails or nobody wants it any more; the camera is closed then.
fn read<F: RawFrames>(shared: &Shared, name: &str, opened: Opened<F>) -> CameraError {
    let Opened {
        mut frames,
        layout,
        extent,
        claim,
    } = opened;
    shared.change(|state| state.started = Some((layout, claim.key().to_owned())));
    let Err(why) = guarded(name, || pump(shared, name, extent, &mut frames));
    // Apart from the reading: a panic of nokhwa's on the way out of one would end the process.
    let _ = guarded(name, || {
        drop(frames);
        Ok(())
    });
    // The last one: whoever sees the thread's end may open the camera again.
    drop(claim);
    why
}

fn pump<F: RawFrames>(
    shared: &Shared,
    name: &str,
    extent: Extent,
    frames: &mut F,
) -> Result<Infallible, CameraError> {
    let mut bytes = Vec::new();
    let mut failures = 0;
    for sequence in 0.. {
        let read = frames.wait();
        let captured_at = monotonic_now();
        if shared.lock().closing {
            break;
        }
        let buffer = match read {
            Ok(buffer) => buffer,
            Err(_) if failures + 1 < FAILURES => {
                failures += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        failures = 0;
        let frame = extent.of(&buffer).map(|length| &buffer[..length]);
        bytes.clear();
        bytes.extend_from_slice(frame.unwrap_or_default());
        bytes = shared.publish(Shot {
            whole: frame.is_some(),
            bytes,
            captured_at,
            sequence,
        });
    }
    Err(CameraError::new(
        CameraErrorKind::Disconnected,
        format!("{name}: was closed"),
    ))
}

/// Makes an error of a panic of nokhwa's.
fn guarded<T>(name: &str, work: impl FnOnce() -> Result<T, CameraError>) -> Result<T, CameraError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(CameraError::new(
            CameraErrorKind::Disconnected,
            format!("{name}: its driver's binding failed: open it again"),
        ))
    })
}

/// Asks the system something that may block for ever; waits for [`START_LIMIT`] at most.
///
/// # Errors
/// Those of `question`; [`TimedOut`](CameraErrorKind::TimedOut) without an answer.
pub(super) fn ask<T: Send + 'static>(
    what: &str,
    question: fn() -> Result<T, CameraError>,
) -> Result<T, CameraError> {
    let (answer, answered) = mpsc::sync_channel(1);
    let of_thread = what.to_owned();
    thread::Builder::new()
        .name("frosted-cameras".to_owned())
        .spawn(move || {
            // Nobody listens to an answer that came late.
            let _ = answer.send(guarded(&of_thread, question));
        })
        .map_err(|error| no_thread(what, &error))?;
    answered.recv_timeout(START_LIMIT).unwrap_or_else(|_| {
        Err(CameraError::new(
            CameraErrorKind::TimedOut,
            format!(
                "{what}: the system did not answer within {} s: unplug a camera that hangs",
                START_LIMIT.as_secs()
            ),
        ))
    })
}

fn no_thread(name: &str, error: &std::io::Error) -> CameraError {
    CameraError::new(
        CameraErrorKind::System,
        format!("{name}: no thread to read it could be started: {error}"),
    )
}

/// Looks after a camera that went silent: some systems do not tell a reader that the camera
/// was unplugged. The question may block, too, so it has a thread of its own.
struct Watchdog {
    is_there: fn(&str) -> bool,
    key: String,
    heard_at: Instant,
    asking: Arc<AtomicBool>,
}

/// A camera that is silent for so long is looked for, and again after each such time.
const SILENCE: Duration = Duration::from_secs(1);

impl Watchdog {
    fn new(is_there: fn(&str) -> bool, key: String) -> Self {
        Self {
            is_there,
            key,
            heard_at: Instant::now(),
            asking: Arc::default(),
        }
    }

    fn a_frame_came(&mut self) {
        self.heard_at = Instant::now();
    }

    fn nothing_came(&mut self, name: &str, shared: &Arc<Shared>) {
        if self.heard_at.elapsed() < SILENCE || self.asking.swap(true, Ordering::Relaxed) {
            return;
        }
        self.heard_at = Instant::now();
        let (is_there, key, name) = (self.is_there, self.key.clone(), name.to_owned());
        let (asking, shared) = (Arc::clone(&self.asking), Arc::clone(shared));
        let thread = thread::Builder::new().name("frosted-watchdog".to_owned());
        // Without a thread nobody asks, and the camera goes on being silent.
        let _ = thread.spawn(move || {
            if !catch_unwind(|| is_there(&key)).unwrap_or(true) {
                claim::forfeit(&key, &shared.left);
                shared.end(CameraError::new(
                    CameraErrorKind::Disconnected,
                    format!("{name}: was unplugged, plug it in again"),
                ));
            }
            asking.store(false, Ordering::Relaxed);
        });
    }
}

#[cfg(test)]
mod tests;
