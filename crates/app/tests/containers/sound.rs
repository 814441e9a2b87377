//! Sound: kept as it is and in step.

use std::process::Command;

use crate::clips::{TONE, ffmpeg, probe, sound_packets, times, video, with_clip};
use crate::support::{blur, frosted, has_ffmpeg, names, stderr, succeeds};

#[test]
fn every_container_keeps_frames_rate_and_sound() {
    if !has_ffmpeg("every_container_keeps_frames_rate_and_sound") {
        return;
    }
    let folder = with_clip();
    let rate = ["-r", "30000/1001", "-i", "in.y4m"];
    ffmpeg(
        folder.path(),
        &[
            &rate[..],
            &TONE,
            &[
                "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "in.mp4",
            ],
        ]
        .concat(),
    );
    let sound = sound_packets(folder.path(), "in.mp4");
    assert!(sound.len() > 20);
    for (output, copied) in [
        ("out.mp4", true),
        ("out.mkv", true),
        ("out.mov", true),
        ("out.m4v", true),
        ("out.webm", false),
        ("out.avi", false),
    ] {
        let said = stderr(&succeeds(blur(folder.path(), &["in.mp4", output])));
        assert!(
            said.contains(if copied {
                "sound copied (aac)"
            } else {
                "sound coded anew (aac"
            }),
            "{output}: {said}"
        );
        let probed = probe(folder.path(), output);
        let kinds: Vec<_> = probed["streams"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stream| stream["codec_type"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["video", "audio"], "{output}");
        let video = video(&probed);
        assert_eq!(video["nb_read_frames"], "30", "{output}");
        assert_eq!(video["r_frame_rate"], "30000/1001", "{output}");
        assert_eq!(
            (video["width"].as_u64(), video["height"].as_u64()),
            (Some(400), Some(300)),
            "{output}"
        );
        if copied {
            assert_eq!(sound_packets(folder.path(), output), sound, "{output}");
        }
        let times = times(folder.path(), output);
        let drift = times
            .iter()
            .enumerate()
            .map(|(index, at)| (at - index as f64 * 1001.0 / 30000.0).abs());
        assert!(drift.fold(0.0, f64::max) < 0.002, "{output}: {times:?}");
    }
}

#[test]
fn sound_that_begins_before_the_picture_stays_in_step() {
    if !has_ffmpeg("sound_that_begins_before_the_picture_stays_in_step") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            &["-itsoffset", "0.4", "-i", "in.y4m"][..],
            &TONE,
            &[
                "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "in.mkv",
            ],
        ]
        .concat(),
    );
    succeeds(blur(folder.path(), &["in.mkv", "out.mkv"]));
    let lead = |file: &str| {
        let probed = probe(folder.path(), file);
        let starts: Vec<f64> = probed["streams"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stream| stream["start_time"].as_str().unwrap().parse().unwrap())
            .collect();
        starts[0] - starts[1]
    };
    let (before, after) = (lead("in.mkv"), lead("out.mkv"));
    // The picture begins on the grid of its rate, which is half a frame away at most.
    assert!(
        before > 0.3 && (before - after).abs() <= 0.021,
        "{before} became {after}"
    );
}

#[cfg(unix)]
#[test]
fn sound_ends_with_the_picture_when_the_run_is_broken_off() {
    use std::process::Stdio;
    if !has_ffmpeg("sound_ends_with_the_picture_when_the_run_is_broken_off") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            &["-stream_loop", "60", "-i", "in.y4m"][..],
            &["-f", "lavfi", "-i", "sine=frequency=440:duration=73"],
            &[
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
            ],
            &["-c:a", "aac", "in.mp4"],
        ]
        .concat(),
    );
    let mut child = frosted(folder.path())
        .args(["blur", "in.mp4", "out.mkv", "--engine", "rten"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let part = folder.path().join("out.mkv.part");
    let started = std::time::Instant::now();
    while part.metadata().map_or(0, |meta| meta.len()) < 20_000 {
        assert!(started.elapsed().as_secs() < 100, "nothing was written");
        std::thread::yield_now();
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let left: Vec<_> = names(folder.path())
        .into_iter()
        .filter(|name| name.starts_with("out"))
        .collect();
    assert_eq!(left, ["out.mkv"]);
    let probed = probe(folder.path(), "out.mkv");
    let frames: f64 = video(&probed)["nb_read_frames"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let length: f64 = probed["format"]["duration"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(frames > 5.0 && frames < 1800.0, "{frames} frames");
    assert!(
        (length - frames / 25.0).abs() < 0.1,
        "{frames} frames and {length} s of sound"
    );
}
