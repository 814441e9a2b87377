use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use frosted::camera::{
    CameraError, CameraErrorKind, Capture, Encoding, Mode, Source, monotonic_now,
};
use frosted::{Frame, Rate, Timestamp};

use crate::media::{self, MediaError, Timing, open};

/// A file in the place of a camera: its frames come at its own pace, again and again.
pub(crate) struct Recording {
    path: PathBuf,
    source: Box<dyn media::Source>,
    frame: Frame,
    /// When the first frame of this round was due.
    began: Timestamp,
    /// The next frame of this round.
    index: u64,
    sequence: u64,
}

impl Recording {
    /// Opens the file; - is the standard input, which has one round.
    pub(crate) fn open(path: &Path) -> Result<Self, CameraError> {
        let source = open::source(path, None).map_err(refused)?.source;
        let frame = Frame::new(source.info().spec);
        Ok(Self {
            path: path.to_owned(),
            source,
            frame,
            began: monotonic_now(),
            index: 0,
            sequence: 0,
        })
    }

    fn timing(&self) -> &Timing {
        &self.source.info().timing
    }

    fn due(&self) -> Timestamp {
        self.began + self.timing().time_of(self.index).since(Timestamp::ZERO)
    }

    /// The next frame, of the next round if this one is over.
    fn read(&mut self) -> Result<(), CameraError> {
        if self.source.next(&mut self.frame).map_err(refused)? {
            return Ok(());
        }
        let ended = |why: &str| {
            CameraError::new(
                CameraErrorKind::Disconnected,
                format!("{}: {why}", self.path.display()),
            )
        };
        if self.path == Path::new("-") {
            return Err(ended("the standard input has ended"));
        }
        let mut again = Self::open(&self.path)?;
        if !again.source.next(&mut again.frame).map_err(refused)? {
            return Err(ended("holds no frame any more"));
        }
        again.began = self.due();
        again.sequence = self.sequence;
        *self = again;
        Ok(())
    }
}

fn refused(error: MediaError) -> CameraError {
    CameraError::new(CameraErrorKind::Unsupported, error.to_string())
}

impl Source for Recording {
    fn mode(&self) -> Mode {
        let spec = self.frame.spec();
        Mode {
            encoding: Encoding::Raw(spec.format()),
            width: spec.width(),
            height: spec.height(),
            rate: match self.timing() {
                Timing::Constant(rate) => Some(*rate),
                _ => Some(Rate::PAL),
            },
        }
    }

    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError> {
        let wait = self.due().since(monotonic_now());
        if wait > timeout {
            thread::sleep(timeout);
            return Err(CameraError::new(
                CameraErrorKind::TimedOut,
                format!("{}: the next frame is not due yet", self.path.display()),
            ));
        }
        thread::sleep(wait);
        self.read()?;
        let captured_at = self.due();
        // Whoever is late gets the next frame at once, and not ever later.
        let behind = monotonic_now().since(captured_at);
        if behind > Duration::from_secs(1) {
            self.began = self.began + behind;
        }
        self.index += 1;
        self.sequence += 1;
        let mode = self.mode();
        let mut capture = Capture::new(self.frame.bytes(), mode, self.sequence);
        capture.stride_bytes = self.frame.spec().stride_bytes(0);
        capture.colour = self.frame.spec().colour();
        capture.captured_at = captured_at;
        Ok(capture)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
