//! Gets the pinned ONNX Runtime: the wheel of the Python package holds the plain C library.

use std::env::consts::{ARCH, OS};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest, Sha256};

use crate::workspace::target_dir;

pub(crate) const VERSION: &str = "1.31.1";

/// The library in the wheel of one platform.
struct Library {
    os: &'static str,
    arch: &'static str,
    file: &'static str,
    sha256: &'static str,
}

const LIBRARIES: [Library; 4] = [
    Library {
        os: "linux",
        arch: "x86_64",
        file: "libonnxruntime.so.1.31.1",
        sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Library {
        os: "linux",
        arch: "aarch64",
        file: "libonnxruntime.so.1.31.1",
        sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    },
    Library {
        os: "macos",
        arch: "aarch64",
        file: "libonnxruntime.1.31.1.dylib",
        sha256: "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36",
    },
    Library {
        os: "windows",
        arch: "x86_64",
        file: "onnxruntime.dll",
        sha256: "e45f61e50d8650885452be538a00bb14a715e46a1bc3691000ce947e89ed0306",
    },
];

/// What the wheel holds beside the library and the licence wants kept with it.
const NOTICES: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];

/// Path of the cached library, fetched first where it is missing or has another checksum.
///
/// # Errors
///
/// One line that says why there is none: no library for this platform, no Python or pip, no network, another checksum.
pub(crate) fn library() -> Result<PathBuf, String> {
    let library = for_platform(OS, ARCH)?;
    let cache = target_dir().join("onnxruntime").join(VERSION);
    let path = cache.join(library.file);
    if sha256_of(&path).is_ok_and(|sha256| sha256 == library.sha256) {
        return Ok(path);
    }
    let python = python()?;
    eprintln!(
        "getting ONNX Runtime {VERSION} through pip into {}",
        cache.display()
    );
    fetch(python, library, &cache)?;
    Ok(path)
}

fn for_platform(os: &str, arch: &str) -> Result<&'static Library, String> {
    let library = LIBRARIES
        .iter()
        .find(|library| library.os == os && library.arch == arch)
        .filter(|_| !cfg!(target_env = "musl"));
    library.ok_or_else(|| {
        format!("ONNX Runtime {VERSION} is not published for {os} on {arch} with this C library")
    })
}

fn python() -> Result<&'static str, String> {
    let mut why = "no program python3 or python was found".to_owned();
    for name in ["python3", "python"] {
        match run(Command::new(name).args(["-m", "pip", "--version"])) {
            Ok(_) => return Ok(name),
            Err(Failure::NotStarted(_)) => {}
            Err(Failure::Failed(line)) => why = format!("{name} has no pip ({line})"),
        }
    }
    Err(why)
}

fn fetch(python: &str, library: &Library, cache: &Path) -> Result<(), String> {
    let work = Scratch::beside(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    // The C library is the same in the wheel of every Python version, so one that surely exists is named.
    run(Command::new(python)
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--retries", "1", "--timeout", "20"])
        .args([
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            "3.12",
            "--dest",
        ])
        .arg(&work.0)
        .arg(format!("onnxruntime=={VERSION}")))
    .map_err(|failure| format!("pip could not download onnxruntime {VERSION}; is the network there, and pip 20.3 or later? ({failure})"))?;
    let wheel = wheel_in(&work.0)?;
    run(Command::new(python)
        .args(["-m", "zipfile", "-e"])
        .args([&wheel, &work.0]))
    .map_err(|failure| format!("{} could not be unpacked ({failure})", wheel.display()))?;

    let unpacked = work.0.join("onnxruntime");
    let found = unpacked.join("capi").join(library.file);
    let sha256 = sha256_of(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    if sha256 != library.sha256 {
        return Err(format!(
            "{} has sha256 {sha256}, expected {}",
            library.file, library.sha256
        ));
    }
    // The library comes last and by one rename: it is there whole and with its notices, or not at all.
    let moved = fs::create_dir_all(cache).and_then(|()| {
        for notice in NOTICES {
            fs::rename(unpacked.join(notice), cache.join(notice))?;
        }
        fs::rename(&found, cache.join(library.file))
    });
    moved.map_err(|error| format!("{}: {error}", cache.display()))
}

fn wheel_in(dir: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| format!("pip left no wheel in {}", dir.display()))
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hasher = HashWriter(Sha256::new());
    io::copy(&mut File::open(path)?, &mut hasher)?;
    let digest = hasher.0.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

struct HashWriter(Sha256);

impl io::Write for HashWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A folder on the cache's own file system, so that a rename out of it is atomic; removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(cache: &Path) -> io::Result<Self> {
        let mut dir = cache.as_os_str().to_owned();
        dir.push(format!(".{}.part", std::process::id()));
        let dir = PathBuf::from(dir);
        fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever is left behind is under target/ and named *.part.
        let _ = fs::remove_dir_all(&self.0);
    }
}

enum Failure {
    NotStarted(io::Error),
    Failed(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotStarted(error) => error.fmt(f),
            Self::Failed(line) => f.write_str(line),
        }
    }
}

fn run(command: &mut Command) -> Result<Output, Failure> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(Failure::NotStarted)?;
    if output.status.success() {
        return Ok(output);
    }
    // pip and Python put the reason last.
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(Failure::Failed(match last {
        Some(line) => line.trim().to_owned(),
        None => output.status.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_with_a_library() {
        let cases = [
            ("linux", "x86_64", true),
            ("linux", "aarch64", true),
            ("macos", "aarch64", true),
            ("macos", "x86_64", false),
            ("windows", "x86_64", true),
            ("freebsd", "x86_64", false),
        ];
        for (os, arch, published) in cases {
            assert_eq!(for_platform(os, arch).is_ok(), published, "{os} {arch}");
        }
    }

    #[test]
    fn checksum_of_a_file_is_the_published_one_of_abc() {
        let dir = Scratch::beside(&std::env::temp_dir().join("xtask-sha256")).unwrap();
        let path = dir.0.join("abc");
        fs::write(&path, "abc").unwrap();
        let sha256 = sha256_of(&path).unwrap();
        assert_eq!(
            sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(sha256_of(&dir.0.join("missing")).is_err());
    }

    #[test]
    fn a_failed_program_gives_its_last_line() {
        let failure = run(Command::new("cargo").arg("no-such-command")).err();
        assert!(matches!(failure, Some(Failure::Failed(line)) if !line.is_empty()));
        let failure = run(&mut Command::new("no-such-program-here")).err();
        assert!(matches!(failure, Some(Failure::NotStarted(_))));
    }
}
