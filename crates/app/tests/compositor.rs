//! `--compositor`: the same pictures from the GPU as from the CPU, and no silent other choice.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "gpu")]

mod support;

use std::fs;

use support::{blur, fails, frosted, stderr, succeeds, webcam_y4m};

/// Mesa's software driver, or what `FROSTED_TEST_GPU` names, by a part of its name.
fn gpu() -> String {
    let name = frosted_testing::test_gpu_name();
    format!("gpu:{}", name.as_deref().unwrap_or("llvmpipe"))
}

/// Whether it is there; said aloud if not, unless one is required.
fn has_driver(folder: &std::path::Path) -> bool {
    let asked = blur(folder, &["in.y4m", "try.y4m", "--compositor", &gpu()]);
    if asked.status.success() {
        return true;
    }
    frosted_testing::skip_without_gpu(stderr(&asked).trim());
    false
}

#[test]
fn the_gpu_writes_the_bytes_that_the_cpu_writes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(6)).unwrap();
    if !has_driver(folder.path()) {
        return;
    }
    for background in ["blur", "frost", "color:#204060"] {
        let shown = ["cpu", &gpu()].map(|compositor| {
            let name = format!("{}.y4m", compositor.replace(':', "-"));
            let options = [
                "--compositor",
                compositor,
                "--background",
                background,
                "--force",
            ];
            let told = succeeds(blur(
                folder.path(),
                &[&["in.y4m", &name], &options[..]].concat(),
            ));
            let pixels = if compositor == "cpu" {
                "CPU, 1 thread"
            } else {
                "GPU "
            };
            assert!(
                stderr(&told).contains(&format!("pixels on {pixels}")),
                "{}",
                stderr(&told)
            );
            fs::read(folder.path().join(name)).unwrap()
        });
        assert!(shown[0] == shown[1], "{background}");
    }
}

#[test]
fn a_gpu_that_is_asked_for_and_missing_is_an_error_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(1)).unwrap();
    let asked = blur(
        folder.path(),
        &["in.y4m", "out.y4m", "--compositor", "gpu:no such card"],
    );
    fails(&asked, 3, &["\"no such card\"", "to the CPU"]);
    assert!(!folder.path().join("out.y4m").exists());
}

#[test]
fn what_no_compositor_is_called_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let asked = blur(
        folder.path(),
        &["in.y4m", "out.y4m", "--compositor", "metal"],
    );
    fails(&asked, 2, &["\"metal\"", "auto, cpu, gpu or gpu:NAME"]);
}

#[test]
fn check_tells_what_does_the_pixel_work_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let told = frosted(folder.path())
        .args(["check", "--json"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let auto = report["compositor"]["sizes"].as_array().unwrap();
    assert!(
        !auto.is_empty() && report["compositor"]["gpus"].is_array(),
        "{report}"
    );
    for chosen in auto {
        let words = chosen["is"].as_str().unwrap();
        // Either what was measured, or why there is no GPU.
        assert!(
            words.contains("took") || words.contains("no GPU") || words.contains("not worth"),
            "{words}"
        );
    }
}

#[test]
fn check_finds_that_run_would_not_start_with_the_gpu_that_the_settings_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join(".config/frosted");
    fs::create_dir_all(&config).unwrap();
    for (choice, begins) in [("cpu", true), ("gpu:no such card", false)] {
        let text = format!("compositor = \"{choice}\"\n");
        fs::write(config.join("settings.toml"), text).unwrap();
        let mut check = frosted(folder.path());
        check.env("XDG_CONFIG_HOME", folder.path().join(".config"));
        let told = check.args(["check", "--json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(report["settings"]["ok"], begins, "{choice}: {report}");
        if begins {
            assert_eq!(report["compositor"]["choice"], choice);
            assert_eq!(report["compositor"]["sizes"][0]["is"], "CPU, 1 thread");
        } else {
            let why = report["settings"]["why"].as_str().unwrap();
            assert!(why.contains("no such card"), "{why}");
        }
    }
}
