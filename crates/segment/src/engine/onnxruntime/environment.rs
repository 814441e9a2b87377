use std::error::Error;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ort::LoadDynamicError;
use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::error::{LoadError, LoadErrorKind};

/// ONNX Runtime allows one environment per process, and its library cannot be unloaded: so
/// this one is made once and stays. Not a `OnceLock`, because a library that did not load
/// may be followed by another that does.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

struct Runtime {
    /// The library's path with links resolved; none if the host made the environment.
    path: Option<PathBuf>,
    version: Option<String>,
    environment: Environment,
    /// Whether it has an arena for all sessions. A host's may have one that is the host's.
    has_arena: bool,
}

/// Lets every segmenter of this process use an environment of `ort` that the host program
/// made. The search for a library is then not used.
///
/// A program that runs its own networks by `ort` must call this before it opens a
/// segmenter: only one environment can exist in a process.
///
/// # Errors
/// [`LoadErrorKind::Runtime`] if there is one already.
pub fn share_environment(environment: Environment) -> Result<(), LoadError> {
    let mut runtime = lock();
    if let Some(runtime) = &*runtime {
        let there = runtime.describe();
        return Err(LoadError::new(
            LoadErrorKind::Runtime,
            format!("this process has an onnx runtime environment already ({there})"),
        ));
    }
    *runtime = Some(Runtime {
        path: None,
        version: None,
        environment,
        has_arena: false,
    });
    Ok(())
}

/// What is loaded: the library's path, or an empty one for the host's environment.
pub(crate) fn in_process() -> Option<PathBuf> {
    lock()
        .as_ref()
        .map(|runtime| runtime.path.clone().unwrap_or_default())
}

pub(crate) fn current() -> Option<Environment> {
    lock().as_ref().map(|runtime| runtime.environment.clone())
}

/// Whether sessions can have their arena in common.
pub(super) fn has_arena() -> bool {
    lock().as_ref().is_some_and(|runtime| runtime.has_arena)
}

/// Loads the library at `path`, which must be absolute, unless it is there already.
///
/// # Errors
/// The reason as text if it cannot be loaded, is too old, or if another one is loaded.
pub(crate) fn load(path: &Path) -> Result<(), String> {
    let path = path.canonicalize().map_err(|error| error.to_string())?;
    if !path.is_file() {
        return Err("it is not a file".into());
    }
    let mut runtime = lock();
    match &*runtime {
        Some(runtime) if runtime.path.as_ref() == Some(&path) => Ok(()),
        Some(runtime) => Err(format!(
            "this process uses {} already and can use one library only",
            runtime.describe()
        )),
        None => {
            let environment = create(&path)?;
            let arena = super::arena::share(&environment);
            if let Err(error) = &arena {
                log::debug!("each network takes memory of its own: {}", error.message());
            }
            *runtime = Some(Runtime {
                version: ort::util::probe(&path).map(|minor| version(minor, &path)),
                path: Some(path),
                environment,
                has_arena: arena.is_ok(),
            });
            Ok(())
        }
    }
}

/// The name with the version of the library in use, as far as it is known.
pub(super) fn name() -> String {
    match lock().as_ref().and_then(|runtime| runtime.version.clone()) {
        Some(version) => format!("ONNX Runtime {version}"),
        None => "ONNX Runtime".into(),
    }
}

/// `ort` tells the minor version only; the patch is taken from the file's name if the rest
/// agrees.
fn version(minor: u32, path: &Path) -> String {
    let version = format!("1.{minor}");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let patch = name
        .split_once(&format!(".{version}."))
        .map(|(_, rest)| rest.split('.').next().unwrap_or_default())
        .filter(|patch| patch.parse::<u32>().is_ok());
    match patch {
        Some(patch) => format!("{version}.{patch}"),
        None => version,
    }
}

fn create(path: &Path) -> Result<Environment, String> {
    super::telemetry::refuse_telemetry();
    // A library that is none of ONNX Runtime's can fail an assertion of `ort`.
    let created = catch_unwind(|| {
        ort::init_from(path)
            .map_err(|error| reason(&error))?
            .with_name("frosted")
            .with_telemetry(false)
            .with_logger(Arc::new(|level, _, _, place, message| {
                log::log!(log_level(level), "onnx runtime: {message} ({place})");
            }))
            .build()
            .map_err(|error| {
                format!(
                    "{} (if this program uses ort itself, hand its environment over by \
                     share_environment)",
                    error.message()
                )
            })
    });
    let environment = created.map_err(|_| "it is not an ONNX Runtime library".to_owned())??;
    // The logger is called for each step of a run otherwise.
    environment.set_log_level(LogLevel::Warning);
    Ok(environment)
}

/// `ort`'s own text leaves out what the operating system said.
fn reason(error: &LoadDynamicError) -> String {
    match error {
        LoadDynamicError::Dlopen { error, .. } => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            text
        }
        LoadDynamicError::BadVersion { version_str, .. } => format!(
            "it is version {version_str}, at least 1.{}.0 is needed",
            ort::MINOR_VERSION
        ),
        other => other.to_string(),
    }
}

fn log_level(level: LogLevel) -> log::Level {
    match level {
        LogLevel::Fatal | LogLevel::Error => log::Level::Error,
        LogLevel::Warning => log::Level::Warn,
        LogLevel::Info => log::Level::Debug,
        LogLevel::Verbose => log::Level::Trace,
    }
}

impl Runtime {
    fn describe(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "the host program's environment".into(),
        }
    }
}

fn lock() -> MutexGuard<'static, Option<Runtime>> {
    // Nothing is left half done: the value is set in one step.
    RUNTIME.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patch_is_taken_from_names_that_agree() {
        let cases = [
            ("/a/libonnxruntime.so.1.31.1", "1.31.1"),
            ("/a/libonnxruntime.1.31.12.dylib", "1.31.12"),
            ("/a/libonnxruntime.so.1.30.1", "1.31"),
            ("/1.31.1/onnxruntime.dll", "1.31"),
            ("/a/libonnxruntime.so.1.31.x", "1.31"),
        ];
        for (path, expected) in cases {
            assert_eq!(version(31, Path::new(path)), expected, "{path}");
        }
    }
}
