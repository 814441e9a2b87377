//! `--record` and `frosted audit --verify` as a user sees them.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Output, Stdio};

use support::{blur, fails, frosted, names, room_y4m, run, stderr, succeeds};

/// Two and a half seconds of an empty room.
fn with_clip() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(63)).unwrap();
    folder
}

fn verify(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["audit", "--verify"], arguments].concat())
}

/// The hash that the end of a session says.
fn last_hash(output: &Output) -> String {
    let said = stderr(output);
    let line = said
        .lines()
        .find(|line| line.starts_with("record "))
        .unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

#[track_caller]
fn says(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}{}", stderr(output));
    for word in words {
        assert!(said.contains(word), "\"{word}\" is missing in: {said}");
    }
}

#[test]
fn a_clip_is_recorded_and_its_record_is_checked() {
    let folder = with_clip();
    let here = folder.path();
    let output = succeeds(blur(here, &["in.y4m", "out.y4m", "--record", "r.jsonl"]));
    let hash = last_hash(&output);
    assert_eq!(names(here), ["in.y4m", "out.y4m", "r.jsonl"]);
    let whole = [
        "whole: 4 lines",
        "frosted blur",
        "63 pictures",
        "\"subject\":\"one\"",
        "ended: the input ended",
        hash.as_str(),
    ];
    says(&verify(here, &["r.jsonl"]), 0, &whole);
    says(
        &verify(here, &["r.jsonl", "--expect", &hash]),
        0,
        &["whole"],
    );
    let other = "0".repeat(64);
    let expected = ["BROKEN: its last hash is not"];
    says(
        &verify(here, &["r.jsonl", "--expect", &other]),
        1,
        &expected,
    );
    let record = fs::read_to_string(here.join("r.jsonl")).unwrap();
    assert!(
        !record.contains("in.y4m") && !record.contains("utc"),
        "{record}"
    );
    assert_eq!(record.lines().count(), 4);

    let changed = record.replacen("\"t_ms\":2000", "\"t_ms\":2001", 1);
    assert_ne!(changed, record);
    fs::write(here.join("changed.jsonl"), changed).unwrap();
    says(
        &verify(here, &["changed.jsonl"]),
        1,
        &["BROKEN: line 3: its hash"],
    );
    let cut = record.lines().take(3).map(|line| format!("{line}\n"));
    fs::write(here.join("cut.jsonl"), cut.collect::<String>()).unwrap();
    says(
        &verify(here, &["cut.jsonl"]),
        1,
        &["broken off", "whole before that: 3"],
    );
    fails(&verify(here, &["in.y4m"]), 2, &["in.y4m", "no record"]);
    fails(
        &verify(here, &["none.jsonl"]),
        2,
        &["none.jsonl", "no such file"],
    );
    let usage = run(here, &["audit", "--verify", "r.jsonl", "in.y4m", "out.y4m"]);
    assert_eq!(usage.status.code(), Some(2), "{}", stderr(&usage));
    let usage = run(here, &["audit"]);
    assert_eq!(usage.status.code(), Some(2), "{}", stderr(&usage));
}

#[test]
fn a_record_with_a_key_is_checked_with_that_key() {
    let folder = with_clip();
    let here = folder.path();
    fs::write(here.join("key"), [7; 32]).unwrap();
    fs::write(here.join("other"), [8; 32]).unwrap();
    fs::write(here.join("short"), [8; 15]).unwrap();
    let record = |key: &str| {
        let options = [
            "in.y4m",
            "out.y4m",
            "--force",
            "--record",
            "r.jsonl",
            "--record-key",
            key,
        ];
        blur(here, &options)
    };
    let remedy = "a key has 16 to 65536: make one, such as by head -c 32 /dev/urandom";
    fails(&record("short"), 1, &["short: has 15 bytes, ", remedy]);
    fs::write(here.join("long"), vec![7; 100_000]).unwrap();
    fails(&record("long"), 1, &["long: has 100000 bytes, ", remedy]);
    assert!(!names(here).contains(&"r.jsonl".to_owned()));
    succeeds(record("key"));
    says(
        &verify(here, &["r.jsonl", "--record-key", "key"]),
        0,
        &["whole"],
    );
    says(
        &verify(here, &["r.jsonl", "--record-key", "other"]),
        1,
        &["line 1", "the key is another"],
    );
    fails(&verify(here, &["r.jsonl"]), 2, &["--record-key"]);
}

#[test]
fn a_file_that_is_there_or_is_something_else_is_not_replaced() {
    let folder = with_clip();
    let here = folder.path();
    fs::write(here.join("r.jsonl"), "mine").unwrap();
    let output = blur(here, &["in.y4m", "out.y4m", "--record", "r.jsonl"]);
    fails(&output, 1, &["r.jsonl", "--force"]);
    for taken in ["in.y4m", "out.y4m"] {
        let output = blur(here, &["in.y4m", "out.y4m", "--force", "--record", taken]);
        fails(&output, 2, &["--record"]);
    }
    let output = blur(here, &["in.y4m", "out.y4m", "--record", "gone/r.jsonl"]);
    fails(&output, 1, &["gone: no such folder, make it first"]);
    assert_eq!(fs::read(here.join("r.jsonl")).unwrap(), b"mine");
    assert_eq!(names(here), ["in.y4m", "r.jsonl"]);
    let output = blur(
        here,
        &["in.y4m", "out.y4m", "--force", "--record", "r.jsonl"],
    );
    succeeds(output);
    says(&verify(here, &["r.jsonl"]), 0, &["whole"]);
    let output = blur(here, &["none.y4m", "new.y4m", "--record", "new.jsonl"]);
    fails(&output, 1, &["none.y4m"]);
    assert!(!names(here).contains(&"new.jsonl".to_owned()));
}

#[test]
fn a_live_session_is_recorded_by_the_wall_clock() {
    let folder = with_clip();
    let here = folder.path();
    let mut child = frosted(here)
        .args([
            "run", "--camera", "in.y4m", "--output", "-", "--engine", "rten",
        ])
        .args([
            "--record",
            "r.jsonl",
            "--background",
            "frost",
            "--subject",
            "2",
        ])
        .env("XDG_CONFIG_HOME", here.join("config"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    // 70 frames of 25 a second and more take more than a second, however fast the machine.
    let mut frames = vec![0; 70 * 64 * 48 * 2];
    out.read_exact(&mut frames).unwrap();
    drop(out);
    let output = succeeds(child.wait_with_output().unwrap());
    let hash = last_hash(&output);
    let words = [
        "whole: ",
        "frosted run",
        "by the machine's clock",
        "\"background\":\"frost\"",
        "\"subject\":\"2\"",
        "ended: the output is gone",
    ];
    says(&verify(here, &["r.jsonl", "--expect", &hash]), 0, &words);
    let record = fs::read_to_string(here.join("r.jsonl")).unwrap();
    let lines = record.lines();
    assert!(
        lines
            .filter(|line| line.contains("\"kind\":\"second\""))
            .count()
            >= 1,
        "{record}"
    );
    assert!(!record.contains("in.y4m"), "{record}");
}

#[cfg(unix)]
#[test]
fn a_record_that_finds_no_room_ends_and_the_frames_go_on() {
    let folder = with_clip();
    let here = folder.path();
    // Files may have two blocks of 512 or 1024 bytes here, which is a few lines.
    let script = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
    let mut child = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_frosted"), "run"])
        .args(["--camera", "in.y4m", "--output", "-", "--engine", "rten"])
        .args(["--record", "r.jsonl"])
        .current_dir(here)
        .env_remove("ORT_DYLIB_PATH")
        .env("HOME", here)
        .env("XDG_CONFIG_HOME", here.join("config"))
        .env("XDG_CACHE_HOME", here.join("no-cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    // Seven seconds of frames come, whatever the record does.
    let mut frames = vec![0; 175 * 64 * 48 * 2];
    out.read_exact(&mut frames).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    fails(
        &output,
        1,
        &["r.jsonl", "larger than is allowed", "broken off after"],
    );
    let said = stderr(&output);
    let notes = said.matches("the protection goes on").count();
    assert_eq!(notes, 1, "said once: {said}");
    says(&verify(here, &["r.jsonl"]), 1, &["BROKEN: line", "cut off"]);
}
