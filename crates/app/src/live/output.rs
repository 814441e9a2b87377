use std::fs::File;
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

/// A virtual camera of this machine, the same one whenever it is opened: viewers look at that
/// one, so one that is lost is waited for.
#[derive(Debug)]
pub(crate) struct SystemOutputs {
    place: Place,
}

/// What a choice comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Device(PathBuf),
    PipeWire,
    Stdout,
}

impl SystemOutputs {
    /// Settles where the frames go.
    ///
    /// # Errors
    /// [`CameraErrorKind::NotFound`] with the remedy, or what is wrong with the loopbacks
    /// that are there.
    pub(crate) fn new(choice: &OutputChoice) -> Result<Self, CameraError> {
        let place = Place::of(choice, sinks)?;
        Ok(Self { place })
    }

    /// The loopback that is fed, which must not be the source, too.
    pub(crate) fn device(&self) -> Option<&Path> {
        match &self.place {
            Place::Device(path) => Some(path),
            Place::PipeWire | Place::Stdout => None,
        }
    }

    /// What it is, for people, if it is there, without opening it for feeding.
    ///
    /// # Errors
    /// [`CameraError`] with the remedy.
    pub(crate) fn probe(&self) -> Result<String, CameraError> {
        let path = match &self.place {
            Place::Device(path) => path,
            Place::PipeWire => return Ok("a node of PipeWire".to_owned()),
            Place::Stdout => return Ok("Y4M on the standard output".to_owned()),
        };
        let node = path.canonicalize();
        let node = node.as_ref().unwrap_or(path);
        match sinks().into_iter().find(|sink| sink.path == *node) {
            Some(SinkInfo {
                trouble: Some(trouble),
                ..
            }) => Err(trouble),
            Some(sink) => Ok(format!("{} ({})", sink.name, path.display())),
            None => Err(CameraError::new(
                CameraErrorKind::NotFound,
                format!(
                    "{}: is no v4l2loopback that is there: see frosted devices",
                    path.display()
                ),
            )),
        }
    }
}

/// The version of v4l2loopback, empty if it has none, or `None` if it is not loaded.
pub(crate) fn loopback_driver() -> Option<String> {
    let module = Path::new("/sys/module/v4l2loopback");
    let version = || std::fs::read_to_string(module.join("version"));
    module
        .exists()
        .then(|| version().unwrap_or_default().trim().to_owned())
}

impl Place {
    fn of(
        choice: &OutputChoice,
        loopbacks: impl FnOnce() -> Vec<SinkInfo>,
    ) -> Result<Self, CameraError> {
        match choice {
            OutputChoice::Device(path) => Ok(Self::Device(path.clone())),
            OutputChoice::PipeWire => Ok(Self::PipeWire),
            OutputChoice::Stdout => Ok(Self::Stdout),
            OutputChoice::Auto => match first_loopback(loopbacks()) {
                Ok(path) => Ok(Self::Device(path)),
                Err(error) if has_pipewire() => {
                    log::debug!("{error}; taking PipeWire");
                    Ok(Self::PipeWire)
                }
                Err(error) => Err(error),
            },
        }
    }
}

impl Outputs for SystemOutputs {
    fn open(&mut self, options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
        match &self.place {
            Place::Device(path) => open_device(path, options),
            Place::PipeWire => open_pipewire(options),
            Place::Stdout => {
                // A reader that stops must hold up neither the camera nor the end.
                let sink = Y4mSink::new(standard_output()?, options)?;
                Ok(Box::new(ThreadedSink::new(Box::new(sink))?))
            }
        }
    }

    fn comes_back(&self) -> bool {
        self.place != Place::Stdout
    }
}

/// The standard output as a file: frames are written as they are, where the buffer in front of
/// it would look through each for the ends of lines.
fn standard_output() -> Result<File, CameraError> {
    #[cfg(not(windows))]
    let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    own.map(File::from).map_err(|error| {
        CameraError::new(
            CameraErrorKind::Disconnected,
            format!("the standard output cannot be written to ({error})"),
        )
    })
}

fn open_device(path: &Path, options: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
    // A link may lead to another number than before, and its target tells who looks.
    let node = path.canonicalize();
    let sink = open_loopback(node.as_deref().unwrap_or(path), options);
    sink.map_err(|error| match error.kind() {
        CameraErrorKind::NotFound if sinks().is_empty() => {
            no_loopback(&format!("{}: is not there", path.display()))
        }
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
        (None, Some(sink)) => Err(sink.trouble.clone().unwrap_or_else(no_virtual_camera)),
        (None, None) => Err(no_virtual_camera()),
    }
}

fn no_virtual_camera() -> CameraError {
    no_loopback("no virtual camera is there")
}

/// `what` is not there, and how to get it.
fn no_loopback(what: &str) -> CameraError {
    if !cfg!(target_os = "linux") {
        return CameraError::new(
            CameraErrorKind::NotFound,
            format!("{what}, and this system has none: write Y4M for another program (--output -)"),
        );
    }
    let other = if cfg!(all(feature = "pipewire", target_os = "linux")) {
        ", or take PipeWire (--output pipewire)"
    } else {
        ", or write Y4M for another program (--output -)"
    };
    CameraError::new(
        CameraErrorKind::NotFound,
        format!(
            "{what}: install v4l2loopback (Debian: sudo apt install v4l2loopback-dkms) and load it: {LOAD_LOOPBACK}{other}"
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
        "PipeWire is not in this build: cargo install --path crates/app --features pipewire, or choose --output /dev/videoN",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(path: &str, name: &str, holders: &[&str]) -> SinkInfo {
        let mut info = SinkInfo::new(path, name);
        info.holders = holders.iter().map(ToString::to_string).collect();
        info
    }

    #[test]
    fn the_loopback_named_for_it_is_taken_then_a_free_one_then_any() {
        let busy = || loopback("/dev/video97", "OBS", &["obs (1)"]);
        let free = || loopback("/dev/video98", "Dummy", &[]);
        let own = || loopback("/dev/video99", "Frosted Camera", &["zoom (2)"]);
        for (list, taken) in [
            (vec![busy(), free(), own()], Some("/dev/video99")),
            (vec![busy(), free()], Some("/dev/video98")),
            (vec![busy()], Some("/dev/video97")),
            (vec![], None),
        ] {
            let found = first_loopback(list).ok();
            assert_eq!(found.as_deref(), taken.map(Path::new));
        }
    }

    /// Another one may be there when it is opened again.
    #[test]
    fn the_loopback_that_was_taken_first_stays_the_one() {
        let list = || vec![loopback("/dev/video99", "Dummy", &[])];
        let place = Place::of(&OutputChoice::Auto, list).unwrap();
        let mut outputs = SystemOutputs { place };
        for _ in 0..2 {
            assert_eq!(outputs.device(), Some(Path::new("/dev/video99")));
            assert!(outputs.open(&SinkOptions::default()).is_err());
            assert!(outputs.comes_back(), "it is waited for");
        }
    }
}
