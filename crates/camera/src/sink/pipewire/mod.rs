//! A camera for programs that ask PipeWire: no root, no kernel module.

mod audience;
mod buffer;
mod node;
mod params;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use frosted_core::{ProtectedFrame, Timestamp};

use self::params::Form;
use self::shared::Shared;
use super::pack::Packer;
use super::{Sink, SinkOptions, Viewers};
use crate::clock::monotonic_now;
use crate::error::{CameraError, CameraErrorKind};

/// A PipeWire node that programs see as the camera "Frosted Camera".
///
/// It offers YUY2 of one size and rate. Its viewers are counted while PipeWire streams, so
/// that nobody is counted who only lists cameras. After the last one has gone, the picture is
/// forgotten: whoever comes next gets a black one until the next [`write`](Sink::write).
///
/// PipeWire's objects belong to one thread, which the sink starts, and ends when it is
/// dropped.
pub struct PipewireSink {
    shared: Arc<Shared>,
    form: Form,
    packer: Packer,
    /// What the next picture is packed in, while another is on its way.
    spare: Vec<u8>,
    seen: u64,
    thread: Option<JoinHandle<()>>,
}

/// What PipeWire has to start the node in. Without PipeWire the answer comes at once.
const ANSWER_LIMIT: Duration = Duration::from_millis(1500);

/// Beyond it, the thread hangs in PipeWire and is left alone.
const THREAD_LIMIT: Duration = Duration::from_secs(4);

/// A capture that is older by the clock was stamped by another one.
const OLDEST_CAPTURE: Duration = Duration::from_secs(1);

impl PipewireSink {
    /// Shows the camera to this user's PipeWire, with a black picture.
    ///
    /// # Errors
    /// [`NotFound`](CameraErrorKind::NotFound) where no PipeWire runs,
    /// [`Busy`](CameraErrorKind::Busy) if there is a camera of this name already,
    /// [`TimedOut`](CameraErrorKind::TimedOut) if PipeWire does not answer,
    /// [`Unsupported`](CameraErrorKind::Unsupported) for odd sizes,
    /// [`System`](CameraErrorKind::System) if PipeWire refuses, each with the remedy.
    pub fn open(options: &SinkOptions) -> Result<Self, CameraError> {
        options.check()?;
        let form = Form::new(options);
        let shared = Arc::new(Shared::new(&form)?);
        let (ready, answer) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("frosted-pipewire".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || node::run(&shared, form, &ready)
            })
            .map_err(|error| {
                CameraError::new(
                    CameraErrorKind::System,
                    format!("no thread for PipeWire: {error}"),
                )
            })?;
        let mut sink = Self {
            packer: Packer::new(options.width, options.height),
            spare: form.black(),
            seen: 0,
            form,
            shared,
            thread: Some(thread),
        };
        match answer.recv_timeout(THREAD_LIMIT) {
            Ok(Ok(())) => Ok(sink),
            Ok(Err(error)) => Err(error),
            Err(RecvTimeoutError::Timeout) => {
                sink.shared.stop();
                sink.thread = None;
                Err(node::no_answer())
            }
            Err(RecvTimeoutError::Disconnected) => Err(CameraError::new(
                CameraErrorKind::System,
                "PipeWire's thread ended before the camera was there: try again",
            )),
        }
    }
}

/// When the picture was captured, by the clock that viewers compare it with.
fn stamp(captured_at: Timestamp, now: Timestamp) -> Timestamp {
    if captured_at <= now && now.since(captured_at) <= OLDEST_CAPTURE {
        captured_at
    } else {
        now
    }
}

impl Sink for PipewireSink {
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError> {
        self.packer
            .pack_yuyv(&frame.view(), &mut self.spare, self.form.stride_bytes());
        let at = stamp(frame.captured_at(), monotonic_now());
        if self.shared.put(&mut self.spare, at) {
            Ok(())
        } else {
            Err(CameraError::new(
                CameraErrorKind::Disconnected,
                "PipeWire has ended, and the camera with it: it is opened anew when PipeWire is back",
            ))
        }
    }

    fn viewers(&mut self) -> Viewers {
        let (viewers, changes) = self.shared.viewers();
        self.seen = changes;
        Viewers::Count(viewers)
    }

    fn wait(&mut self, timeout: Duration) {
        self.seen = self.shared.wait(self.seen, timeout);
    }

    fn size(&self) -> (usize, usize) {
        (self.form.width as usize, self.form.height as usize)
    }

    fn describe(&self) -> String {
        format!(
            "{} (pipewire), {}x{}",
            node::DESCRIPTION,
            self.form.width,
            self.form.height
        )
    }
}

impl Drop for PipewireSink {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own message; the sink is gone either way.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for PipewireSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipewireSink")
            .field("form", &self.form)
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_of_another_clock_is_stamped_when_it_is_written() {
        let now = Timestamp::from_millis(60_000);
        for (captured, stamped) in [
            (60_000, 60_000),
            (59_950, 59_950),
            (40, 60_000),
            (60_001, 60_000),
        ] {
            assert_eq!(
                stamp(Timestamp::from_millis(captured), now),
                Timestamp::from_millis(stamped),
                "captured at {captured} ms"
            );
        }
    }
}
