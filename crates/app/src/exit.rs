use std::fmt;
use std::process::ExitCode;

use crate::media::{MediaError, MediaErrorKind};

/// How the program ends. The numbers are documented in its help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was done.
    Done,
    /// Something was wrong with a file or the machine.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// The set-up does not allow it, and to start again does not help: no camera or virtual
    /// camera, one that is busy or not permitted, settings or rules that are wrong, no engine.
    Setup,
    /// Ctrl-C; what was done until then is kept.
    Interrupted,
    /// An audit found that the room can be seen.
    FailVerdict,
    /// An audit came to no verdict, for whatever reason: 1 is a verdict there.
    NoVerdict,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed | Exit::FailVerdict => 1,
            Exit::Usage | Exit::NoVerdict => 2,
            Exit::Setup => 3,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command ended early: the thing and the remedy, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Something was wrong with a file or the machine.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.into(),
        }
    }

    /// The options do not go together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }

    /// The same of an audit, which has no verdict then.
    pub(crate) fn without_verdict(self) -> Self {
        Self {
            exit: Exit::NoVerdict,
            ..self
        }
    }

    /// The set-up does not allow it.
    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Setup,
            message: message.into(),
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever a library put into its words.
        let lines: Vec<_> = self.message.lines().map(str::trim).collect();
        f.write_str(lines.join(" ").trim())
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        match error.kind() {
            MediaErrorKind::Usage => Self::usage(error.to_string()),
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<frosted::camera::CameraError> for Failure {
    fn from(error: frosted::camera::CameraError) -> Self {
        use frosted::camera::CameraErrorKind;
        match error.kind() {
            CameraErrorKind::NotFound
            | CameraErrorKind::NoPermission
            | CameraErrorKind::Busy
            | CameraErrorKind::NotACamera
            | CameraErrorKind::Unsupported => Self::setup(error.to_string()),
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<crate::config::Breach> for Failure {
    fn from(breach: crate::config::Breach) -> Self {
        Self::setup(breach.to_string())
    }
}

impl From<frosted_eval::AuditError> for Failure {
    fn from(error: frosted_eval::AuditError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<frosted::measure::NetworkMatteError> for Failure {
    fn from(error: frosted::measure::NetworkMatteError) -> Self {
        Self::new(error.to_string())
    }
}

/// What `error` says, and the command for who has the program and knows no features of a library.
pub(crate) fn with_remedy(error: &frosted::SetupError) -> String {
    match error.missing_feature() {
        Some(feature) => format!("{error}, as by: {}", install_with(feature)),
        None => error.to_string(),
    }
}

/// The command that gets the program with a cargo feature, in its sources.
pub(crate) fn install_with(feature: &str) -> String {
    format!("cargo install --path crates/app --features {feature}")
}

impl From<frosted::SetupError> for Failure {
    fn from(error: frosted::SetupError) -> Self {
        match error.kind() {
            frosted::SetupErrorKind::Model => Self::new(with_remedy(&error)),
            _ => Self::setup(with_remedy(&error)),
        }
    }
}

impl From<frosted::Error> for Failure {
    fn from(error: frosted::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<frosted::FrameError> for Failure {
    fn from(error: frosted::FrameError) -> Self {
        Self::new(error.to_string())
    }
}
