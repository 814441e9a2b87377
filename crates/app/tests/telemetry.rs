//! ONNX Runtime sends nothing about its use, and writes nothing.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "onnxruntime")]

mod support;

use std::fs;
use std::path::Path;

use support::{frosted, skipped, stderr, webcam_y4m};

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn no_file_is_left_in_the_users_folders() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(2)).unwrap();
    for value in [None, Some("0"), Some("1")] {
        let mut command = frosted(folder.path());
        command.args(["blur", "in.y4m", "out.y4m", "--force", "--engine", "ort"]);
        // The tester's own library: the usual way to it is closed in tests.
        command.envs(std::env::var_os("ORT_DYLIB_PATH").map(|path| ("ORT_DYLIB_PATH", path)));
        command.env_remove("ORT_DISABLE_TELEMETRY");
        command.envs(value.map(|value| ("ORT_DISABLE_TELEMETRY", value)));
        for (variable, folder) in [
            ("HOME", "."),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_DATA_HOME", ".data"),
            ("XDG_CONFIG_HOME", ".config"),
            ("TMPDIR", "."),
        ] {
            fs::create_dir_all(home.join(folder)).unwrap();
            command.env(variable, home.join(folder));
        }
        let told = command.output().unwrap();
        if told.status.code() == Some(3) {
            assert!(
                std::env::var_os("FROSTED_REQUIRE_ORT").is_none_or(|value| value != "1"),
                "FROSTED_REQUIRE_ORT=1, and {}",
                stderr(&told)
            );
            return skipped("ONNX Runtime's telemetry: there is no ONNX Runtime");
        }
        assert!(told.status.success(), "{}", stderr(&told));
        assert_eq!(files(&home), [""; 0], "ORT_DISABLE_TELEMETRY={value:?}");
    }
}
