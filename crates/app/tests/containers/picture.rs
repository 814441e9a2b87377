//! Frames: their times, sizes, samples and direction.

use std::fs;

use crate::clips::{TONE, ffmpeg, probe, times, video, with_clip};
use crate::support::{blur, fails, has_ffmpeg, names, read_y4m, succeeds};

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
        fails(
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
    fails(
        &output,
        1,
        &["in.mkv", "is interlaced", "deinterlace it first"],
    );
}
