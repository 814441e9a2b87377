use std::fmt;

/// Why frames could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditError {
    kind: AuditErrorKind,
    message: String,
}

/// What the caller can do about an [`AuditError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditErrorKind {
    /// Frames, mattes or pictures of different sizes were given.
    Size,
    /// Some frames came with a matte and some without.
    Mattes,
    /// There was no frame.
    Empty,
}

impl AuditError {
    pub(crate) fn new(kind: AuditErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn size(what: &str, is: (usize, usize), wanted: (usize, usize)) -> Self {
        Self::new(
            AuditErrorKind::Size,
            format!(
                "{what} is {}x{}, the clip is {}x{}",
                is.0, is.1, wanted.0, wanted.1
            ),
        )
    }

    pub(crate) fn matte(bytes: usize, (width, height): (usize, usize)) -> Self {
        Self::new(
            AuditErrorKind::Size,
            format!(
                "a matte has {bytes} bytes, frames of {width}x{height} need {}",
                width * height
            ),
        )
    }

    /// What kind of mistake it was.
    pub fn kind(&self) -> AuditErrorKind {
        self.kind
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AuditError {}
