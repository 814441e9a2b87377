#[cfg(any(feature = "onnxruntime", test))]
mod finder;
pub(crate) mod pinned;

use std::env;
use std::fmt;
use std::path::PathBuf;

use crate::provider::Provider;
use pinned::PINNED_VERSION;

/// Where ONNX Runtime's library is looked for, in this order. Never the working directory.
///
/// A path that was given, by option or variable, is the only one tried; if it does not
/// load, that is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSearch {
    /// The library's file as an option gave it. A relative path starts at the working
    /// directory.
    pub given: Option<PathBuf>,
    /// The library's file as `ORT_DYLIB_PATH` gave it, read by [`default`](Self::default);
    /// an empty one counts as none.
    pub variable: Option<PathBuf>,
    /// The folder of the executable.
    pub beside_executable: Option<PathBuf>,
    /// Folders that hold the pinned library under its own name. Its checksum is compared
    /// before it is loaded.
    pub cache: Vec<PathBuf>,
}

impl Default for RuntimeSearch {
    /// As the process's environment says: `ORT_DYLIB_PATH`, the folder of the executable,
    /// and `frosted/onnxruntime/VERSION` in the user's cache folder.
    fn default() -> Self {
        let executable = env::current_exe().ok();
        let folder = |variable: &str| {
            let folder = PathBuf::from(env::var_os(variable)?);
            // The XDG specification: relative paths are to be ignored.
            folder.is_absolute().then_some(folder)
        };
        let cache = if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            folder("HOME").map(|home| home.join("Library/Caches"))
        } else {
            folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))
        };
        let cached = |cache: PathBuf| cache.join("frosted/onnxruntime").join(PINNED_VERSION);
        Self {
            given: None,
            variable: env::var_os("ORT_DYLIB_PATH").map(PathBuf::from),
            beside_executable: executable.and_then(|path| Some(path.parent()?.to_owned())),
            cache: cache.map(cached).into_iter().collect(),
        }
    }
}

/// What a search for ONNX Runtime came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeReport {
    /// The places in the order in which they were tried; the last one may have loaded.
    pub places: Vec<Place>,
}

/// A place where ONNX Runtime was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Why it was looked for there.
    pub origin: PlaceOrigin,
    /// The file, or the folder if it held none. Empty for the host's environment.
    pub path: PathBuf,
    /// What was there.
    pub outcome: PlaceOutcome,
}

/// Why a place was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlaceOrigin {
    /// This process has loaded a library, or its host handed an environment in.
    Process,
    /// An option named it.
    Given,
    /// `ORT_DYLIB_PATH` named it.
    Variable,
    /// It is beside the executable.
    BesideExecutable,
    /// It is in a cache.
    Cache,
}

/// What was at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceOutcome {
    /// The library in use.
    Loaded,
    /// A library that cannot be used, and why.
    Refused(String),
    /// None.
    Absent,
}

impl RuntimeReport {
    /// The place whose library is in use.
    pub fn loaded(&self) -> Option<&Place> {
        self.places
            .iter()
            .find(|place| place.outcome == PlaceOutcome::Loaded)
    }

    /// Whether a path was named that does not load.
    pub fn insists_in_vain(&self) -> bool {
        self.loaded().is_none() && self.places.iter().any(|place| place.origin.insists())
    }

    /// Adds a place; whether it is the one in use.
    #[cfg(any(feature = "onnxruntime", test))]
    fn add(&mut self, origin: PlaceOrigin, (path, outcome): (PathBuf, PlaceOutcome)) -> bool {
        let loaded = outcome == PlaceOutcome::Loaded;
        self.places.push(Place {
            origin,
            path,
            outcome,
        });
        loaded
    }

    /// Each place with what was there, on one line.
    pub(crate) fn summary(&self) -> String {
        let places: Vec<_> = self.places.iter().map(Place::to_string).collect();
        if places.is_empty() {
            return "there is no place to look at".into();
        }
        places.join("; ")
    }
}

impl PlaceOrigin {
    fn insists(self) -> bool {
        matches!(self, Self::Given | Self::Variable)
    }
}

impl fmt::Display for Place {
    /// `PATH (WHERE): WHAT`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.as_os_str().is_empty() {
            return f.write_str("the host program's environment");
        }
        write!(f, "{} ({}): ", self.path.display(), self.origin)?;
        match &self.outcome {
            PlaceOutcome::Loaded => f.write_str("in use"),
            PlaceOutcome::Refused(reason) => f.write_str(reason),
            PlaceOutcome::Absent => f.write_str("not there"),
        }
    }
}

impl fmt::Display for PlaceOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Process => "already loaded",
            Self::Given => "given by option",
            Self::Variable => "given by ORT_DYLIB_PATH",
            Self::BesideExecutable => "beside the executable",
            Self::Cache => "cache",
        })
    }
}

/// Looks for ONNX Runtime and loads it if it is there, as [`open`](crate::open) would.
///
/// What was loaded stays for the life of the process. Without the feature `onnxruntime` no
/// place is looked at.
pub fn probe(search: &RuntimeSearch) -> RuntimeReport {
    #[cfg(feature = "onnxruntime")]
    {
        use crate::engine::onnxruntime;
        let pinned = pinned::PinnedLibrary::of_this_platform();
        finder::Finder {
            search,
            pinned: pinned.as_ref(),
            in_process: onnxruntime::in_process(),
            load: &mut onnxruntime::load,
        }
        .find()
    }
    #[cfg(not(feature = "onnxruntime"))]
    {
        let _ = search;
        RuntimeReport::default()
    }
}

/// The providers that the ONNX Runtime which [`probe`] finds was built with, whether this
/// build can ask for them or not; none if there is no library.
///
/// That one is offered does not say that it starts on this machine: to
/// [`open`](crate::open) a model does.
pub fn offered_providers(search: &RuntimeSearch) -> Vec<Provider> {
    #[cfg(feature = "onnxruntime")]
    if probe(search).loaded().is_some() {
        let offered = |provider: &Provider| crate::engine::onnxruntime::offered(*provider);
        return Provider::ALL.into_iter().filter(offered).collect();
    }
    let _ = search;
    Vec::new()
}
