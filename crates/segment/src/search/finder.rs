use std::path::{Path, PathBuf};

use super::pinned::{PINNED_VERSION, PinnedLibrary};
use super::{PlaceOrigin, PlaceOutcome, RuntimeReport, RuntimeSearch};
use crate::checksum;

/// A search with what it depends on handed in.
pub(super) struct Finder<'a> {
    pub(super) search: &'a RuntimeSearch,
    pub(super) pinned: Option<&'a PinnedLibrary>,
    pub(super) in_process: Option<PathBuf>,
    pub(super) load: &'a mut dyn FnMut(&Path) -> Result<(), String>,
}

impl Finder<'_> {
    pub(super) fn find(mut self) -> RuntimeReport {
        // A host's environment has no path and is beyond choice.
        if let Some(path) = self.in_process.take_if(|path| path.as_os_str().is_empty()) {
            return only(PlaceOrigin::Process, path, PlaceOutcome::Loaded);
        }
        if let Some((origin, path)) = self.named() {
            return self.find_named(origin, &path);
        }
        if let Some(path) = self.in_process.take() {
            return only(PlaceOrigin::Process, path, PlaceOutcome::Loaded);
        }
        self.find_unnamed()
    }

    fn find_unnamed(&mut self) -> RuntimeReport {
        let mut report = RuntimeReport::default();
        if let Some(folder) = &self.search.beside_executable {
            let files = libraries_in(folder);
            if files.is_empty() {
                let absent = (folder.clone(), PlaceOutcome::Absent);
                report.add(PlaceOrigin::BesideExecutable, absent);
            }
            for file in files {
                let outcome = outcome((self.load)(&file));
                if report.add(PlaceOrigin::BesideExecutable, (file, outcome)) {
                    return report;
                }
            }
        }
        for folder in &self.search.cache {
            let tried = try_cache(folder, self.pinned, self.load);
            if report.add(PlaceOrigin::Cache, tried) {
                return report;
            }
        }
        report
    }

    fn named(&self) -> Option<(PlaceOrigin, PathBuf)> {
        let given = self.search.given.clone();
        let variable = self.search.variable.clone();
        let variable = variable.filter(|path| !path.as_os_str().is_empty());
        given
            .map(|path| (PlaceOrigin::Given, path))
            .or(variable.map(|path| (PlaceOrigin::Variable, path)))
    }

    fn find_named(&mut self, origin: PlaceOrigin, path: &Path) -> RuntimeReport {
        // Made absolute here: a bare name would be looked up on the system's library path.
        match std::path::absolute(path) {
            Ok(path) => {
                let outcome = outcome((self.load)(&path));
                only(origin, path, outcome)
            }
            Err(error) => only(
                origin,
                PathBuf::from("an empty path"),
                PlaceOutcome::Refused(error.to_string()),
            ),
        }
    }
}

fn try_cache(
    folder: &Path,
    pinned: Option<&PinnedLibrary>,
    load: &mut dyn FnMut(&Path) -> Result<(), String>,
) -> (PathBuf, PlaceOutcome) {
    let Some(pinned) = pinned else {
        let reason = format!("no library {PINNED_VERSION} is published for this platform");
        return (folder.to_owned(), PlaceOutcome::Refused(reason));
    };
    let file = folder.join(pinned.file);
    if !folder.is_absolute() {
        return (file, PlaceOutcome::Refused("not an absolute path".into()));
    }
    if !file.exists() {
        return (file, PlaceOutcome::Absent);
    }
    let loaded = checksum::of_file(&file)
        .map_err(|error| error.to_string())
        .and_then(|sum| match sum == pinned.sha256 {
            true => load(&file),
            false => Err(format!(
                "its sha256 is {sum}, that of version {PINNED_VERSION} is {}; delete it and get \
                 it again",
                pinned.sha256
            )),
        });
    (file, outcome(loaded))
}

fn outcome(loaded: Result<(), String>) -> PlaceOutcome {
    match loaded {
        Ok(()) => PlaceOutcome::Loaded,
        Err(reason) => PlaceOutcome::Refused(reason),
    }
}

fn only(origin: PlaceOrigin, path: PathBuf, outcome: PlaceOutcome) -> RuntimeReport {
    let mut report = RuntimeReport::default();
    report.add(origin, (path, outcome));
    report
}

/// ONNX Runtime's library in `folder` under any of its names, the shortest first.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    if !folder.is_absolute() {
        return Vec::new();
    }
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(is_library))
        .map(|entry| entry.path())
        .collect();
    files.sort_by_key(|file| (file.as_os_str().len(), file.clone()));
    files
}

fn is_library(name: &str) -> bool {
    if cfg!(windows) {
        name.eq_ignore_ascii_case("onnxruntime.dll")
    } else if cfg!(target_os = "macos") {
        name.starts_with("libonnxruntime.") && name.ends_with(".dylib")
    } else {
        name.starts_with("libonnxruntime.so")
    }
}

#[cfg(test)]
mod tests;
