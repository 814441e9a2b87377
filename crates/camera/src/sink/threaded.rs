use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use frosted_core::ProtectedFrame;

use super::{Sink, Viewers};
use crate::error::{CameraError, CameraErrorKind};

/// Writes another sink's frames on a thread of its own, so that one that blocks, such as a
/// pipe whose reader has stopped, holds nobody up.
///
/// One frame waits while another is written. A frame that comes meanwhile takes the place of
/// the one that waits, so that a reader who goes on gets the youngest; what is being written
/// is written to its end, and the stream stays whole.
///
/// For sinks that do not know their viewers: those are [`Unknown`](Viewers::Unknown). When
/// it is dropped, it waits for the frames that are left for half a second at most; a thread
/// that is stuck by then is left behind.
pub struct ThreadedSink {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    size: (usize, usize),
    description: String,
}

/// How long the end waits for frames that are not written yet.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The frame that waits, or the buffer for the next one.
    frame: Option<ProtectedFrame>,
    waits: bool,
    /// Why nothing will be written any more.
    failed: Option<CameraError>,
    /// No more frames will come.
    over: bool,
    /// The thread has let go of its sink.
    ended: bool,
}

impl ThreadedSink {
    /// Takes `sink` to a thread.
    ///
    /// # Errors
    /// [`CameraErrorKind::System`] if the system has no thread to give.
    pub fn new(sink: Box<dyn Sink>) -> Result<Self, CameraError> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let (size, description) = (sink.size(), sink.describe());
        let thread = thread::Builder::new()
            .name("frosted-output".into())
            .spawn(move || theirs.write_all(sink))
            .map_err(|error| {
                CameraError::new(
                    CameraErrorKind::System,
                    format!("no thread can be had for the output: {error}"),
                )
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
            size,
            description,
        })
    }
}

impl ThreadedSink {
    /// Lets `put` make the buffer the frame that waits.
    fn hand_over(
        &mut self,
        put: impl FnOnce(&mut Option<ProtectedFrame>),
    ) -> Result<(), CameraError> {
        let mut state = self.shared.lock();
        if let Some(error) = &state.failed {
            return Err(error.clone());
        }
        put(&mut state.frame);
        let another_waited = mem::replace(&mut state.waits, true);
        self.shared.changed.notify_all();
        if another_waited {
            return Err(CameraError::new(
                CameraErrorKind::TimedOut,
                format!("{}: takes no frame at present", self.description),
            ));
        }
        Ok(())
    }
}

impl Sink for ThreadedSink {
    /// Hands the frame over and does not wait until it is written.
    ///
    /// # Errors
    /// [`TimedOut`](CameraErrorKind::TimedOut) if a frame that waited gave way to this one:
    /// one frame was lost. Else what became of an earlier frame.
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError> {
        self.hand_over(|buffer| match buffer {
            Some(buffer) => buffer.clone_from(frame),
            none => *none = Some(frame.clone()),
        })
    }

    /// As [`write`](Sink::write), by exchanging buffers.
    fn take(&mut self, frame: &mut ProtectedFrame) -> Result<(), CameraError> {
        self.hand_over(|buffer| match buffer {
            Some(buffer) => mem::swap(buffer, frame),
            none => *none = Some(frame.clone()),
        })
    }

    fn viewers(&mut self) -> Viewers {
        Viewers::Unknown
    }

    fn wait(&mut self, timeout: Duration) {
        thread::sleep(timeout);
    }

    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn describe(&self) -> String {
        self.description.clone()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's work: frame after frame, until there are no more or one cannot be written.
    fn write_all(&self, mut sink: Box<dyn Sink>) {
        let mut frame = None;
        while self.take(&mut frame) {
            let Some(frame) = &frame else { continue };
            let written = catch_unwind(AssertUnwindSafe(|| sink.write(frame)))
                .unwrap_or_else(|_| Err(panicked()));
            match written {
                Err(error) if error.kind() != CameraErrorKind::TimedOut => {
                    self.lock().failed = Some(error);
                    break;
                }
                _ => {}
            }
        }
        // It closes its file with it, and may panic.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(sink)));
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits for a frame and takes it, its buffer given for it; whether there is one.
    fn take(&self, frame: &mut Option<ProtectedFrame>) -> bool {
        let state = self.lock();
        let nothing = |state: &mut State| !state.waits && !state.over;
        let mut state = self
            .changed
            .wait_while(state, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut state.frame, frame);
        mem::take(&mut state.waits)
    }
}

fn panicked() -> CameraError {
    CameraError::new(
        CameraErrorKind::System,
        "the output failed by a mistake of this program",
    )
}

impl Drop for ThreadedSink {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        self.shared.changed.notify_all();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !state.ended);
        let ended = waited.unwrap_or_else(PoisonError::into_inner).0.ended;
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            // It catches its panics; there is nothing in the result.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ThreadedSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadedSink")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::time::Instant;

    use frosted_core::internal::protected_mut;
    use frosted_core::{FrameSpec, PixelFormat, Timestamp};

    /// Writes a frame when the test lets it, and tells which.
    struct Held {
        allowed: Receiver<Result<(), CameraError>>,
        begun: Sender<u64>,
    }

    impl Sink for Held {
        fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError> {
            let _ = self.begun.send(frame.captured_at().as_nanos() / 1_000_000);
            self.allowed.recv().expect("planted")
        }
        fn viewers(&mut self) -> Viewers {
            Viewers::Count(1)
        }
        fn wait(&mut self, _: Duration) {}
        fn size(&self) -> (usize, usize) {
            (32, 16)
        }
        fn describe(&self) -> String {
            "held".into()
        }
    }

    type Ends = (ThreadedSink, Sender<Result<(), CameraError>>, Receiver<u64>);

    fn held() -> Ends {
        let (allow, allowed) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        let sink = ThreadedSink::new(Box::new(Held { allowed, begun })).unwrap();
        (sink, allow, begins)
    }

    fn frame(ms: u64) -> ProtectedFrame {
        let mut frame = ProtectedFrame::new(FrameSpec::new(PixelFormat::Nv12, 32, 16).unwrap());
        protected_mut(&mut frame).set_captured_at(Timestamp::from_millis(ms));
        frame
    }

    #[test]
    fn the_youngest_frame_comes_after_the_one_that_was_held_up() {
        let (mut sink, allow, begins) = held();
        sink.write(&frame(1)).unwrap();
        assert_eq!(begins.recv(), Ok(1));
        sink.write(&frame(2)).unwrap();
        for ms in 3..9 {
            let error = sink.write(&frame(ms)).unwrap_err();
            assert_eq!(error.kind(), CameraErrorKind::TimedOut);
        }
        allow.send(Ok(())).unwrap();
        assert_eq!(begins.recv(), Ok(8));
        allow.send(Ok(())).unwrap();
        sink.write(&frame(9)).unwrap();
        assert_eq!(begins.recv(), Ok(9));
        allow.send(Ok(())).unwrap();
        drop(sink);
        assert!(begins.recv().is_err(), "its sink is dropped");
    }

    #[test]
    fn frames_that_are_taken_come_whole_and_in_order() {
        let (mut sink, allow, begins) = held();
        // What comes back in its place is written over, as by a pipeline.
        let mut own = frame(0);
        for ms in 1..9 {
            protected_mut(&mut own).set_captured_at(Timestamp::from_millis(ms));
            sink.take(&mut own).unwrap();
            assert_eq!(begins.recv(), Ok(ms));
            // The one that waits gives way to the younger one, whichever way they come.
            protected_mut(&mut own).set_captured_at(Timestamp::from_millis(100));
            sink.take(&mut own).unwrap();
            let error = match ms % 2 {
                0 => sink.take(&mut frame(10 * ms)).unwrap_err(),
                _ => sink.write(&frame(10 * ms)).unwrap_err(),
            };
            assert_eq!(error.kind(), CameraErrorKind::TimedOut);
            allow.send(Ok(())).unwrap();
            assert_eq!(begins.recv(), Ok(10 * ms));
            allow.send(Ok(())).unwrap();
        }
        drop(allow);
        drop(sink);
        assert!(begins.recv().is_err(), "its sink is dropped");
    }

    #[test]
    fn the_end_waits_for_the_last_frame_and_not_for_ever() {
        let (mut sink, allow, begins) = held();
        sink.write(&frame(1)).unwrap();
        assert_eq!(begins.recv(), Ok(1));
        sink.write(&frame(2)).unwrap();
        for _ in 0..2 {
            allow.send(Ok(())).unwrap();
        }
        drop(sink);
        assert_eq!(begins.try_recv(), Ok(2));

        let (mut sink, _allow, begins) = held();
        sink.write(&frame(1)).unwrap();
        assert_eq!(begins.recv(), Ok(1));
        let began = Instant::now();
        drop(sink);
        assert!(began.elapsed() < Duration::from_millis(900));
    }

    #[test]
    fn an_error_or_a_panic_is_told_with_the_next_frame() {
        let gone = CameraError::new(CameraErrorKind::Disconnected, "planted");
        for (error, kind) in [
            (Some(gone), CameraErrorKind::Disconnected),
            (None, CameraErrorKind::System),
        ] {
            let (mut sink, allow, begins) = held();
            sink.write(&frame(1)).unwrap();
            assert_eq!(begins.recv(), Ok(1));
            match error {
                Some(error) => allow.send(Err(error)).unwrap(),
                None => drop(allow),
            }
            assert!(begins.recv().is_err(), "its sink is dropped");
            assert_eq!(sink.write(&frame(2)).unwrap_err().kind(), kind);
            drop(sink);
        }
    }
}
