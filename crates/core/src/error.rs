use std::fmt;

/// Why a frame, a picture or one of their values was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameError {
    kind: FrameErrorKind,
    message: String,
}

/// What the caller can do about a [`FrameError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrameErrorKind {
    /// A width or height outside what is supported.
    Size,
    /// A stride shorter than its row, or absurdly long.
    Stride,
    /// The number of planes differs from the format's.
    Planes,
    /// A buffer of the wrong length.
    Buffer,
    /// A text or number that means nothing here.
    Value,
}

impl FrameError {
    pub(crate) fn new(kind: FrameErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What kind of mistake it was.
    pub fn kind(&self) -> FrameErrorKind {
        self.kind
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FrameError {}
