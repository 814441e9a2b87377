use std::fmt;
use std::io;
use std::path::Path;

/// Why a file could not be read or written. The message names the thing and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaError {
    kind: MediaErrorKind,
    message: String,
}

/// What sort of failure a [`MediaError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MediaErrorKind {
    /// It could not be opened or read.
    Read,
    /// It is of a sort that is not supported.
    Unsupported,
    /// It is damaged or cut off.
    Damaged,
    /// It would overwrite or lose something.
    Refused,
    /// It does not go together with the options: wrong usage, the file is well.
    Usage,
    /// It could not be written.
    Write,
    /// A program that is needed is missing or failed.
    Program,
}

impl MediaError {
    /// An error of `kind` that says `message`: lower case, no full stop.
    pub fn new(kind: MediaErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What sort of failure it was.
    pub fn kind(&self) -> MediaErrorKind {
        self.kind
    }

    /// The same, said of `thing`.
    #[must_use]
    pub fn of(self, thing: &str) -> Self {
        Self {
            message: format!("{thing}: {}", self.message),
            ..self
        }
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::Unsupported, message)
    }

    pub(crate) fn damaged(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::Damaged, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::Refused, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(MediaErrorKind::Usage, message)
    }

    pub(crate) fn read(source: &io::Error) -> Self {
        Self::new(
            MediaErrorKind::Read,
            format!("cannot be read: {}", plain(source)),
        )
    }

    pub(crate) fn opening(path: &Path, source: &io::Error) -> Self {
        Self::opening_a("file", path, source)
    }

    pub(crate) fn opening_folder(path: &Path, source: &io::Error) -> Self {
        Self::opening_a("folder", path, source)
    }

    fn opening_a(kind: &str, path: &Path, source: &io::Error) -> Self {
        let what = match source.kind() {
            io::ErrorKind::NotFound => format!("no such {kind}, check the path"),
            io::ErrorKind::NotADirectory if kind == "folder" => {
                "is a file, give a folder".to_owned()
            }
            io::ErrorKind::PermissionDenied => {
                "cannot be opened: permission denied, check who may read it".to_owned()
            }
            _ => format!("cannot be opened: {}", plain(source)),
        };
        Self::new(MediaErrorKind::Read, what).of(&path.display().to_string())
    }

    pub(crate) fn write(source: &io::Error) -> Self {
        let what = match source.kind() {
            io::ErrorKind::StorageFull => {
                "cannot be written: no space left, make room or choose another place".to_owned()
            }
            io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                "cannot be written: it is larger than is allowed there, choose another place"
                    .to_owned()
            }
            io::ErrorKind::BrokenPipe => {
                "cannot be written: the reader at the other end is gone".to_owned()
            }
            _ => format!("cannot be written: {}", plain(source)),
        };
        Self::new(MediaErrorKind::Write, what)
    }
}

/// The system's words without "(os error 28)", which helps nobody.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

impl From<frosted::FrameError> for MediaError {
    fn from(error: frosted::FrameError) -> Self {
        Self::unsupported(error.to_string())
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MediaError {}
