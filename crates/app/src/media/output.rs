//! Files appear whole or not at all: written beside their place, renamed at the end.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::MediaError;

/// Whether a file that is there may be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is an error.
    #[default]
    Keep,
    /// It is replaced once the new one is whole.
    Replace,
}

/// A file in the making: `OUT.part` until [`Output::commit`], removed if that never comes.
#[derive(Debug)]
pub struct Output {
    target: PathBuf,
    part: PathBuf,
    committed: bool,
}

/// The parts in the making, for whoever has to leave at once.
static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes every part in the making. For a program that is about to end at once.
pub fn remove_parts() {
    let parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
    for part in parts.iter() {
        // Nothing can be done about a failure on the way out.
        let _ = fs::remove_file(part);
    }
}

impl Output {
    /// Creates `target.part`, after checking that writing `target` loses nothing: it is none
    /// of `inputs` (by whatever spelling or link), no folder and no device, and it is not
    /// there unless `existing` says so.
    ///
    /// # Errors
    /// [`MediaErrorKind::Refused`](super::MediaErrorKind::Refused) for those,
    /// [`MediaErrorKind::Write`](super::MediaErrorKind::Write) if it cannot be created.
    pub fn create(
        target: &Path,
        inputs: &[&Path],
        existing: Existing,
    ) -> Result<(Self, File), MediaError> {
        let name = target.display().to_string();
        check(target, inputs, existing).map_err(|error| error.of(&name))?;
        let part = part_of(target);
        let mut options = OpenOptions::new();
        options.write(true);
        match existing {
            Existing::Keep => options.create_new(true),
            Existing::Replace => options.create(true).truncate(true),
        };
        let file = options
            .open(&part)
            .map_err(|error| cannot_create(&error, target, &part))?;
        lock_parts().insert(part.clone());
        let output = Self {
            target: target.to_owned(),
            part,
            committed: false,
        };
        Ok((output, file))
    }

    /// The file that is written.
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// The file that it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`MediaErrorKind::Write`](super::MediaErrorKind::Write) if it cannot be renamed; the
    /// part is removed then.
    pub fn commit(mut self) -> Result<(), MediaError> {
        fs::rename(&self.part, &self.target)
            .map_err(|error| MediaError::write(&error).of(&self.target.display().to_string()))?;
        self.committed = true;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.committed {
            // The error that led here is the one to tell.
            let _ = fs::remove_file(&self.part);
        }
        lock_parts().remove(&self.part);
    }
}

fn lock_parts() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(".part");
    PathBuf::from(name)
}

/// Refuses what [`Output::create`] refuses, for a file that is written in its place.
///
/// # Errors
/// [`MediaErrorKind::Refused`](super::MediaErrorKind::Refused).
pub(crate) fn refuse_target(
    target: &Path,
    inputs: &[&Path],
    existing: Existing,
) -> Result<(), MediaError> {
    check(target, inputs, existing).map_err(|error| error.of(&target.display().to_string()))
}

fn check(target: &Path, inputs: &[&Path], existing: Existing) -> Result<(), MediaError> {
    if target.as_os_str().is_empty() || target.file_name().is_none() {
        return Err(MediaError::refused(
            "is no file name, give the file to write",
        ));
    }
    if inputs.iter().any(|input| same_file(input, target)) {
        return Err(MediaError::refused(
            "is also the input, give the output another name",
        ));
    }
    // Not followed: a link that leads nowhere is there, too.
    let Ok(link) = fs::symlink_metadata(target) else {
        return Ok(());
    };
    let there = fs::metadata(target).unwrap_or(link);
    if there.is_dir() {
        return Err(MediaError::refused(
            "is a directory, give the file to write",
        ));
    }
    if !there.is_file() && !there.is_symlink() {
        return Err(MediaError::refused(
            "is a device or a pipe and not a file; - writes Y4M to the standard output",
        ));
    }
    match existing {
        Existing::Replace => Ok(()),
        Existing::Keep => Err(MediaError::refused(
            "exists already, give --force to replace it",
        )),
    }
}

fn cannot_create(error: &io::Error, target: &Path, part: &Path) -> MediaError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => MediaError::refused(
            "is there from another run: wait for that one, or remove it, or give --force",
        )
        .of(&part.display().to_string()),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let folder = target.parent().unwrap_or(target);
            MediaError::new(
                super::MediaErrorKind::Write,
                "no such folder, make it first",
            )
            .of(&folder.display().to_string())
        }
        _ => MediaError::write(error).of(&target.display().to_string()),
    }
}

/// Whether two paths lead to one file: by another spelling, a symbolic or a hard link.
pub fn same_file(a: &Path, b: &Path) -> bool {
    let canonical = match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    canonical || same_inode(a, b)
}

#[cfg(unix)]
fn same_inode(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_inode(_: &Path, _: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn refusal(target: &Path, inputs: &[&Path], existing: Existing) -> String {
        Output::create(target, inputs, existing)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_file_appears_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.y4m");
        let (output, mut file) = Output::create(&target, &[], Existing::Keep).unwrap();
        file.write_all(b"whole").unwrap();
        assert!(!target.exists());
        output.commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_left_of_a_file_that_was_given_up() {
        let folder = tempfile::tempdir().unwrap();
        drop(Output::create(&folder.path().join("out.y4m"), &[], Existing::Keep).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let input = at("in.y4m");
        fs::write(&input, "in").unwrap();
        fs::create_dir(at("sub")).unwrap();
        fs::hard_link(&input, at("hard.y4m")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&input, at("soft.y4m")).unwrap();
        for existing in [Existing::Keep, Existing::Replace] {
            for name in ["in.y4m", "sub/../in.y4m", "hard.y4m", "soft.y4m"] {
                let refused = refusal(&at(name), &[&input], existing);
                assert!(refused.contains("also the input"), "{name}: {refused}");
            }
            assert!(refusal(&at("sub"), &[&input], existing).contains("directory"));
            assert!(refusal(Path::new("/dev/null"), &[], existing).contains("device"));
            assert!(refusal(&at("gone/out.y4m"), &[], existing).contains("no such folder"));
        }
        fs::write(at("old.y4m"), "old").unwrap();
        assert!(refusal(&at("old.y4m"), &[&input], Existing::Keep).contains("--force"));
        assert_eq!(fs::read(at("old.y4m")).unwrap(), b"old");
        assert_eq!(fs::read(&input).unwrap(), b"in");
    }

    #[test]
    fn a_replaced_file_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.png");
        fs::write(&target, "old").unwrap();
        drop(Output::create(&target, &[], Existing::Replace).unwrap());
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }
}
