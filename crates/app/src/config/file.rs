use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Far more than any settings file needs: a path that names a film is not read whole.
const MOST_BYTES: u64 = 64 * 1024;

/// What a look at a file found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// There is no such file.
    Absent,
    /// Its text.
    Text(String),
    /// It is there, but has no text to be had: the reason and the remedy.
    Unreadable(String),
}

impl Content {
    /// Reads a file that somebody may be writing at this moment.
    pub(super) fn read(path: &Path) -> Self {
        match text_of(path) {
            Ok(text) => Self::Text(text),
            // A link that leads nowhere is not the same as no file: somebody meant one.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() =>
            {
                Self::Absent
            }
            Err(error) => Self::Unreadable(reason(&error)),
        }
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    // Opening a pipe would wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("is no regular file, give one"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!(
            "has more than {MOST_BYTES} bytes, which no settings need"
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::other("is no UTF-8 text, save it as such in the editor"))
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other => error.to_string(),
        io::ErrorKind::NotFound => "is a link that leads nowhere".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "cannot be read, permission is denied: see who owns it and its folder".to_owned()
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// A file that is looked at again and again.
///
/// Every look reads it. A settings file is short, and nothing else is certain: time stamps
/// are coarse on some file systems and kept by some tools.
#[derive(Debug)]
pub(super) struct Watched {
    path: PathBuf,
    judged: Content,
    seen: Content,
}

impl Watched {
    /// Reads the file for the first time.
    pub(super) fn new(path: PathBuf) -> Self {
        let content = Content::read(&path);
        Self {
            path,
            judged: content.clone(),
            seen: content,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was found when the file was last judged: by [`new`](Self::new), or by a
    /// [`look`](Self::look) that returned something.
    pub(super) fn content(&self) -> &Content {
        &self.judged
    }

    /// What the file holds now, if that is new and two looks in a row found the same: an
    /// editor that empties a file before it fills it again is not taken at its word.
    pub(super) fn look(&mut self) -> Option<&Content> {
        let now = Content::read(&self.path);
        let settled = now == self.seen;
        self.seen = now;
        if !settled || self.seen == self.judged {
            return None;
        }
        self.judged = self.seen.clone();
        Some(&self.judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_settings_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("latin1"), b"card-title = \"Pri\xe8re\"").unwrap();
        fs::write(at("film"), vec![b'a'; MOST_BYTES as usize + 1]).unwrap();
        fs::write(at("most"), vec![b'a'; MOST_BYTES as usize]).unwrap();
        fs::write(at("good"), "background = \"frost\"").unwrap();
        for (name, said) in [
            ("latin1", "UTF-8"),
            ("film", "65536 bytes"),
            ("", "regular file"),
        ] {
            match Content::read(&at(name)) {
                Content::Unreadable(reason) => assert!(reason.contains(said), "{name}: {reason}"),
                other => panic!("{name}: {other:?}"),
            }
        }
        assert!(matches!(Content::read(&at("most")), Content::Text(_)));
        assert_eq!(Content::read(&at("none")), Content::Absent);
        assert_eq!(
            Content::read(&at("good")),
            Content::Text("background = \"frost\"".into())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_and_a_path_through_a_file_are_not_absence() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("policy.toml");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(Content::read(&link), Content::Unreadable(_)));
        let through = folder.path().join("file/policy.toml");
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(matches!(Content::read(&through), Content::Unreadable(_)));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(matches!(Content::read(&pipe), Content::Unreadable(_)));
    }

    #[test]
    fn a_change_counts_once_it_has_stood_for_two_looks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, "old").unwrap();
        let mut watched = Watched::new(path.clone());
        assert_eq!(watched.look(), None);
        fs::write(&path, "").unwrap();
        assert_eq!(watched.look(), None, "half-written");
        fs::write(&path, "new").unwrap();
        assert_eq!(watched.look(), None, "seen once");
        assert_eq!(watched.look(), Some(&Content::Text("new".into())));
        assert_eq!(watched.look(), None, "judged already");
    }

    #[test]
    fn a_change_of_equal_length_and_time_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, "aaa").unwrap();
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        let mut watched = Watched::new(path.clone());
        fs::write(&path, "bbb").unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(time)
            .unwrap();
        watched.look();
        assert_eq!(watched.look(), Some(&Content::Text("bbb".into())));
    }

    #[test]
    fn a_file_that_an_editor_puts_into_place_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, "old").unwrap();
        let mut watched = Watched::new(path.clone());
        fs::remove_file(&path).unwrap();
        assert_eq!(watched.look(), None);
        let beside = folder.path().join("settings.toml~");
        fs::write(&beside, "new").unwrap();
        fs::rename(&beside, &path).unwrap();
        assert_eq!(watched.look(), None);
        assert_eq!(watched.look(), Some(&Content::Text("new".into())));
    }
}
