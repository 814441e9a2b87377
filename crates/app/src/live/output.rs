use std::io;
use std::path::{Path, PathBuf};

use frosted::camera::{
    CameraError, CameraErrorKind, Sink, SinkInfo, SinkOptions, ThreadedSink, Y4mSink,
    open_loopback, sinks,
};

use crate::config::OutputChoice;

/// How a missing v4l2loopback is loaded, with the name that video programs show.
pub(crate) const LOAD_LOOPBACK: &str =
    "sudo modprobe v4l2loopback exclusive_caps=1 card_label=\"Frosted Camera\"";

/// Opens the virtual camera, again and again while a session lasts.
pub(crate) trait Outputs: Send {
    /// Opens it.
    fn open(&mut self, options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError>;

    /// Whether it can come back once it is gone.
    fn comes_back(&self) -> bool;
}

/// Virtual cameras of this machine.
#[derive(Debug)]
pub(crate) struct SystemOutputs {
    choice: OutputChoice,
}

impl SystemOutputs {
    pub(crate) fn new(choice: OutputChoice) -> Self {
        Self { choice }
    }

    /// The loopback that is fed, which must not be the source, too.
    pub(crate) fn device(&self) -> Result<Option<PathBuf>, CameraError> {
        match &self.choice {
            OutputChoice::Device(path) => Ok(Some(path.canonicalize().unwrap_or(path.clone()))),
            OutputChoice::Auto => match first_loopback(sinks()) {
                Ok(path) => Ok(Some(path)),
                Err(error) if has_pipewire() => {
                    log::debug!("{error}; taking PipeWire");
                    Ok(None)
                }
                Err(error) => Err(error),
            },
            OutputChoice::PipeWire | OutputChoice::Stdout => Ok(None),
        }
    }
}

impl Outputs for SystemOutputs {
    fn open(&mut self, options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
        match (&self.choice, self.device()?) {
            (_, Some(path)) => open_device(&path, options),
            (OutputChoice::Stdout, None) => {
                // A reader that stops must hold up neither the camera nor the end.
                let sink = Y4mSink::new(io::stdout(), options)?;
                Ok(Box::new(ThreadedSink::new(Box::new(sink))?))
            }
            (_, None) => open_pipewire(options),
        }
    }

    fn comes_back(&self) -> bool {
        self.choice != OutputChoice::Stdout
    }
}

fn open_device(path: &Path, options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
    let sink = open_loopback(path, options);
    sink.map_err(|error| match error.kind() {
        CameraErrorKind::NotFound if sinks().is_empty() => no_loopback(),
        _ => error,
    })
}

/// The loopback named for it, else the first that is free.
fn first_loopback(sinks: Vec<SinkInfo>) -> Result<PathBuf, CameraError> {
    let named = |sink: &&SinkInfo| sink.name.to_lowercase().contains("frosted");
    let usable = |sink: &&SinkInfo| sink.trouble.is_none();
    let first = sinks
        .iter()
        .filter(usable)
        .find(named)
        .or_else(|| {
            sinks
                .iter()
                .filter(usable)
                .find(|sink| sink.holders.is_empty())
        })
        .or_else(|| sinks.iter().find(usable));
    match (first, sinks.first()) {
        (Some(sink), _) => Ok(sink.path.clone()),
        (None, Some(sink)) => Err(sink.trouble.clone().unwrap_or_else(no_loopback)),
        (None, None) => Err(no_loopback()),
    }
}

fn no_loopback() -> CameraError {
    let other = if cfg!(all(feature = "pipewire", target_os = "linux")) {
        ", or take PipeWire (--output pipewire)"
    } else {
        ", or write Y4M for another program (--output -)"
    };
    CameraError::new(
        CameraErrorKind::NotFound,
        format!(
            "no virtual camera is there: install v4l2loopback (Debian: sudo apt install v4l2loopback-dkms) and load it: {LOAD_LOOPBACK}{other}"
        ),
    )
}

#[cfg(all(feature = "pipewire", target_os = "linux"))]
fn has_pipewire() -> bool {
    true
}

#[cfg(not(all(feature = "pipewire", target_os = "linux")))]
fn has_pipewire() -> bool {
    false
}

#[cfg(all(feature = "pipewire", target_os = "linux"))]
fn open_pipewire(options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
    Ok(Box::new(frosted::camera::PipewireSink::open(options)?))
}

#[cfg(not(all(feature = "pipewire", target_os = "linux")))]
fn open_pipewire(_: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
    Err(CameraError::new(
        CameraErrorKind::Unsupported,
        "PipeWire is not compiled in: build with --features pipewire, or choose --output /dev/videoN",
    ))
}
