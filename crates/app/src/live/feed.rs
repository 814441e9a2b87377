use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use frosted::camera::{CameraError, CameraErrorKind};
use frosted::{Frame, FrameSpec, Rate, Timestamp};

use crate::media::{self, MediaError, Timing, open};

/// One frame of a file.
pub(super) struct Shot {
    pub(super) frame: Frame,
    pub(super) rate: Rate,
    /// When it is due, from the first frame of the first round on.
    pub(super) at: Duration,
}

/// Reads a file on a thread of its own, again and again, one frame ahead: a disk, a decoder or
/// a program at the other end of the standard input that stands still holds nobody up.
#[derive(Debug)]
pub(super) struct Feed {
    path: PathBuf,
    /// Taken to end the thread.
    shots: Option<Mutex<Receiver<Shot>>>,
    /// Frames to be written to again.
    spare: SyncSender<Frame>,
    /// Why nothing will come any more.
    end: Arc<Mutex<Option<CameraError>>>,
    thread: Option<JoinHandle<()>>,
}

/// How long the end waits for the thread, which a read can hold for ever.
const PATIENCE: Duration = Duration::from_millis(200);

impl Feed {
    /// Opens a file and says what its frames are.
    ///
    /// # Errors
    /// [`CameraErrorKind::Unsupported`] with what is wrong with it.
    pub(super) fn of_file(path: &Path) -> Result<(Self, FrameSpec, Rate), CameraError> {
        let source = open::camera(path).map_err(refused)?.source;
        let (spec, rate) = (source.info().spec, rate_of(&source.info().timing));
        Ok((Self::start(path, Some(source))?, spec, rate))
    }

    /// The standard input, which has one round and is opened once.
    pub(super) fn of_standard_input() -> Result<Self, CameraError> {
        Self::start(Path::new("-"), None)
    }

    fn start(path: &Path, source: Option<Box<dyn media::Source>>) -> Result<Self, CameraError> {
        // One frame waits, and the next is read meanwhile.
        let (sender, shots) = mpsc::sync_channel(1);
        let (spare, spares) = mpsc::sync_channel(2);
        let end = Arc::new(Mutex::new(None));
        let mut reader = Reader {
            path: path.to_owned(),
            shots: sender,
            spares,
            began: Duration::ZERO,
        };
        let at_the_end = Arc::clone(&end);
        let thread = thread::Builder::new()
            .name("frosted-recording".into())
            .spawn(move || {
                let why = reader.read(source).err();
                // Told before the channel closes with the reader.
                *at_the_end.lock().unwrap_or_else(PoisonError::into_inner) = why;
                drop(reader);
            })
            .map_err(|error| {
                CameraError::new(
                    CameraErrorKind::System,
                    format!(
                        "no thread can be had for {}: {error}",
                        open::input_name(path)
                    ),
                )
            })?;
        Ok(Self {
            path: path.to_owned(),
            shots: Some(Mutex::new(shots)),
            spare,
            end,
            thread: Some(thread),
        })
    }

    /// The next frame, if it is there within `timeout`.
    ///
    /// # Errors
    /// [`TimedOut`](CameraErrorKind::TimedOut), or why there are no more.
    pub(super) fn next(&self, timeout: Duration) -> Result<Shot, CameraError> {
        let shots = self.shots.as_ref().map(Mutex::lock);
        let taken = match shots {
            Some(shots) => shots
                .unwrap_or_else(PoisonError::into_inner)
                .recv_timeout(timeout),
            None => Err(RecvTimeoutError::Disconnected),
        };
        taken.map_err(|error| match error {
            RecvTimeoutError::Timeout => CameraError::new(
                CameraErrorKind::TimedOut,
                format!("{}: no frame came yet", open::input_name(&self.path)),
            ),
            RecvTimeoutError::Disconnected => self.end(),
        })
    }

    /// Whether nothing will come any more.
    pub(super) fn is_over(&self) -> bool {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.is_some() || self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn end(&self) -> CameraError {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.clone().unwrap_or_else(|| {
            CameraError::new(
                CameraErrorKind::System,
                format!("{}: reading it failed", open::input_name(&self.path)),
            )
        })
    }

    /// Gives a frame back to be written to again.
    pub(super) fn give_back(&self, frame: Frame) {
        // One too many is let go.
        let _ = self.spare.try_send(frame);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.shots = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        let began = Instant::now();
        while !thread.is_finished() && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(2));
        }
        if thread.is_finished() {
            // Of a panic the system has told.
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Reader {
    path: PathBuf,
    shots: SyncSender<Shot>,
    spares: Receiver<Frame>,
    /// When this round began.
    began: Duration,
}

impl Reader {
    /// Reads until nobody takes the frames, which is no error.
    fn read(&mut self, source: Option<Box<dyn media::Source>>) -> Result<(), CameraError> {
        let mut source = match source {
            Some(source) => source,
            None => self.open()?,
        };
        loop {
            let timing = source.info().timing.clone();
            let mut index = 0;
            loop {
                let mut frame = self.spare(source.info().spec);
                if !source.next(&mut frame).map_err(refused)? {
                    break;
                }
                let shot = Shot {
                    frame,
                    rate: rate_of(&timing),
                    at: self.began + timing.time_of(index).since(Timestamp::ZERO),
                };
                if self.shots.send(shot).is_err() {
                    return Ok(());
                }
                index += 1;
            }
            if self.path == Path::new("-") {
                return Err(self.ended("has ended"));
            }
            if index == 0 {
                return Err(self.ended("holds no frame any more"));
            }
            self.began += timing.time_of(index).since(Timestamp::ZERO);
            source = self.open()?;
        }
    }

    fn open(&self) -> Result<Box<dyn media::Source>, CameraError> {
        Ok(open::camera(&self.path).map_err(refused)?.source)
    }

    fn spare(&self, spec: FrameSpec) -> Frame {
        match self.spares.try_recv() {
            Ok(frame) if *frame.spec() == spec => frame,
            Ok(_) | Err(TryRecvError::Empty | TryRecvError::Disconnected) => Frame::new(spec),
        }
    }

    fn ended(&self, why: &str) -> CameraError {
        CameraError::new(
            CameraErrorKind::Disconnected,
            format!("{}: {why}", open::input_name(&self.path)),
        )
    }
}

fn rate_of(timing: &Timing) -> Rate {
    match timing {
        Timing::Constant(rate) => *rate,
        _ => Rate::PAL,
    }
}

fn refused(error: MediaError) -> CameraError {
    CameraError::new(CameraErrorKind::Unsupported, error.to_string())
}
