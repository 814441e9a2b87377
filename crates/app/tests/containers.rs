//! Clips in containers, through ffmpeg.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{blur, contains, has_ffmpeg, names, read_y4m, stderr, succeeds, webcam_y4m};

fn ffmpeg(folder: &Path, arguments: &[&str]) {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
}

fn probe(folder: &Path, file: &str) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-show_chapters",
            "-count_frames",
            "-of",
            "json",
            file,
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{file}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn video(probed: &Value) -> &Value {
    let streams = probed["streams"].as_array().unwrap();
    streams
        .iter()
        .find(|stream| stream["codec_type"] == "video")
        .unwrap()
}

/// When each frame of the picture is shown, in seconds after the first.
fn times(folder: &Path, file: &str) -> Vec<f64> {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-select_streams",
            "v:0",
            "-show_entries",
            "frame=best_effort_timestamp_time",
            "-of",
            "csv=p=0",
            file,
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let times: Vec<f64> = text
        .lines()
        .filter_map(|line| line.split(',').next()?.parse().ok())
        .collect();
    times.iter().map(|time| time - times[0]).collect()
}

/// A checksum of each packet of the sound.
fn sound_packets(folder: &Path, file: &str) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-loglevel",
            "error",
            "-i",
            file,
            "-map",
            "0:a:0",
            "-c",
            "copy",
            "-f",
            "framemd5",
            "-",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    // Stream, times and size come before it; behind it may come side data of the container.
    const COLUMN: usize = 5;
    lines
        .map(|line| line.split(',').nth(COLUMN).unwrap().trim().to_owned())
        .collect()
}

/// A folder with in.y4m, 30 frames of the bundled clip.
fn with_clip() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(30)).unwrap();
    folder
}

const TONE: [&str; 4] = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1.2"];

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
fn varying_times_are_kept_frame_by_frame() {
    if !has_ffmpeg("varying_times_are_kept_frame_by_frame") {
        return;
    }
    let folder = with_clip();
    let uneven = "setpts=(N*0.04+0.013*mod(N*N\\,3)+gt(N\\,11)*0.3)/TB";
    let coding = [
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:90000",
        "-video_track_timescale",
        "90000",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    ];
    ffmpeg(
        folder.path(),
        &[
            &["-i", "in.y4m"][..],
            &TONE,
            &["-vf", &format!("settb=1/90000,{uneven}")],
            &coding,
            &["-c:a", "aac", "in.mp4"],
        ]
        .concat(),
    );
    let before = times(folder.path(), "in.mp4");
    assert_eq!(before.len(), 30);
    for output in ["out.mp4", "out.mkv", "out.mov", "out.webm"] {
        succeeds(blur(folder.path(), &["in.mp4", output]));
        let after = times(folder.path(), output);
        assert_eq!(after.len(), before.len(), "{output}");
        for (before, after) in before.iter().zip(&after) {
            assert!(
                (before - after).abs() < 0.002,
                "{output}: {before} became {after}"
            );
        }
    }
    for output in ["out.y4m", "out.mjpeg", "out.avi"] {
        support::fails(
            &blur(folder.path(), &["in.mp4", output]),
            1,
            &[output, "varying times", ".mkv"],
        );
    }
    assert!(
        !names(folder.path())
            .iter()
            .any(|name| name.ends_with(".part"))
    );
}

#[test]
fn lossless_keeps_every_sample_range_and_sampling() {
    if !has_ffmpeg("lossless_keeps_every_sample_range_and_sampling") {
        return;
    }
    let folder = with_clip();
    for (name, pixels, range) in [("full", "yuvj422p", "pc"), ("limited", "yuv420p", "tv")] {
        let source = format!("{name}.mkv");
        let scale = format!("scale=out_range={range},format={pixels}");
        ffmpeg(
            folder.path(),
            &[
                "-i",
                "in.y4m",
                "-vf",
                &scale,
                "-c:v",
                if name == "full" { "mjpeg" } else { "ffv1" },
                "-q:v",
                "2",
                &source,
            ],
        );
        let (y4m, mkv, back) = (
            format!("{name}.y4m"),
            format!("{name}-out.mkv"),
            format!("{name}-back.y4m"),
        );
        succeeds(blur(folder.path(), &[&source, &y4m]));
        succeeds(blur(folder.path(), &[&source, &mkv, "--lossless"]));
        assert_eq!(
            video(&probe(folder.path(), &mkv))["color_range"],
            range,
            "{name}"
        );
        ffmpeg(folder.path(), &["-i", &mkv, "-strict", "-1", &back]);
        let read = |name: &str| read_y4m(&fs::read(folder.path().join(name)).unwrap()).1;
        let (expected, got) = (read(&y4m), read(&back));
        assert_eq!((expected.len(), got.len()), (30, 30), "{name}");
        for (index, (expected, got)) in expected.iter().zip(&got).enumerate() {
            assert!(
                expected.bytes() == got.bytes(),
                "{name}: frame {index} differs"
            );
        }
    }
}

#[test]
fn rotation_is_applied() {
    if !has_ffmpeg("rotation_is_applied") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            "-i", "in.y4m", "-c:v", "libx264", "-pix_fmt", "yuv420p", "flat.mp4",
        ],
    );
    ffmpeg(
        folder.path(),
        &[
            "-i",
            "flat.mp4",
            "-c",
            "copy",
            "-metadata:s:v",
            "rotate=90",
            "in.mp4",
        ],
    );
    succeeds(blur(folder.path(), &["in.mp4", "out.mp4"]));
    let probed = probe(folder.path(), "out.mp4");
    let video = video(&probed);
    assert_eq!(
        (video["width"].as_u64(), video["height"].as_u64()),
        (Some(300), Some(400))
    );
    assert!(
        video["side_data_list"].is_null() && video["tags"]["rotate"].is_null(),
        "{video}"
    );
}

#[test]
fn odd_sides_are_kept() {
    if !has_ffmpeg("odd_sides_are_kept") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            "-i",
            "in.y4m",
            "-vf",
            "format=yuv444p,crop=301:251,format=yuv420p",
            "-c:v",
            "ffv1",
            "in.mkv",
        ],
    );
    for output in ["out.mp4", "out.mkv", "out.webm"] {
        succeeds(blur(folder.path(), &["in.mkv", output]));
        let probed = probe(folder.path(), output);
        let video = video(&probed);
        assert_eq!(
            (video["width"].as_u64(), video["height"].as_u64()),
            (Some(301), Some(251)),
            "{output}"
        );
    }
}

#[test]
fn full_chroma_becomes_what_players_play() {
    if !has_ffmpeg("full_chroma_becomes_what_players_play") {
        return;
    }
    let folder = with_clip();
    let to_444 = [
        "-i", "in.y4m", "-pix_fmt", "yuv444p", "-c:v", "ffv1", "in.mkv",
    ];
    ffmpeg(folder.path(), &to_444);
    succeeds(blur(folder.path(), &["in.mkv", "out.mp4"]));
    assert_eq!(
        video(&probe(folder.path(), "out.mp4"))["pix_fmt"],
        "yuv420p"
    );
}

#[test]
fn interlaced_clips_are_refused_as_such() {
    if !has_ffmpeg("interlaced_clips_are_refused_as_such") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            "-i",
            "in.y4m",
            "-vf",
            "setfield=tff",
            "-c:v",
            "mpeg2video",
            "-flags",
            "+ildct+ilme",
            "in.mkv",
        ],
    );
    let output = blur(folder.path(), &["in.mkv", "out.mp4"]);
    support::fails(
        &output,
        1,
        &["in.mkv", "is interlaced", "deinterlace it first"],
    );
}

/// An input that holds all that an output must not, in MP4 and in Matroska.
fn planted(folder: &Path, name: &str) {
    fs::write(folder.join("meta.txt"), ";FFMETADATA1\ntitle=PLANTED-TITLE\nlocation=PLANTED-GPS\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=PLANTED-CHAPTER\n").unwrap();
    fs::write(
        folder.join("sub.srt"),
        "1\n00:00:00,000 --> 00:00:01,000\nPLANTED-SUBTITLE\n",
    )
    .unwrap();
    fs::write(folder.join("note.txt"), "PLANTED-ATTACHMENT").unwrap();
    ffmpeg(
        folder,
        &[
            "-f",
            "lavfi",
            "-i",
            "color=red:size=64x64:rate=1",
            "-frames:v",
            "1",
            "cover.png",
        ],
    );
    let inputs = [
        &["-i", "cover.png", "-i", "in.y4m"][..],
        &TONE,
        &[
            "-i",
            "sub.srt",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=128x96:rate=25:duration=1.2",
            "-i",
            "meta.txt",
        ],
    ]
    .concat();
    let tags = [
        "-map_metadata",
        "5",
        "-map_chapters",
        "5",
        "-metadata:s:v:0",
        "title=PLANTED-STREAM",
        "-metadata:s:a:0",
        "title=PLANTED-SOUND",
    ];
    // Sound that is copied brings its encoder's version along, so it has none here.
    let coding = [
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-flags:a",
        "+bitexact",
    ];
    if name.ends_with(".mp4") {
        // The cover comes first, so that "the first video stream" would be the wrong one.
        let maps = [
            "-map", "0:v", "-map", "1:v", "-map", "2:a", "-map", "3:s", "-map", "4:v",
        ];
        let cover = [
            "-c:v:0",
            "png",
            "-disposition:v:0",
            "attached_pic",
            "-c:s",
            "mov_text",
        ];
        ffmpeg(
            folder,
            &[&inputs[..], &maps, &coding, &cover, &tags, &[name]].concat(),
        );
    } else {
        let maps = ["-map", "1:v", "-map", "2:a", "-map", "3:s", "-map", "4:v"];
        let attached = [
            "-attach",
            "note.txt",
            "-metadata:s:t",
            "mimetype=text/plain",
            "-c:s",
            "srt",
        ];
        ffmpeg(
            folder,
            &[&inputs[..], &maps, &coding, &attached, &tags, &[name]].concat(),
        );
    }
}

#[test]
fn the_output_has_one_picture_the_sound_and_nothing_else() {
    if !has_ffmpeg("the_output_has_one_picture_the_sound_and_nothing_else") {
        return;
    }
    let folder = with_clip();
    for input in ["planted.mp4", "planted.mkv"] {
        planted(folder.path(), input);
        let bytes = fs::read(folder.path().join(input)).unwrap();
        assert!(
            contains(&bytes, b"PLANTED-TITLE") && contains(&bytes, b"PLANTED-CHAPTER"),
            "nothing was planted in {input}"
        );
        let before = probe(folder.path(), input);
        assert!(before["streams"].as_array().unwrap().len() >= 4, "{input}");
        assert!(
            !before["chapters"].as_array().unwrap().is_empty(),
            "{input}"
        );
        for output in ["out.mp4", "out.mkv", "out.mov", "out.webm", "out.avi"] {
            succeeds(blur(folder.path(), &[input, output, "--force"]));
            let after = probe(folder.path(), output);
            let streams = after["streams"].as_array().unwrap();
            let kinds: Vec<_> = streams
                .iter()
                .map(|stream| stream["codec_type"].as_str().unwrap())
                .collect();
            assert_eq!(kinds, ["video", "audio"], "{input} -> {output}");
            assert_eq!(
                video(&after)["width"],
                400,
                "{input} -> {output}: the wrong picture was taken"
            );
            assert!(
                after["chapters"].as_array().unwrap().is_empty(),
                "{input} -> {output}"
            );
            only_tags_of_the_container(&after, output);
            let bytes = fs::read(folder.path().join(output)).unwrap();
            for words in [
                &b"PLANTED"[..],
                b"Lavf5",
                b"Lavf6",
                b"Lavf7",
                b"Lavc5",
                b"Lavc6",
                b"Lavc7",
                b"x264 - core",
                b"in.y4m",
            ] {
                assert!(
                    !contains(&bytes, words),
                    "{input} -> {output} holds {}",
                    String::from_utf8_lossy(words)
                );
            }
        }
    }
}

/// Containers need some tags of their own; none of them may tell anything of the input.
fn only_tags_of_the_container(probed: &Value, output: &str) {
    let own: BTreeSet<&str> = [
        "major_brand",
        "minor_version",
        "compatible_brands",
        "language",
        "handler_name",
        "vendor_id",
        "ENCODER",
        "encoder",
        "DURATION",
        "alpha_mode",
    ]
    .into();
    let streams = probed["streams"].as_array().unwrap();
    for holder in streams.iter().chain([&probed["format"]]) {
        for (tag, value) in holder["tags"].as_object().into_iter().flatten() {
            assert!(own.contains(tag.as_str()), "{output}: {tag}={value}");
            assert!(
                tag != "language" || value == "und",
                "{output}: {tag}={value}"
            );
        }
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

#[test]
fn playlists_are_refused() {
    if !has_ffmpeg("playlists_are_refused") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            "-i", "in.y4m", "-c:v", "libx264", "-pix_fmt", "yuv420p", "part.ts",
        ],
    );
    fs::write(
        folder.path().join("list.m3u8"),
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\npart.ts\n#EXT-X-ENDLIST\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("list.txt"),
        "ffconcat version 1.0\nfile part.ts\n",
    )
    .unwrap();
    for input in ["list.m3u8", "list.txt"] {
        support::fails(&blur(folder.path(), &[input, "out.y4m"]), 1, &[input]);
        assert!(!folder.path().join("out.y4m").exists());
    }
}

#[test]
fn names_that_look_like_options_or_addresses_are_file_names() {
    if !has_ffmpeg("names_that_look_like_options_or_addresses_are_file_names") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            "-i", "in.y4m", "-c:v", "libx264", "-pix_fmt", "yuv420p", "in.mp4",
        ],
    );
    for name in ["concat:a|b.mp4", "-i.mp4", "100%d.mp4"] {
        fs::copy(folder.path().join("in.mp4"), folder.path().join(name)).unwrap();
        let out = format!("{name}.out.mkv");
        succeeds(support::run(
            folder.path(),
            &["blur", "--engine", "rten", "--", name, &out],
        ));
        assert!(folder.path().join(out).exists());
    }
}

#[test]
fn a_clip_that_is_cut_off_is_protected_as_far_as_it_goes_and_that_is_said() {
    if !has_ffmpeg("a_clip_that_is_cut_off_is_protected_as_far_as_it_goes_and_that_is_said") {
        return;
    }
    let folder = with_clip();
    ffmpeg(
        folder.path(),
        &[
            "-i",
            "in.y4m",
            "-c:v",
            "mjpeg",
            "-pix_fmt",
            "yuvj420p",
            "whole.mkv",
        ],
    );
    let whole = fs::read(folder.path().join("whole.mkv")).unwrap();
    fs::write(folder.path().join("in.mkv"), &whole[..whole.len() / 2]).unwrap();
    let said = stderr(&succeeds(blur(folder.path(), &["in.mkv", "out.y4m"])));
    assert!(
        said.contains("in.mkv") && said.contains("warning"),
        "{said}"
    );
    let frames = read_y4m(&fs::read(folder.path().join("out.y4m")).unwrap()).1;
    assert!((5..30).contains(&frames.len()), "{}", frames.len());
    // Without its index an MP4 cannot be read at all.
    ffmpeg(
        folder.path(),
        &[
            "-i",
            "in.y4m",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "whole.mp4",
        ],
    );
    let whole = fs::read(folder.path().join("whole.mp4")).unwrap();
    fs::write(folder.path().join("in.mp4"), &whole[..whole.len() / 2]).unwrap();
    support::fails(
        &blur(folder.path(), &["in.mp4", "no.y4m"]),
        1,
        &["in.mp4", "cut off"],
    );
    assert!(!folder.path().join("no.y4m").exists());
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
    let mut child = support::frosted(folder.path())
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
