//! Files and streams: frames come from a [`Source`] and go to a [`Sink`].

mod error;
mod timing;

pub mod convert;
pub mod exif;
pub mod ffmpeg;
pub mod jpeg;
pub mod mjpeg;
pub mod open;
pub mod output;
pub mod still;
pub mod y4m;

pub use error::{MediaError, MediaErrorKind};
pub use frosted::Rate;
pub use timing::Timing;

use frosted::{Frame, FrameSpec, FrameView};

/// What a stream is, known before its first frame.
#[derive(Clone, Debug)]
pub struct StreamInfo {
    /// What each frame is; the same for all of them.
    pub spec: FrameSpec,
    /// When the frames are shown.
    pub timing: Timing,
    /// How many frames there are, where it is known beforehand; for progress only.
    pub frames: Option<u64>,
    /// Width to height of one pixel; (1, 1) = square.
    pub pixel_aspect: (u32, u32),
    /// Where the chroma samples of 4:2:0 lie.
    pub siting: Siting,
}

impl StreamInfo {
    /// A stream of square pixels and unknown length.
    pub fn new(spec: FrameSpec, timing: Timing) -> Self {
        Self {
            spec,
            timing,
            frames: None,
            pixel_aspect: (1, 1),
            siting: Siting::Centre,
        }
    }
}

/// Where the chroma samples of 4:2:0 lie between the luma samples. Nothing here moves them;
/// it is carried along so that players put them right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Siting {
    /// In the middle of four luma samples, as in JPEG.
    #[default]
    Centre,
    /// Beside the left ones, as in MPEG-2.
    Left,
    /// As in PAL DV.
    PalDv,
}

/// Where frames come from.
pub trait Source: Send {
    /// What the stream is.
    fn info(&self) -> &StreamInfo;

    /// Reads the next frame into `frame`, its time stamp included; `false` at the end.
    ///
    /// # Errors
    /// [`MediaError`] that names the frame if it is damaged or cut off.
    fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError>;
}

/// Where frames go.
pub trait Sink {
    /// Writes one frame of the spec that the sink was opened for.
    ///
    /// # Errors
    /// [`MediaErrorKind::Write`] if the place is full or gone.
    fn write(&mut self, frame: &FrameView<'_>) -> Result<(), MediaError>;

    /// Writes what is still held back. What was written is a whole file after it.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn finish(&mut self) -> Result<(), MediaError>;

    /// As [`Sink::finish`], when the input goes on: sound ends where the picture does.
    ///
    /// # Errors
    /// As [`Sink::write`].
    fn break_off(&mut self) -> Result<(), MediaError> {
        self.finish()
    }

    /// What it writes, for the closing line: such as "H.264 by libx264".
    fn describe(&self) -> String;
}
