//! `frosted matte`, `bench`, `check` and `demo`.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use support::{names, repository, room_y4m, run, stderr, succeeds, webcam_frames, webcam_y4m};

fn grey_png(path: &std::path::Path) -> (Vec<u8>, usize, usize) {
    let file = fs::read(path).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    assert_eq!(
        (info.color_type, info.bit_depth),
        (png::ColorType::Grayscale, png::BitDepth::Eight)
    );
    (samples, info.width as usize, info.height as usize)
}

#[test]
fn mattes_are_one_grey_png_a_frame() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(5)).unwrap();
    let output = succeeds(run(
        folder.path(),
        &["matte", "in.y4m", "mattes", "--engine", "rten"],
    ));
    let said = stderr(&output);
    assert!(
        said.contains("5 mattes: 5 with a person, 0 empty"),
        "{said}"
    );
    let mattes = folder.path().join("mattes");
    let expected: Vec<_> = (0..5).map(|number| format!("{number:06}.png")).collect();
    assert_eq!(names(&mattes), expected);
    for name in expected {
        let (alpha, width, height) = grey_png(&mattes.join(&name));
        assert_eq!((width, height), (400, 300), "{name}");
        assert_eq!(
            alpha[170 * 400 + 210],
            255,
            "{name}: the face is the person's"
        );
        assert_eq!(alpha[100 * 400 + 40], 0, "{name}: the map is the room's");
    }
    assert_eq!(names(folder.path()), ["in.y4m", "mattes"]);
}

#[test]
fn the_matte_of_a_frame_with_a_card_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    // Black for longer than a clip's beginning is looked at ahead, then somebody.
    let clip = webcam_y4m(3);
    let header = clip.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let mut black = clip[..header].to_vec();
    for _ in 0..100 {
        black.extend_from_slice(b"FRAME\n");
        black.extend(std::iter::repeat_n(16, 400 * 300));
        black.extend(std::iter::repeat_n(128, 400 * 300 / 2));
    }
    black.extend_from_slice(&clip[header..]);
    fs::write(folder.path().join("in.y4m"), black).unwrap();
    let arguments = ["matte", "in.y4m", "mattes", "--engine", "rten"];
    let said = stderr(&succeeds(run(folder.path(), &arguments)));
    assert!(said.contains("starting"), "{said}");
    for number in [0, 40, 99] {
        let name = format!("mattes/{number:06}.png");
        let (alpha, ..) = grey_png(&folder.path().join(&name));
        assert!(alpha.iter().all(|&alpha| alpha == 0), "{name}");
    }
}

#[test]
fn mattes_of_an_earlier_run_go_only_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mattes = folder.path().join("mattes");
    fs::create_dir(&mattes).unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(2)).unwrap();
    succeeds(run(
        folder.path(),
        &["matte", "in.y4m", "mattes", "--engine", "rten"],
    ));
    fs::write(mattes.join("000007.png"), "old").unwrap();
    fs::write(mattes.join("notes.txt"), "mine").unwrap();
    support::fails(
        &run(
            folder.path(),
            &["matte", "in.y4m", "mattes", "--engine", "rten"],
        ),
        1,
        &["mattes", "--force"],
    );
    assert_eq!(fs::read(mattes.join("000007.png")).unwrap(), b"old");
    succeeds(run(
        folder.path(),
        &["matte", "in.y4m", "mattes", "--engine", "rten", "--force"],
    ));
    assert_eq!(names(&mattes), ["000000.png", "000001.png", "notes.txt"]);
}

#[test]
fn bench_prints_one_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let (_, frames) = webcam_frames(3);
    let raw: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.bytes().to_vec())
        .collect();
    fs::write(folder.path().join("raw"), raw).unwrap();
    let arguments = [
        "bench", "--raw", "raw", "--format", "i420", "--size", "400x300", "--frames", "20",
        "--engine", "rten",
    ];
    let output = succeeds(run(folder.path(), &arguments));
    let warning = "frames did not show the person";
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains(warning), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&line["background"], &line["pace"]),
        (&"blur".into(), &serde_json::Value::Null)
    );
    assert_eq!(line["frosted"], env!("CARGO_PKG_VERSION"));
    // Where nobody is, as in frames of another size, less is done, and that is said.
    fs::write(folder.path().join("raw"), [90; 400 * 300 * 3 / 2]).unwrap();
    let nobody = succeeds(run(folder.path(), &arguments));
    let said = String::from_utf8(nobody.stderr).unwrap();
    assert!(said.contains(&format!("20 of 20 {warning}")), "{said}");
    let number = |key: &str| {
        line[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key} in {line}"))
    };
    assert!(number("ms_p10") > 0.0);
    assert!(
        number("ms_p10") <= number("ms_median")
            && number("ms_median") <= number("ms_p95")
            && number("ms_p95") <= number("ms_p99")
    );
    if cfg!(unix) {
        assert!(number("cpu_ms") > 0.0 && number("cpu_ms") <= number("cpu_ms_p95"));
    }
    if cfg!(target_os = "linux") {
        assert!(
            (1.0..2000.0).contains(&number("rss_anon_peak_mb")),
            "{line}"
        );
    }
    assert_eq!(line["shown"]["person"], 20);
    let stages: f64 = ["reduce", "segment", "decide", "paint"]
        .iter()
        .map(|stage| line["stages"][stage].as_f64().unwrap())
        .sum();
    assert!(stages > 0.0);
    assert!(line["engine"].as_str().unwrap().contains("rten"));
    assert_eq!(line["model"], "selfie-general-320x192");
}

#[test]
fn bench_uses_the_instructions_that_are_asked_for_and_tells_what_is_no_networks_time() {
    let line = bench(&["--frames", "6", "--instructions", "common"]);
    assert_eq!(line["instructions"], "common");
    let number = |key: &str| {
        line[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key} in {line}"))
    };
    assert!(
        number("rest_ms") > 0.0 && number("rest_ms") < number("ms_max"),
        "{line}"
    );
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "bench", "--raw", "raw", "--format", "nv12", "--size", "640x480", "--frames", "1",
    ];
    let wrong = [&arguments[..], &["--instructions", "sse9"]].concat();
    let output = run(folder.path(), &wrong);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("choose common, avx2 or avx512"), "{said}");
}

/// What `frosted bench` says of the webcam clip with these options.
fn bench(options: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let (_, frames) = webcam_frames(3);
    let raw: Vec<u8> = frames
        .iter()
        .flat_map(|frame| frame.bytes().to_vec())
        .collect();
    fs::write(folder.path().join("raw"), raw).unwrap();
    let clip = repository().join("examples/data/webcam.mjpeg");
    fs::copy(clip, folder.path().join("clip.mjpeg")).unwrap();
    let arguments = [
        "bench", "--raw", "raw", "--format", "i420", "--size", "400x300", "--engine", "rten",
    ];
    let output = succeeds(run(folder.path(), &[&arguments, options].concat()));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn bench_by_the_clock_takes_as_long_as_the_clock_says_and_counts_what_is_late() {
    let line = bench(&[
        "--pace",
        "10",
        "--seconds",
        "1",
        "--mjpeg",
        "clip.mjpeg",
        "--network-threads",
        "2",
    ]);
    let number = |key: &str| {
        line[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key} in {line}"))
    };
    assert_eq!(line["frames"], 10);
    assert_eq!(line["pace"], 10.0);
    assert_eq!(
        (&line["threads"], &line["network_threads"]),
        (&1.into(), &2.into())
    );
    assert_eq!(line["streams"], 1);
    assert!(line["fairness"].is_null() && line["rss_anon_extra_stream_mb"].is_null());
    assert!(number("ms_p99") <= number("ms_max") && number("deadline_misses") <= 10.0);
    assert!(number("copy_ms") > 0.0 && number("decode_ms") > number("copy_ms"));
    if cfg!(unix) {
        assert!(number("cpu_ms_p99") <= number("cpu_ms_max") && number("cpu_ms_mean") > 0.0);
        // Between the frames it sleeps, on an engine that takes some 20 ms in 100.
        assert!(number("cpu_share") > 0.0, "{line}");
    }
    if cfg!(target_os = "linux") {
        let switches = line["context_switches"]["voluntary"].as_u64().unwrap();
        assert!(switches >= 9, "it waited for 9 frames: {line}");
    }

    // No machine has a frame done within a millisecond in a build for tests.
    let line = bench(&["--pace", "1000", "--frames", "10"]);
    assert_eq!(line["frames"], 10);
    assert_eq!(line["deadline_misses"], 10, "{line}");
    let line = bench(&["--frames", "3"]);
    assert!(line["pace"].is_null() && line["deadline_misses"].is_null());
}

#[test]
fn bench_of_several_streams_counts_the_frames_of_all() {
    let line = bench(&["--streams", "3", "--frames", "8"]);
    assert_eq!(line["frames"], 24, "{line}");
    assert_eq!(line["streams"], 3);
    assert_eq!(line["shown"]["person"], 24);
    assert!(line["fairness"].as_f64().unwrap() >= 1.0);
    assert!(line["cpu_ms"].is_null(), "nobody knows whose it was");
    if cfg!(unix) {
        assert!(line["cpu_ms_mean"].as_f64().unwrap() > 0.0);
    }
    if cfg!(target_os = "linux") {
        let peak = line["rss_anon_peak_mb"].as_f64().unwrap();
        let extra = line["rss_anon_extra_stream_mb"].as_f64().unwrap();
        assert!(extra > 0.0 && 2.0 * extra < peak, "{line}");
    }
}

#[test]
fn check_tells_what_is_there_and_how_to_get_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let output = succeeds(run(folder.path(), &["check"]));
    let text = String::from_utf8(output.stdout).unwrap();
    let sums = [
        "43fecd321965ef8f19c2af23d841c0149f6c89423052450d308238b1cbb8c5d8",
        "a57916db881bd783be5e07634b510feac07cc85f7205f23ffcbbfcff55dc7a0e",
    ];
    for words in [
        &[
            "engine ort",
            "missing",
            "pip download",
            "engine rten",
            "ok: rten",
            "model quality",
            "model quality",
            "ffmpeg",
            "provider",
            "webgpu",
        ][..],
        &sums,
    ]
    .concat()
    {
        assert!(text.contains(words), "\"{words}\" is missing in {text}");
    }
}

#[test]
fn check_fails_where_a_library_is_named_that_does_not_load() {
    let folder = tempfile::tempdir().unwrap();
    let quality = "a57916db881bd783be5e07634b510feac07cc85f7205f23ffcbbfcff55dc7a0e";
    let by_variable = support::frosted(folder.path())
        .args(["check", "--json"])
        .env("ORT_DYLIB_PATH", "gone.so")
        .output()
        .unwrap();
    support::fails(&by_variable, 3, &["ORT_DYLIB_PATH", "does not load"]);
    let output = run(
        folder.path(),
        &["check", "--json", "--onnxruntime", "gone.so"],
    );
    support::fails(&output, 3, &["--onnxruntime", "does not load"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["usable"], false);
    assert_eq!(report["engines"][1]["ok"], true);
    assert_eq!(report["engines"][0]["ok"], false);
    assert!(
        report["engines"][0]["why"]
            .as_str()
            .unwrap()
            .contains("gone.so"),
        "{report}"
    );
    assert_eq!(report["models"][0]["model_sha256"], quality);
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn check_tells_the_settings_and_fails_where_run_would_not_start_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frosted/settings.toml");
    fs::create_dir(folder.path().join("frosted")).unwrap();
    let check = |options: &[&str]| {
        support::frosted(folder.path())
            .args([&["check"], options].concat())
            .env("XDG_CONFIG_HOME", folder.path())
            .output()
            .unwrap()
    };
    let text = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let said = text(&succeeds(check(&[])));
    assert!(said.contains("settings          none: "), "{said}");
    fs::write(
        &file,
        "camera = \"pattern\"\noutput = \"-\"\nsize = \"64x48\"",
    )
    .unwrap();
    let said = text(&succeeds(check(&[])));
    for words in [
        "settings.toml: camera = \"pattern\", output = \"-\", size = \"64x48\"",
        "camera            ok: test pattern, 64x48 yuyv at 30 fps",
        "virtual camera    ok: Y4M on the standard output",
        "policy            ",
    ] {
        assert!(said.contains(words), "\"{words}\" is missing in {said}");
    }
    let report: serde_json::Value = serde_json::from_str(&text(&check(&["--json"]))).unwrap();
    assert_eq!(report["settings"]["file"]["lines"][2], "size = \"64x48\"");
    assert_eq!(report["camera"]["mode"], "64x48 yuyv at 30 fps");
    assert_eq!(report["virtual_camera"]["ok"], true);
    assert!(report["policy"][0]["path"].as_str().is_some(), "{report}");
    fs::write(&file, "size = 7").unwrap();
    let output = check(&["--json"]);
    support::fails(&output, 3, &["frosted run does not start"]);
    let report: serde_json::Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(report["settings"]["ok"], false);
    let why = report["settings"]["why"].as_str().unwrap();
    assert!(why.contains("line 1: size is 7"), "{why}");
}

/// The providers that no build of this program's tests has but by name.
#[cfg(all(unix, not(target_os = "macos"), not(feature = "cuda")))]
#[test]
fn a_provider_that_is_not_there_is_named_by_every_command_and_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let said = "provider cuda is not in this build: turn on the feature \"cuda\" of frosted";
    let remedy = "cargo install --path crates/app --features cuda";
    let portrait = repository().join("examples/data/portrait.png");
    let portrait = portrait.to_str().unwrap();
    let raw = folder.path().join("raw");
    fs::write(&raw, vec![0; 64 * 48 * 3 / 2]).unwrap();
    let camera = ["--camera", "pattern", "--output", "-"];
    let commands: [&[&str]; 4] = [
        &["blur", portrait, "out.png"],
        &["matte", portrait, "mattes"],
        &[
            "bench", "--raw", "raw", "--format", "nv12", "--size", "64x48", "--frames", "1",
        ],
        &[&["run"], &camera[..]].concat(),
    ];
    for command in commands {
        let output = run(folder.path(), &[command, &["--provider", "cuda"]].concat());
        support::fails(&output, 3, &[said, remedy]);
        assert_eq!(names(folder.path()), ["raw"], "{command:?}");
    }
    let rten = ["--engine", "rten", "--provider", "cpu"];
    let output = run(folder.path(), &[commands[0], &rten].concat());
    support::fails(
        &output,
        3,
        &["provider cpu", "engine rten", "choose engine ort"],
    );

    fs::create_dir(folder.path().join("frosted")).unwrap();
    let settings = folder.path().join("frosted/settings.toml");
    fs::write(settings, "provider = \"cuda\"\n").unwrap();
    let with_settings = |arguments: &[&str]| {
        support::frosted(folder.path())
            .args(arguments)
            .env("XDG_CONFIG_HOME", folder.path())
            .output()
            .unwrap()
    };
    support::fails(
        &with_settings(&[&["run"], &camera[..]].concat()),
        3,
        &[said, remedy],
    );
    let output = with_settings(&["check", "--json"]);
    support::fails(&output, 3, &["frosted run does not start"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let why = report["settings"]["why"].as_str().unwrap();
    assert!(why.contains(said), "{why}");
    let cuda = &report["onnxruntime"]["providers"][0];
    assert_eq!(
        (&cuda["name"], &cuda["in_build"]),
        (&"cuda".into(), &false.into())
    );
    assert_eq!(cuda["ok"], false);
}

#[test]
fn the_demo_writes_its_pictures_and_tells_the_times() {
    let folder = tempfile::tempdir().unwrap();
    let data = repository().join("examples/data");
    let data = data.to_str().unwrap();
    for _ in 0..2 {
        let output = succeeds(run(
            folder.path(),
            &["demo", "--data", data, "--engine", "rten"],
        ));
        let text = String::from_utf8(output.stdout).unwrap();
        for words in [
            "p50",
            "p95",
            "p99",
            "reduce",
            "segment",
            "decide",
            "paint",
            "total",
            "engine     rten",
            "125 frames",
            "frosted-demo",
        ] {
            assert!(text.contains(words), "\"{words}\" is missing in {text}");
        }
    }
    assert_eq!(
        names(&folder.path().join("frosted-demo")),
        ["before-after.png", "portrait.png", "protected.mjpeg"]
    );
    let (rgb, width, height) =
        support::read_rgb(&folder.path().join("frosted-demo/before-after.png"));
    assert_eq!((width, height), (800, 300));
    let pixel = |x: usize, y: usize| &rgb[3 * (y * width + x)..][..3];
    assert_eq!(
        pixel(210, 170),
        pixel(610, 170),
        "the face is the same in both halves"
    );
    let texture = |from: usize| {
        let steps = (70..200).flat_map(|y| (5..80).map(move |x| (x, y)));
        steps
            .filter(|(x, y)| pixel(from + x, *y)[0].abs_diff(pixel(from + x + 1, *y)[0]) > 8)
            .count()
    };
    let (original, protected) = (texture(0), texture(400));
    assert!(
        original > 100 && protected == 0,
        "the map is in the left half only: {original} and {protected} steps"
    );
}

#[test]
fn a_demo_without_its_clip_says_where_to_run_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["demo", "--engine", "rten"]);
    support::fails(&output, 1, &["webcam.mjpeg", "--data"]);
    assert!(!stderr(&output).contains('\x1b'));
}
