//! Of everything else in a container, nothing is passed on.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::clips::{TONE, ffmpeg, probe, video, with_clip};
use crate::support::{blur, contains, has_ffmpeg, succeeds};

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
