//! What is no whole clip, and names that are not what they seem.

use std::fs;

use crate::clips::{ffmpeg, with_clip};
use crate::support::{blur, fails, has_ffmpeg, read_y4m, run, stderr, succeeds};

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
        fails(&blur(folder.path(), &[input, "out.y4m"]), 1, &[input]);
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
        succeeds(run(
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
    fails(
        &blur(folder.path(), &["in.mp4", "no.y4m"]),
        1,
        &["in.mp4", "cut off"],
    );
    assert!(!folder.path().join("no.y4m").exists());
}
