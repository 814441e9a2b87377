//! The Python that runs benches/peers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::onnxruntime;

/// A Python that has the packages already.
pub(super) const VARIABLE: &str = "FROSTED_PEERS_PYTHON";

/// What is installed, but for ONNX Runtime, which has the version of our library.
const PACKAGES: [&str; 3] = [
    "mediapipe==0.10.14",
    "numpy<2",
    "opencv-contrib-python==4.11.0.86",
];

const VERSIONS: &str = "\
import platform, cv2, mediapipe, numpy, onnxruntime
print(f'MediaPipe {mediapipe.__version__}, OpenCV {cv2.__version__}, NumPy {numpy.__version__}, '
      f'onnxruntime {onnxruntime.__version__}, Python {platform.python_version()}')";

/// A Python that can run the peers.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) python: PathBuf,
    /// In words.
    pub(super) versions: String,
}

impl Peers {
    /// The one that [`VARIABLE`] names, else one of our own, made the first time.
    ///
    /// # Errors
    /// One line that says why there is none.
    pub(super) fn find() -> Result<Self, String> {
        if let Some(python) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            let python = PathBuf::from(python);
            let versions = versions(&python)
                .map_err(|reason| format!("{} ({VARIABLE}): {reason}", python.display()))?;
            return Ok(Self { python, versions });
        }
        let folder = super::folder().join("venv");
        let python = if cfg!(windows) {
            folder.join("Scripts/python.exe")
        } else {
            folder.join("bin/python")
        };
        let versions = match versions(&python) {
            Ok(versions) => versions,
            Err(_) => {
                install(&folder, &python)?;
                versions(&python)?
            }
        };
        Ok(Self { python, versions })
    }
}

fn install(folder: &Path, python: &Path) -> Result<(), String> {
    eprintln!(
        "\n== the peers' packages, through pip into {}",
        folder.display()
    );
    said(Command::new("python3").args(["-m", "venv"]).arg(folder))
        .map_err(|reason| format!("no environment of Python's could be made: {reason}"))?;
    let onnxruntime = format!("onnxruntime=={}", onnxruntime::VERSION);
    let options = [
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        "1",
        "--timeout",
        "20",
    ];
    said(
        Command::new(python)
            .args(["-m", "pip", "install"])
            .args(options)
            .args(PACKAGES)
            .arg(onnxruntime),
    )
    .map_err(|reason| format!("pip could not install them, is the network there? ({reason})"))?;
    Ok(())
}

fn versions(python: &Path) -> Result<String, String> {
    said(quiet(&mut Command::new(python)).args(["-c", VERSIONS]))
}

/// ONNX Runtime would report its use to its maker.
pub(super) fn quiet(command: &mut Command) -> &mut Command {
    command
        .env("ORT_DISABLE_TELEMETRY", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GLOG_minloglevel", "2")
        .env("TF_CPP_MIN_LOG_LEVEL", "3")
}

/// What a program prints, trimmed.
///
/// # Errors
/// The last line of what it complains, or that it could not be started.
pub(super) fn said(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| {
            let program = command.get_program().to_string_lossy();
            format!("{program} could not be started: {error}")
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_without_the_packages_is_refused_with_the_reason() {
        assert!(
            versions(Path::new("no-such-python-here"))
                .unwrap_err()
                .contains("could not be started")
        );
        let failed = said(Command::new("cargo").arg("no-such-command")).unwrap_err();
        assert!(!failed.is_empty());
    }
}
