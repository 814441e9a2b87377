//! `frosted blur` on files that it reads itself.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use frosted::{Frame, PixelFormat};
use frosted_app::media::Timing;
use support::{
    blur, fails, frosted, names, read_rgb, read_y4m, repository, room_y4m, run, stderr, succeeds,
    webcam_frames, webcam_y4m,
};

/// How many of the samples in the middle of the frame, where the face is, are the input's.
fn face_kept(before: &Frame, after: &Frame) -> f64 {
    let (x, y) = (190..230, 150..200);
    let (before, after) = (before.view(), after.view());
    let same = y.clone().flat_map(|y| {
        before.row(0, y)[x.clone()]
            .iter()
            .zip(&after.row(0, y)[x.clone()])
    });
    same.filter(|(a, b)| a == b).count() as f64 / (x.len() * y.len()) as f64
}

/// How many of the samples in the left corner, where the map hangs, are the input's.
fn map_kept(before: &Frame, after: &Frame) -> f64 {
    let (x, y) = (0..90, 70..200);
    let (before, after) = (before.view(), after.view());
    let same = y.clone().flat_map(|y| {
        before.row(0, y)[x.clone()]
            .iter()
            .zip(&after.row(0, y)[x.clone()])
    });
    same.filter(|(a, b)| a == b).count() as f64 / (x.len() * y.len()) as f64
}

#[test]
fn a_clip_keeps_its_frames_its_rate_and_the_person_from_the_first_frame_on() {
    let folder = tempfile::tempdir().unwrap();
    let (info, before) = webcam_frames(12);
    fs::write(folder.path().join("in.y4m"), support::y4m(&info, &before)).unwrap();
    succeeds(blur(folder.path(), &["in.y4m", "out.y4m"]));
    let (out_info, after) = read_y4m(&fs::read(folder.path().join("out.y4m")).unwrap());
    assert_eq!(after.len(), before.len());
    assert_eq!(out_info.spec, info.spec);
    assert_eq!(out_info.timing, info.timing);
    for (index, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(
            face_kept(before, after) > 0.99,
            "frame {index}: {}",
            face_kept(before, after)
        );
        assert!(
            map_kept(before, after) < 0.2,
            "frame {index}: {}",
            map_kept(before, after)
        );
    }
    assert_eq!(names(folder.path()), ["in.y4m", "out.y4m"]);
}

#[test]
fn whoever_keeps_still_for_the_first_second_and_a_half_is_shown_from_the_first_frame_on() {
    let folder = tempfile::tempdir().unwrap();
    let (info, moving) = webcam_frames(30);
    let mut before = vec![moving[0].clone(); 45];
    before.extend(moving);
    fs::write(folder.path().join("in.y4m"), support::y4m(&info, &before)).unwrap();
    succeeds(blur(folder.path(), &["in.y4m", "out.y4m"]));
    let (_, after) = read_y4m(&fs::read(folder.path().join("out.y4m")).unwrap());
    assert_eq!(after.len(), before.len());
    for index in [0, 20, 44, 60] {
        let kept = face_kept(&before[index], &after[index]);
        assert!(kept > 0.99, "frame {index}: {kept}");
    }
}

#[test]
fn odd_rates_and_sizes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let header = "YUV4MPEG2 W35 H33 F30000:1001 Ip A4:3 C422 XCOLORRANGE=FULL\n";
    let mut clip = header.as_bytes().to_vec();
    for _ in 0..5 {
        clip.extend(b"FRAME\n");
        clip.extend(vec![90; 35 * 33 + 2 * 18 * 33]);
    }
    fs::write(folder.path().join("in.y4m"), clip).unwrap();
    succeeds(blur(folder.path(), &["in.y4m", "out.y4m"]));
    let out = fs::read(folder.path().join("out.y4m")).unwrap();
    assert!(
        out.starts_with(header.as_bytes()),
        "{:?}",
        String::from_utf8_lossy(&out[..80])
    );
    assert_eq!(read_y4m(&out).1.len(), 5);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = frosted(folder.path())
        .args(["blur", "-", "-", "--engine", "rten"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(&webcam_y4m(4)));
    let output = succeeds(child.wait_with_output().unwrap());
    feeder.join().unwrap().unwrap();
    assert_eq!(read_y4m(&output.stdout).1.len(), 4);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn raw_motion_jpeg_gets_the_rate_that_is_said_or_a_remark() {
    let folder = tempfile::tempdir().unwrap();
    let clip = repository().join("examples/data/webcam.mjpeg");
    let whole = fs::read(clip).unwrap();
    let third = whole
        .windows(3)
        .enumerate()
        .filter(|(_, w)| w == b"\xFF\xD8\xFF")
        .nth(3)
        .unwrap()
        .0;
    fs::write(folder.path().join("in.mjpeg"), &whole[..third]).unwrap();
    let said = stderr(&succeeds(blur(folder.path(), &["in.mjpeg", "a.y4m"])));
    assert!(
        said.contains("25 frames a second") && said.contains("--fps"),
        "{said}"
    );
    succeeds(blur(folder.path(), &["in.mjpeg", "b.y4m", "--fps", "15"]));
    for (name, rate) in [("a.y4m", "25"), ("b.y4m", "15")] {
        let (info, frames) = read_y4m(&fs::read(folder.path().join(name)).unwrap());
        assert_eq!(info.timing, Timing::Constant(rate.parse().unwrap()));
        assert_eq!(frames.len(), 3, "{name}");
    }
    succeeds(blur(folder.path(), &["in.mjpeg", "c.mjpeg"]));
}

#[test]
fn a_still_shows_the_person_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let portrait = repository().join("examples/data/portrait.png");
    let portrait_name = portrait.to_str().unwrap();
    for out in ["out.png", "out.jpg"] {
        let said = stderr(&succeeds(blur(folder.path(), &[portrait_name, out])));
        assert!(said.contains("1 frame: 1 with the person"), "{said}");
        let (before, width, height) = read_rgb(&portrait);
        let (after, out_width, out_height) = read_rgb(&folder.path().join(out));
        assert_eq!((out_width, out_height), (width, height));
        let at = |x: usize, y: usize| 3 * (y * width + x);
        // The face's pixels stay, the flag's in the corner do not.
        let near = |x, y| (0..3).all(|c| before[at(x, y) + c].abs_diff(after[at(x, y) + c]) < 12);
        assert!(near(225, 110), "{out}");
        let flag = (0..40)
            .filter(|&y| (10..60).all(|x| near(x, 40 + y)))
            .count();
        assert_eq!(flag, 0, "{out}");
    }
}

#[test]
fn backgrounds_are_what_they_are_asked_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let portrait = repository().join("examples/data/portrait.png");
    let portrait = portrait.to_str().unwrap();
    let corner = |name: &str| {
        let (rgb, width, _) = read_rgb(&folder.path().join(name));
        let at = 3 * (100 * width + 500);
        [rgb[at], rgb[at + 1], rgb[at + 2]]
    };
    succeeds(blur(
        folder.path(),
        &[portrait, "colour.png", "--background", "color:#2E5266"],
    ));
    assert_eq!(corner("colour.png"), [0x2E, 0x52, 0x66]);
    succeeds(blur(
        folder.path(),
        &[portrait, "green.png", "--background", "green"],
    ));
    assert_eq!(corner("green.png"), [0, 177, 64]);
    succeeds(blur(
        folder.path(),
        &["colour.png", "image.png", "--background", "image:green.png"],
    ));
    succeeds(blur(
        folder.path(),
        &[
            portrait,
            "frost.png",
            "--background",
            "frost",
            "--text-height",
            "64px",
        ],
    ));
    succeeds(blur(
        folder.path(),
        &[portrait, "alpha.png", "--background", "alpha"],
    ));
    let alpha = fs::read(folder.path().join("alpha.png")).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(alpha))
        .read_info()
        .unwrap();
    let mut rgba = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rgba).unwrap();
    let at = 4 * (100 * 512 + 500);
    assert_eq!(
        rgba[at..at + 4],
        [0; 4],
        "covered pixels carry no colour of the room"
    );
    assert_eq!(rgba[4 * (110 * 512 + 225) + 3], 255);
}

#[test]
fn the_summary_tells_the_run_and_no_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("private-name.y4m"), webcam_y4m(4)).unwrap();
    succeeds(blur(
        folder.path(),
        &["private-name.y4m", "out.y4m", "--json", "run.json"],
    ));
    let text = fs::read_to_string(folder.path().join("run.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["frames"], 4);
    assert_eq!(summary["shown"]["person"], 4);
    assert_eq!(summary["model"], "selfie-general-320x192");
    assert_eq!(summary["model_sha256"].as_str().unwrap().len(), 64);
    assert!(summary["engine"].as_str().unwrap().contains("rten"));
    for stage in ["reduce", "segment", "decide", "paint", "total"] {
        let [p50, p95, p99] =
            ["p50", "p95", "p99"].map(|key| summary["milliseconds"][stage][key].as_f64().unwrap());
        assert!(0.0 <= p50 && p50 <= p95 && p95 <= p99, "{stage}");
    }
    assert!(summary["plate_bits"].is_u64() && summary["plates"].is_u64());
    assert!(!text.contains("private-name") && !text.contains(folder.path().to_str().unwrap()));
}

#[test]
fn the_summary_goes_to_the_standard_output_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(2)).unwrap();
    let output = succeeds(blur(folder.path(), &["in.y4m", "out.y4m", "--json", "-"]));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["frames"], 2);
    assert_eq!(names(folder.path()), ["in.y4m", "out.y4m"]);
}

#[test]
fn an_existing_file_is_replaced_only_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(2)).unwrap();
    fs::write(folder.path().join("out.y4m"), "precious").unwrap();
    fails(
        &blur(folder.path(), &["in.y4m", "out.y4m"]),
        1,
        &["out.y4m", "exists", "--force"],
    );
    assert_eq!(
        fs::read(folder.path().join("out.y4m")).unwrap(),
        b"precious"
    );
    succeeds(blur(folder.path(), &["in.y4m", "out.y4m", "--force"]));
    assert_eq!(
        read_y4m(&fs::read(folder.path().join("out.y4m")).unwrap())
            .1
            .len(),
        2
    );
}

#[test]
fn the_input_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let clip = room_y4m(2);
    fs::write(folder.path().join("in.y4m"), &clip).unwrap();
    fs::hard_link(folder.path().join("in.y4m"), folder.path().join("hard.y4m")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("in.y4m", folder.path().join("soft.y4m")).unwrap();
    for out in ["in.y4m", "./in.y4m", "hard.y4m", "soft.y4m"] {
        fails(
            &blur(folder.path(), &["in.y4m", out, "--force"]),
            1,
            &["input", "another name"],
        );
    }
    fs::write(
        folder.path().join("room.png"),
        fs::read(repository().join("examples/data/portrait.png")).unwrap(),
    )
    .unwrap();
    let used = [
        "in.y4m",
        "out.y4m",
        "--background",
        "image:room.png",
        "--json",
        "room.png",
        "--force",
    ];
    fails(&blur(folder.path(), &used), 1, &["room.png", "input"]);
    assert_eq!(fs::read(folder.path().join("in.y4m")).unwrap(), clip);
}

#[test]
fn no_colours_where_there_is_no_terminal_and_help_names_the_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let failed = blur(folder.path(), &["none.y4m", "out.y4m"]);
    assert!(!stderr(&failed).contains('\x1b'));
    let help = succeeds(run(folder.path(), &["--help"]));
    let help = String::from_utf8(help.stdout).unwrap();
    for words in [
        "Exit codes: 0 done",
        "130",
        "demo",
        "blur",
        "matte",
        "bench",
        "check",
    ] {
        assert!(help.contains(words), "{words}");
    }
}

#[test]
fn formats_that_a_file_cannot_hold_are_refused_with_the_ones_that_can() {
    let folder = tempfile::tempdir().unwrap();
    let portrait = repository().join("examples/data/portrait.png");
    let portrait = portrait.to_str().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(2)).unwrap();
    let cases: [(&[&str], i32, &[&str]); 6] = [
        (&["in.y4m", "out.png"], 2, &["out.png", "clip", ".y4m"]),
        (
            &[portrait, "out.y4m"],
            2,
            &["out.y4m", "one picture", ".png"],
        ),
        (
            &["in.y4m", "out.y4m", "--background", "alpha"],
            2,
            &["out.y4m", "transparent", ".webm"],
        ),
        (
            &["in.y4m", "out.mp4", "--lossless"],
            2,
            &["out.mp4", ".mkv"],
        ),
        (
            &["in.y4m", "out.xyz"],
            2,
            &["out.xyz", "xyz", "built in", "ffmpeg"],
        ),
        (
            &["in.y4m", "out"],
            2,
            &["out: its name has no extension", ".png", ".mp4"],
        ),
    ];
    for (arguments, code, named) in cases {
        fails(&blur(folder.path(), arguments), code, named);
    }
    assert_eq!(names(folder.path()), ["in.y4m"]);
}

#[test]
fn a_text_height_that_the_frame_does_not_allow_is_held_aloud() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(3)).unwrap();
    let told = |arguments: &[&str]| {
        let fixed = ["in.y4m", "out.y4m", "--force", "--json", "told.json"];
        let output = succeeds(blur(folder.path(), &[&fixed[..], arguments].concat()));
        let json = fs::read(folder.path().join("told.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        (stderr(&output), json["text_height_px"].clone())
    };
    let (said, px) = told(&["--text-height", "1px"]);
    let note = "note: text height 1px is lower than a 34th of a frame's 48 pixels: raised to 2px";
    assert!(said.contains(note), "{said}");
    assert_eq!(px, 2);
    let (said, px) = told(&["--text-height", "30px", "--background", "frost"]);
    assert!(
        said.contains("higher than half of a frame's 48 pixels: lowered to 24px"),
        "{said}"
    );
    assert_eq!(px, 24);
    let (said, px) = told(&["--text-height", "2px"]);
    assert!(!said.contains("text height"), "{said}");
    assert_eq!(px, 2);
    let (said, px) = told(&["--text-height", "1px", "--background", "green"]);
    assert!(!said.contains("text height"), "{said}");
    assert_eq!(px, serde_json::Value::Null);

    let arguments = ["audit", "in.y4m", "out.y4m", "--text-height", "1px"];
    let said = stderr(&run(folder.path(), &arguments));
    assert!(said.contains(note), "{said}");
    fs::write(folder.path().join("raw"), vec![90; 64 * 48 * 3]).unwrap();
    let arguments = [
        "bench",
        "--raw",
        "raw",
        "--format",
        "rgb24",
        "--size",
        "64x48",
        "--frames",
        "1",
        "--text-height",
        "1px",
        "--engine",
        "rten",
    ];
    let output = succeeds(run(folder.path(), &arguments));
    assert!(stderr(&output).contains(note), "{}", stderr(&output));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["text_height_px"], 2);
}

#[cfg(unix)]
mod ctrl_c {
    use super::*;
    use std::process::{Child, Command};
    use std::time::{Duration, Instant};

    fn wait_for(what: &str, mut ready: impl FnMut() -> bool) {
        let started = Instant::now();
        while !ready() {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "{what} did not come"
            );
            std::thread::yield_now();
        }
    }

    fn interrupt(child: &Child) {
        let status = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    fn start(folder: &Path) -> Child {
        frosted(folder)
            .args(["blur", "-", "out.y4m", "--engine", "rten"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    #[test]
    fn what_was_written_until_then_is_kept_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start(folder.path());
        let mut stdin = child.stdin.take().unwrap();
        // More than the program's buffer, so that some of it reaches the file.
        let clip = webcam_y4m(20);
        stdin.write_all(&clip).unwrap();
        let part = folder.path().join("out.y4m.part");
        wait_for("the first frames", || {
            part.metadata().is_ok_and(|meta| meta.len() > 0)
        });
        interrupt(&child);
        // Frames go on coming, as from a camera, until the program goes.
        let frames = &clip[clip.iter().position(|&byte| byte == b'\n').unwrap() + 1..];
        wait_for("the end", || stdin.write_all(frames).is_err());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
        assert_eq!(names(folder.path()), ["out.y4m"]);
        let (_, frames) = read_y4m(&fs::read(folder.path().join("out.y4m")).unwrap());
        assert!(!frames.is_empty());
    }

    #[test]
    fn a_second_time_ends_at_once_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start(folder.path());
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&webcam_y4m(20)).unwrap();
        let part = folder.path().join("out.y4m.part");
        wait_for("the first frames", || {
            part.metadata().is_ok_and(|meta| meta.len() > 0)
        });
        // Nothing more comes, so that the program waits; signals of one kind may be merged.
        wait_for("the end", || {
            interrupt(&child);
            child.try_wait().unwrap().is_some()
        });
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(names(folder.path()).is_empty());
        drop(stdin);
    }
}

#[test]
fn a_clip_of_nobody_is_covered_whole_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(5)).unwrap();
    let said = stderr(&succeeds(blur(folder.path(), &["in.y4m", "out.y4m"])));
    assert!(
        said.contains("5 frames: 0 with the person") && said.contains("5 covered whole ("),
        "{said}"
    );
    let (info, _) = read_y4m(&fs::read(folder.path().join("out.y4m")).unwrap());
    assert_eq!(info.spec.format(), PixelFormat::I420);
}
