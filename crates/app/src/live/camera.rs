use std::fmt;
use std::path::{Path, PathBuf};

use frosted::PixelFormat;
use frosted::camera::{
    CameraError, CameraErrorKind, CameraInfo, CameraKind, Mode, Source, TestPattern, Wish, cameras,
    open_camera, probe_camera,
};

use super::recording::Recording;

/// Which camera is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum CameraChoice {
    /// The first one that is hardware.
    #[default]
    Auto,
    /// The device at this path, a file, or a part of a camera's name.
    Named(String),
    /// Colour bars, for trying a set-up.
    Pattern,
    /// The camera of this number through the library nokhwa.
    #[cfg(feature = "nokhwa")]
    Nokhwa(String),
}

impl From<&str> for CameraChoice {
    fn from(text: &str) -> Self {
        #[cfg(feature = "nokhwa")]
        if let Some(id) = text.strip_prefix("nokhwa:") {
            return Self::Nokhwa(id.to_owned());
        }
        match text {
            "auto" => Self::Auto,
            "pattern" => Self::Pattern,
            name => Self::Named(name.to_owned()),
        }
    }
}

impl fmt::Display for CameraChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Pattern => f.write_str("pattern"),
            Self::Named(name) => f.write_str(name),
            #[cfg(feature = "nokhwa")]
            Self::Nokhwa(id) => write!(f, "nokhwa:{id}"),
        }
    }
}

/// Opens the camera, again and again while a session lasts.
pub(crate) trait Cameras: Send {
    /// Opens and starts the camera.
    fn open(&mut self) -> Result<Box<dyn Source>, CameraError>;
}

/// Cameras of this machine, and files in their place.
#[derive(Debug)]
pub(crate) struct SystemCameras {
    choice: CameraChoice,
    wish: Wish,
    /// The virtual camera's own device, which is never its source.
    own: Option<PathBuf>,
}

/// What a choice comes down to at present.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Device(String),
    File(PathBuf),
    Pattern,
    #[cfg(feature = "nokhwa")]
    Nokhwa(String),
}

impl SystemCameras {
    /// `own` is the device that the session feeds.
    pub(crate) fn new(choice: CameraChoice, wish: Wish, own: Option<PathBuf>) -> Self {
        Self { choice, wish, own }
    }

    /// Sees whether the camera could be opened now, without starting it, and in which mode
    /// it would run; `None` where that shows only later.
    ///
    /// # Errors
    /// [`CameraError`] with the remedy.
    pub(crate) fn probe(&self) -> Result<Option<Mode>, CameraError> {
        match self.find()? {
            Found::Device(id) => probe_camera(&id, &self.wish),
            Found::File(path) if path.as_os_str() == "-" => Ok(None),
            Found::File(path) => Ok(Some(Recording::open(&path)?.mode())),
            Found::Pattern => Ok(Some(self.pattern()?.mode())),
            #[cfg(feature = "nokhwa")]
            Found::Nokhwa(_) => Ok(None),
        }
    }

    /// What is opened, for people.
    pub(crate) fn describe(&self) -> String {
        match self.find() {
            Ok(Found::Device(id)) => {
                let infos = cameras().unwrap_or_default();
                let name = infos.into_iter().find(|info| info.id == id);
                name.map_or(id.clone(), |info| format!("{} ({id})", info.name))
            }
            Ok(Found::Pattern) => "test pattern".to_owned(),
            Ok(Found::File(path)) => path.display().to_string(),
            #[cfg(feature = "nokhwa")]
            Ok(Found::Nokhwa(id)) => format!("camera {id} by nokhwa"),
            Err(_) => self.choice.to_string(),
        }
    }

    fn pattern(&self) -> Result<TestPattern, CameraError> {
        TestPattern::new(
            PixelFormat::Yuyv,
            self.wish.width,
            self.wish.height,
            self.wish.rate,
        )
    }

    fn find(&self) -> Result<Found, CameraError> {
        let found = match &self.choice {
            CameraChoice::Pattern => Found::Pattern,
            #[cfg(feature = "nokhwa")]
            CameraChoice::Nokhwa(id) => Found::Nokhwa(id.clone()),
            CameraChoice::Auto => self.first()?,
            CameraChoice::Named(name) => self.named(name)?,
        };
        match &found {
            Found::Device(id) if self.is_own(id) => Err(own_output(id)),
            #[cfg(feature = "nokhwa")]
            Found::Nokhwa(id) if self.is_own(id) => Err(own_output(id)),
            _ => Ok(found),
        }
    }

    fn is_own(&self, id: &str) -> bool {
        let own = self.own.as_ref();
        own.is_some_and(|own| same_device(own, Path::new(id)))
    }

    fn first(&self) -> Result<Found, CameraError> {
        let infos = cameras()?;
        let hardware = |info: &&CameraInfo| info.kind == CameraKind::Hardware;
        let usable = |info: &&CameraInfo| info.trouble.is_none() && !info.modes.is_empty();
        let mut found = infos.iter().filter(hardware);
        let first = found.clone().find(usable).or_else(|| found.next());
        let first = first.ok_or_else(|| {
            CameraError::new(
                CameraErrorKind::NotFound,
                "no camera is there: plug one in, or name a device, a file or pattern with --camera",
            )
        })?;
        match &first.trouble {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(Found::Device(first.id.clone())),
        }
    }

    fn named(&self, name: &str) -> Result<Found, CameraError> {
        let path = PathBuf::from(name);
        if name == "-" || path.is_file() {
            return Ok(Found::File(path));
        }
        if path.is_absolute() {
            // Links such as those in /dev/v4l/by-id follow a camera to another number.
            let device = path.canonicalize().unwrap_or(path);
            return Ok(Found::Device(device.display().to_string()));
        }
        let infos = cameras()?;
        let infos: Vec<&CameraInfo> = infos.iter().filter(|info| !self.is_own(&info.id)).collect();
        let wanted = name.to_lowercase();
        let exact = |info: &&&CameraInfo| info.id == name || info.name.to_lowercase() == wanted;
        let part = |info: &&&CameraInfo| info.name.to_lowercase().contains(&wanted);
        let mut matching: Vec<_> = infos.iter().filter(exact).collect();
        if matching.is_empty() {
            matching = infos.iter().filter(part).collect();
        }
        match matching[..] {
            [one] => match &one.trouble {
                Some(trouble) => Err(trouble.clone()),
                None => Ok(Found::Device(one.id.clone())),
            },
            [] => Err(CameraError::new(
                CameraErrorKind::NotFound,
                format!("no camera is called \"{name}\": {}", those(&infos)),
            )),
            _ => Err(CameraError::new(
                CameraErrorKind::NotFound,
                format!(
                    "several cameras are called \"{name}\": give the path, {}",
                    those(&infos)
                ),
            )),
        }
    }
}

/// Whether two paths lead to one device: by its number, because there can be links to its
/// node and other nodes of it.
fn same_device(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let number = |path: &Path| {
            let found = path.metadata().ok()?;
            found.file_type().is_char_device().then(|| found.rdev())
        };
        if let (Some(one), Some(other)) = (number(one), number(other)) {
            return one == other;
        }
    }
    one == other
}

fn own_output(name: &str) -> CameraError {
    CameraError::new(
        CameraErrorKind::NotACamera,
        format!("{name}: is the virtual camera itself: choose another camera, see frosted devices"),
    )
}

/// What there is instead.
fn those(infos: &[&CameraInfo]) -> String {
    if infos.is_empty() {
        return "there is none at all, plug one in".to_owned();
    }
    let names: Vec<_> = infos
        .iter()
        .map(|info| format!("{} ({})", info.name, info.id))
        .collect();
    format!("there is {}", names.join(", "))
}

impl Cameras for SystemCameras {
    fn open(&mut self) -> Result<Box<dyn Source>, CameraError> {
        Ok(match self.find()? {
            Found::Device(id) => open_camera(&id, &self.wish)?,
            Found::File(path) => Box::new(Recording::open(&path)?),
            Found::Pattern => Box::new(self.pattern()?),
            #[cfg(feature = "nokhwa")]
            Found::Nokhwa(id) => Box::new(frosted::camera::NokhwaSource::open(&id, &self.wish)?),
        })
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    fn found(camera: &str, own: &str) -> Result<Found, CameraError> {
        let choice = CameraChoice::from(camera);
        SystemCameras::new(choice, Wish::default(), Some(own.into())).find()
    }

    /// Another node of the device `like`; `None` where only root may make it.
    fn second_node(folder: &Path, like: &str) -> Option<PathBuf> {
        use rustix::fs::{CWD, FileType, Mode, mknodat, stat};
        let number = stat(like).unwrap().st_rdev;
        let node = folder.join("second");
        let made = mknodat(CWD, &node, FileType::CharacterDevice, Mode::RUSR, number);
        made.is_ok().then_some(node)
    }

    #[test]
    fn its_own_output_is_no_camera_whatever_leads_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let mut names = vec![link, "/dev/null".into(), "/dev/../dev/null".into()];
        match second_node(folder.path(), "/dev/null") {
            Some(node) => names.push(node),
            None => eprintln!("SKIPPED a second node of a device: only root may make one"),
        }
        for name in &names {
            let error = found(name.to_str().unwrap(), "/dev/null").unwrap_err();
            assert!(error.to_string().contains("is the virtual camera itself"));
            // The output may be named by any of them as well.
            assert!(found("/dev/null", name.to_str().unwrap()).is_err());
            assert!(found(name.to_str().unwrap(), "/dev/zero").is_ok());
        }
    }
}
