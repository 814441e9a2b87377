use std::ffi::OsStr;
use std::fs;

use tempfile::TempDir;

use super::*;

/// sha256 of "abc" (FIPS 180-2, B.1).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

const PINNED: PinnedLibrary = PinnedLibrary {
    file: "pinned.so",
    sha256: ABC,
};

fn library_name() -> &'static str {
    if cfg!(windows) {
        "onnxruntime.dll"
    } else if cfg!(target_os = "macos") {
        "libonnxruntime.1.31.1.dylib"
    } else {
        "libonnxruntime.so.1.31.1"
    }
}

/// A folder beside the executable and a cache, each with a library if it was asked for.
struct Scene {
    beside: TempDir,
    cache: TempDir,
    search: RuntimeSearch,
}

impl Scene {
    fn new(beside: bool, cached: Option<&str>) -> Self {
        let folders = [0, 1].map(|_| TempDir::new().unwrap());
        let [beside_folder, cache] = folders;
        if beside {
            fs::write(beside_folder.path().join(library_name()), "abc").unwrap();
            fs::write(beside_folder.path().join("unrelated.so"), "abc").unwrap();
        }
        if let Some(text) = cached {
            fs::write(cache.path().join(PINNED.file), text).unwrap();
        }
        let search = RuntimeSearch {
            given: None,
            variable: None,
            beside_executable: Some(beside_folder.path().to_owned()),
            cache: vec![cache.path().to_owned()],
        };
        Self {
            beside: beside_folder,
            cache,
            search,
        }
    }

    /// Finds with a loader that takes what is not called `refused`, and what it was asked.
    fn find(&self, refused: Option<&str>) -> (RuntimeReport, Vec<PathBuf>) {
        self.find_beside(refused, None)
    }

    fn find_beside(
        &self,
        refused: Option<&str>,
        in_process: Option<PathBuf>,
    ) -> (RuntimeReport, Vec<PathBuf>) {
        let mut asked = Vec::new();
        let report = Finder {
            search: &self.search,
            pinned: Some(&PINNED),
            in_process,
            load: &mut |path| {
                asked.push(path.to_owned());
                match refused.map(OsStr::new) == path.file_name() {
                    true => Err("it is broken".into()),
                    false => Ok(()),
                }
            },
        }
        .find();
        (report, asked)
    }
}

fn loaded(report: &RuntimeReport) -> Option<(PlaceOrigin, PathBuf)> {
    let place = report.loaded()?;
    Some((place.origin, place.path.clone()))
}

#[test]
fn a_given_path_comes_first_then_the_variable() {
    let mut scene = Scene::new(true, Some("abc"));
    scene.search.variable = Some("/of/the/variable.so".into());
    let (report, _) = scene.find(None);
    let variable = (PlaceOrigin::Variable, "/of/the/variable.so".into());
    assert_eq!(loaded(&report), Some(variable));

    scene.search.given = Some("/of/the/option.so".into());
    let (report, asked) = scene.find(None);
    let given = (PlaceOrigin::Given, "/of/the/option.so".into());
    assert_eq!(loaded(&report), Some(given));
    assert_eq!(asked, [PathBuf::from("/of/the/option.so")]);
}

#[test]
fn a_named_path_that_does_not_load_is_never_skipped() {
    for origin in [PlaceOrigin::Given, PlaceOrigin::Variable] {
        let mut scene = Scene::new(true, Some("abc"));
        let path = Some("/broken.so".into());
        match origin {
            PlaceOrigin::Given => scene.search.given = path,
            _ => scene.search.variable = path,
        }
        let (report, asked) = scene.find(Some("broken.so"));
        assert!(report.insists_in_vain(), "{origin:?}");
        assert_eq!(asked.len(), 1, "{origin:?} {asked:?}");
        let text = report.summary();
        assert!(
            text.contains("/broken.so") && text.contains("it is broken"),
            "{text}"
        );
    }
}

#[test]
fn an_empty_variable_counts_as_none_and_an_empty_option_is_an_error() {
    let mut scene = Scene::new(true, None);
    scene.search.variable = Some(PathBuf::new());
    let (report, _) = scene.find(None);
    let beside = scene.beside.path().join(library_name());
    assert_eq!(
        loaded(&report),
        Some((PlaceOrigin::BesideExecutable, beside))
    );

    scene.search.given = Some(PathBuf::new());
    let (report, asked) = scene.find(None);
    assert!(report.insists_in_vain() && asked.is_empty());
}

#[test]
fn relative_paths_that_were_given_are_made_absolute() {
    let mut scene = Scene::new(false, None);
    scene.search.given = Some("some/library.so".into());
    let (_, asked) = scene.find(None);
    let expected = std::env::current_dir().unwrap().join("some/library.so");
    assert_eq!(asked, [expected]);
}

#[test]
fn what_is_beside_the_executable_comes_before_the_cache() {
    let scene = Scene::new(true, Some("abc"));
    let (report, asked) = scene.find(None);
    let beside = scene.beside.path().join(library_name());
    assert_eq!(asked, std::slice::from_ref(&beside));
    assert_eq!(
        loaded(&report),
        Some((PlaceOrigin::BesideExecutable, beside))
    );

    let (report, asked) = scene.find(Some(library_name()));
    let cached = scene.cache.path().join(PINNED.file);
    assert_eq!(asked.len(), 2);
    assert_eq!(loaded(&report), Some((PlaceOrigin::Cache, cached)));
}

#[test]
fn a_cached_library_is_loaded_only_with_its_checksum() {
    let scene = Scene::new(false, Some("abc"));
    let (report, asked) = scene.find(None);
    assert_eq!(asked, [scene.cache.path().join(PINNED.file)]);
    assert!(report.loaded().is_some());

    let scene = Scene::new(false, Some("abd"));
    let (report, asked) = scene.find(None);
    assert!(asked.is_empty(), "{asked:?}");
    assert!(report.loaded().is_none() && !report.insists_in_vain());
    assert!(report.summary().contains(ABC), "{}", report.summary());
}

#[test]
fn the_working_directory_is_never_searched() {
    let mut scene = Scene::new(false, None);
    scene.search.beside_executable = Some(PathBuf::from("."));
    scene.search.cache = vec![PathBuf::from("."), PathBuf::new()];
    let (report, asked) = scene.find(None);
    assert!(report.loaded().is_none() && asked.is_empty(), "{report:?}");
}

#[test]
fn nothing_anywhere_is_said_place_by_place() {
    let scene = Scene::new(false, None);
    let (report, _) = scene.find(None);
    assert!(report.loaded().is_none() && !report.insists_in_vain());
    let text = report.summary();
    assert!(
        text.contains(scene.beside.path().to_str().unwrap()),
        "{text}"
    );
    assert!(
        text.contains(scene.cache.path().to_str().unwrap()),
        "{text}"
    );
}

#[test]
fn what_is_loaded_is_kept_unless_another_path_is_named() {
    let mut scene = Scene::new(true, None);
    let there = PathBuf::from("/there.so");
    let (report, asked) = scene.find_beside(None, Some(there.clone()));
    assert_eq!(loaded(&report), Some((PlaceOrigin::Process, there.clone())));
    assert!(asked.is_empty());

    scene.search.given = Some("/other.so".into());
    let (_, asked) = scene.find_beside(None, Some(there));
    assert_eq!(asked, [PathBuf::from("/other.so")]);

    let (report, asked) = scene.find_beside(None, Some(PathBuf::new()));
    assert_eq!(
        loaded(&report),
        Some((PlaceOrigin::Process, PathBuf::new()))
    );
    assert!(asked.is_empty(), "a host's environment leaves no choice");
}

#[test]
fn names_of_other_libraries_are_not_taken() {
    for (name, expected) in [
        (library_name(), true),
        ("libonnxruntime_providers_shared.so", false),
        ("libonnxruntime_providers_cuda.dylib", false),
        ("libonnxruntimes.so", false),
        ("notes.txt", false),
    ] {
        assert_eq!(is_library(name), expected, "{name}");
    }
}
