use std::fmt;

/// A mistake of the caller's. The output, if there was one, shows the card, unless it is one
/// that cannot be written ([`ErrorKind::OutputLost`], [`ErrorKind::Texture`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Input and output differ in size, format, colour or rotation.
    OutputDiffers,
    /// A size, length or stride that no frame has.
    Frame,
    /// The background needs a pixel format with an alpha channel.
    NeedsAlpha,
    /// The background picture cannot be brought to the frame's size.
    Picture,
    /// A texture that cannot hold a frame, or lacks a usage. An output of that kind cannot be
    /// covered: it holds what it held before the call.
    Texture,
    /// A card was due and the output could not be written, because the device that it is on is
    /// lost: it holds what it held before the call. Frames in memory never come to this.
    OutputLost,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What kind of mistake it was.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<frosted_core::FrameError> for Error {
    fn from(error: frosted_core::FrameError) -> Self {
        Self::new(ErrorKind::Frame, error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
