//! What is said of libraries that are none. No library that works is loaded in this
//! process: the first one that is stays for good.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "onnxruntime")]

mod scene;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use frosted_segment::{
    EngineChoice, LoadError, LoadErrorKind, PINNED_VERSION, PinnedLibrary, RuntimeSearch, open,
    probe,
};
use scene::spec;
use tempfile::TempDir;

fn nowhere() -> RuntimeSearch {
    RuntimeSearch {
        given: None,
        variable: None,
        beside_executable: None,
        cache: Vec::new(),
    }
}

fn error_of(choice: EngineChoice, search: &RuntimeSearch) -> LoadError {
    open(choice, search, &spec(&[]), b"never looked at").unwrap_err()
}

/// A library with ONNX Runtime's entry that says it is version 1.17.0.
fn too_old(folder: &Path) -> PathBuf {
    let source = folder.join("old.rs");
    let library = folder.join(format!("old{}", std::env::consts::DLL_SUFFIX));
    let text = r#"
        #[repr(C)]
        pub struct Base {
            get_api: extern "C" fn(u32) -> *const u8,
            get_version: extern "C" fn() -> *const u8,
        }
        extern "C" fn get_api(_: u32) -> *const u8 { std::ptr::null() }
        extern "C" fn get_version() -> *const u8 { c"1.17.0".as_ptr().cast() }
        #[unsafe(no_mangle)]
        pub extern "C" fn OrtGetApiBase() -> *const Base { &Base { get_api, get_version } }
    "#;
    fs::write(&source, text).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let status = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
        .args([&library, &source])
        .status()
        .unwrap();
    assert!(status.success());
    library
}

#[test]
fn a_named_library_that_does_not_load_is_an_error_for_every_choice() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.so");
    fs::write(&text, "no library").unwrap();
    let cases = [
        ("missing", folder.path().join("missing.so"), "No such file"),
        ("folder", folder.path().to_owned(), "not a file"),
        ("text", text, "text.so"),
        (
            "too old",
            too_old(folder.path()),
            "version 1.17.0, at least 1.24.0",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, path, reason) in cases {
        for choice in [EngineChoice::Auto, EngineChoice::OnnxRuntime] {
            for by_variable in [false, true] {
                let mut search = nowhere();
                let place = match by_variable {
                    true => &mut search.variable,
                    false => &mut search.given,
                };
                *place = Some(path.clone());
                let error = error_of(choice, &search);
                let text = error.to_string();
                let named = text.contains(path.to_str().unwrap()) && text.contains(reason);
                if error.kind() != LoadErrorKind::Runtime || !named {
                    wrong.push(format!("{name} {choice} {by_variable}: {text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the operating system says is part of the message, not only that it failed.
#[cfg(target_os = "linux")]
#[test]
fn the_systems_reason_is_in_the_message() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("text.so");
    fs::write(&path, "no library").unwrap();
    let search = RuntimeSearch {
        given: Some(path),
        ..nowhere()
    };
    let text = error_of(EngineChoice::OnnxRuntime, &search).to_string();
    assert!(
        text.contains("file too short") || text.contains("invalid ELF"),
        "{text}"
    );
}

#[test]
fn onnx_runtime_that_is_nowhere_is_an_error_that_says_how_to_get_it() {
    let folder = TempDir::new().unwrap();
    let search = RuntimeSearch {
        beside_executable: Some(folder.path().join("bin")),
        cache: vec![folder.path().join("cache")],
        ..nowhere()
    };
    let error = error_of(EngineChoice::OnnxRuntime, &search);
    assert_eq!(error.kind(), LoadErrorKind::Runtime);
    let text = error.to_string();
    let wheel = format!("onnxruntime=={PINNED_VERSION}");
    for expected in [
        "bin",
        "cache",
        "cargo xtask setup",
        &wheel,
        "ORT_DYLIB_PATH",
    ] {
        assert!(text.contains(expected), "{expected} is not in: {text}");
    }
}

#[test]
fn a_cached_library_with_another_checksum_is_refused_by_name() {
    let Some(pinned) = PinnedLibrary::of_this_platform() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(pinned.file);
    fs::copy(too_old(folder.path()), &file).unwrap();
    let search = RuntimeSearch {
        cache: vec![folder.path().to_owned()],
        ..nowhere()
    };
    let report = probe(&search);
    assert!(report.loaded().is_none() && !report.insists_in_vain());
    let text = error_of(EngineChoice::OnnxRuntime, &search).to_string();
    // Had it been loaded, its version would be the reason.
    assert!(
        text.contains(pinned.sha256) && !text.contains("1.17.0"),
        "{text}"
    );
}
