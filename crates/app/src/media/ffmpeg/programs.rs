use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::media::open::BUILT_IN;
use crate::media::{MediaError, MediaErrorKind};

/// Where `ffmpeg` and `ffprobe` are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// The path of ffmpeg.
    pub ffmpeg: PathBuf,
    /// The path of ffprobe.
    pub ffprobe: PathBuf,
}

impl Programs {
    /// Looks for both on the PATH, never in the working directory.
    ///
    /// # Errors
    /// [`MediaErrorKind::Program`] that says which one is missing and what does without.
    pub fn find() -> Result<Self, MediaError> {
        Ok(Self {
            ffmpeg: find("ffmpeg")?,
            ffprobe: find("ffprobe")?,
        })
    }

    /// The version that ffmpeg says it is, such as "5.1.9".
    pub fn version(&self) -> Option<String> {
        let output = self.run(&["-hide_banner", "-version"])?;
        let words = output.lines().next()?.strip_prefix("ffmpeg version ")?;
        Some(words.split(' ').next()?.to_owned())
    }

    /// How frames are passed through at the times that they have. `-fps_mode` came with 5.1
    /// and took the place of `-vsync`.
    pub(super) fn pass_through(&self) -> [&'static str; 2] {
        let version = self.version().unwrap_or_default();
        let mut numbers = version
            .split(['.', '-'])
            .map(|part| part.parse::<u32>().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(0..=4), _) | (Some(5), Some(0)) => ["-vsync", "passthrough"],
            _ => ["-fps_mode", "passthrough"],
        }
    }

    /// Whether ffmpeg was built with an encoder.
    pub(super) fn has_encoder(&self, name: &str) -> bool {
        let listed = self.run(&["-hide_banner", "-encoders"]).unwrap_or_default();
        listed
            .lines()
            .any(|line| line.split_whitespace().nth(1) == Some(name))
    }

    fn run(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new(&self.ffmpeg)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn find(name: &str) -> Result<PathBuf, MediaError> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH")
        .iter()
        .flat_map(env::split_paths)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|path| is_program(path))
        .ok_or_else(|| {
            MediaError::new(
                MediaErrorKind::Program,
                format!(
                    "{name} is not on the PATH, and this file needs it: install ffmpeg; {BUILT_IN}"
                ),
            )
        })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
