//! The settings file of `frosted run` as the program reads it at its start, before it looks
//! for a camera: each mistake a clear error that names file, line and remedy.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use support::{fails, frosted, names};

/// `frosted run` in a folder that is the user's own, with this text in the usual file.
fn run_with(home: &Path, settings: Option<&str>, arguments: &[&str]) -> Output {
    let folder = home.join("config/frosted");
    fs::create_dir_all(&folder).unwrap();
    if let Some(text) = settings {
        fs::write(folder.join("settings.toml"), text).unwrap();
    }
    frosted(home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .arg("run")
        .args(arguments)
        .output()
        .unwrap()
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn a_broken_settings_file_is_named_with_its_line_and_the_remedy() {
    let cases = [
        ("background = \"blur", "line 1 is no TOML"),
        (
            "fps = 30\nbackground = \"none\"",
            "line 2: background \"none\" is unknown, choose blur",
        ),
        ("backgroud = \"blur\"", "did you mean background?"),
        ("background = \"alpha\"", "choose blur, frost"),
        ("text-height = \"17\"", "1/17"),
        ("background = \"image:none.png\"", "none.png"),
        ("subject = \"some\"", "choose one, 2 to 9"),
    ];
    for (text, said) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = run_with(home.path(), Some(text), &[]);
        fails(&output, 3, &[said]);
        if !text.contains("image:") {
            fails(&output, 3, &["config/frosted/settings.toml"]);
        }
        assert_eq!(names(home.path()), ["config"], "{text}");
        assert_eq!(
            names(&home.path().join("config/frosted")),
            ["settings.toml"]
        );
        assert!(output.stdout.is_empty(), "{text}");
    }
}

#[test]
fn outputs_that_this_build_lacks_are_not_offered() {
    let home = tempfile::tempdir().unwrap();
    let output = run_with(home.path(), None, &["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let has_pipewire = cfg!(all(feature = "pipewire", target_os = "linux"));
    assert!(
        help.contains("Where the frames go: auto, a device such as"),
        "{help}"
    );
    assert_eq!(help.contains("pipewire"), has_pipewire, "{help}");
    let output = run_with(home.path(), None, &["--output", "x"]);
    fails(
        &output,
        2,
        &["output \"x\" is unknown, choose auto, a device"],
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.contains("pipewire"), has_pipewire, "{said}");
}

#[test]
fn a_settings_file_that_is_named_stands_for_the_usual_one() {
    let home = tempfile::tempdir().unwrap();
    let output = run_with(home.path(), Some("broken"), &["--settings", "other.toml"]);
    fails(
        &output,
        3,
        &["settings file other.toml: is not there", "--settings"],
    );
    fs::write(home.path().join("other.toml"), "threads = 65").unwrap();
    let output = run_with(home.path(), Some("broken"), &["--settings", "other.toml"]);
    fails(
        &output,
        3,
        &["other.toml: line 1: 65 threads cannot be had"],
    );
}

#[test]
fn what_the_file_may_not_ask_for_the_command_line_may_not_either() {
    let home = tempfile::tempdir().unwrap();
    let output = run_with(home.path(), None, &["--background", "alpha"]);
    fails(
        &output,
        2,
        &["choose blur, frost, color:#RRGGBB, image:FILE or green"],
    );
}
