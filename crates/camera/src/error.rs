use std::fmt;

/// Why a camera or a virtual camera cannot be used. The message names the thing and the
/// remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraError {
    kind: CameraErrorKind,
    message: String,
}

/// What the caller can do about a [`CameraError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CameraErrorKind {
    /// There is no such device: plug it in, or load its driver.
    NotFound,
    /// The user may not open it.
    NoPermission,
    /// Another program uses it.
    Busy,
    /// It is a device, but not one that does this.
    NotACamera,
    /// It does not do what is wanted, such as a size.
    Unsupported,
    /// It was unplugged, or its driver gave up: open it anew.
    Disconnected,
    /// Nothing came in time; the next call may succeed.
    TimedOut,
    /// One frame is damaged; the next may be well.
    Damaged,
    /// Anything else that the system reports.
    System,
}

impl CameraError {
    /// An error of `kind` that says `message`: lower case, no full stop.
    pub fn new(kind: CameraErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> CameraErrorKind {
        self.kind
    }
}

impl From<frosted_core::FrameError> for CameraError {
    fn from(error: frosted_core::FrameError) -> Self {
        Self::new(CameraErrorKind::Unsupported, error.to_string())
    }
}

impl fmt::Display for CameraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CameraError {}
