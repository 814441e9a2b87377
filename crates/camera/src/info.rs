use std::path::PathBuf;

use crate::error::CameraError;
use crate::mode::Mode;

/// A camera that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CameraInfo {
    /// What it is opened by: a path such as `/dev/video0`, on Windows the device's path, on
    /// macOS its unique identifier.
    pub id: String,
    /// Its name, such as "HD Webcam C920".
    pub name: String,
    /// What sort of device it is.
    pub kind: CameraKind,
    /// Its modes; empty if it could not be asked, as when another program uses it.
    pub modes: Vec<Mode>,
    /// The programs that hold it open, as far as this user can see: "zoom (4711)".
    pub holders: Vec<String>,
    /// Why it cannot be used, where that is known.
    pub trouble: Option<CameraError>,
}

/// What sort of device a camera is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CameraKind {
    /// A camera proper.
    Hardware,
    /// A loopback that another program feeds.
    Loopback,
}

impl CameraInfo {
    pub(crate) fn new(id: String, name: String, kind: CameraKind) -> Self {
        Self {
            id,
            name,
            kind,
            modes: Vec::new(),
            holders: Vec::new(),
            trouble: None,
        }
    }
}

/// A device that a virtual camera can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SinkInfo {
    /// Its path, such as `/dev/video10`.
    pub path: PathBuf,
    /// Its name, which video programs show.
    pub name: String,
    /// The programs that hold it open, as far as this user can see: "zoom (4711)".
    pub holders: Vec<String>,
    /// Why it cannot be used, where that is known.
    pub trouble: Option<CameraError>,
}

impl SinkInfo {
    /// One that nobody holds and that can be used as far as is known.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            name: name.into(),
            holders: Vec::new(),
            trouble: None,
        }
    }
}
