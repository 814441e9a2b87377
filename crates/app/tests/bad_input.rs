//! Bad input: each a clear error that names the thing and the remedy, no panic, nothing left.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use support::{blur, fails, frosted, names, repository, room_y4m, run, webcam_y4m};

const HEADER: &[u8] = b"YUV4MPEG2 W64 H48 F25:1 C420jpeg\n";

/// A folder of bad files; what is in it must be the same afterwards.
fn bad_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let portrait = fs::read(repository().join("examples/data/portrait.png")).unwrap();
    let clip = fs::read(repository().join("examples/data/webcam.mjpeg")).unwrap();
    let good = room_y4m(3);
    write("empty.y4m", b"");
    write("cut.y4m", &good[..good.len() - 100]);
    write("cut-header.y4m", &HEADER[..20]);
    write("no-frames.y4m", HEADER);
    write("zero.y4m", b"YUV4MPEG2 W0 H48 F25:1\nFRAME\n");
    write("huge.y4m", b"YUV4MPEG2 W100000 H100000 F25:1\nFRAME\n");
    write("deep.y4m", b"YUV4MPEG2 W64 H48 F25:1 C420p10\nFRAME\n");
    write("not.y4m", b"what is this");
    write("cut.jpg", &clip[..4000]);
    write("cut.mjpeg", &clip[..60_000]);
    write("cut.png", &portrait[..portrait.len() / 2]);
    write("huge.png", &huge_png());
    write("tiny.png", &tiny_png());
    write(
        "text.mp4",
        b"this is no clip at all, whatever its name says",
    );
    write("good.y4m", &good);
    fs::create_dir(folder.path().join("folder")).unwrap();
    folder
}

/// A PNG header that promises 100000x100000 pixels.
fn huge_png() -> Vec<u8> {
    let mut file = tiny_png();
    file[16..20].copy_from_slice(&100_000u32.to_be_bytes());
    file[20..24].copy_from_slice(&100_000u32.to_be_bytes());
    let crc = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&crc.to_be_bytes());
    file
}

fn tiny_png() -> Vec<u8> {
    let mut file = Vec::new();
    frosted_app::media::still::encode_grey_png(&[9; 4], 2, 2, &mut file).unwrap();
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

#[test]
fn inputs_that_are_missing_damaged_or_absurd() {
    let folder = bad_files();
    let before = names(folder.path());
    let cases: [(&str, &str, &[&str]); 16] = [
        (
            "none.y4m",
            "out.y4m",
            &["none.y4m", "no such file", "check the path"],
        ),
        (
            "folder",
            "out.y4m",
            &["folder", "directory", "give one file"],
        ),
        ("empty.y4m", "out.y4m", &["empty.y4m", "is empty"]),
        (
            "cut.y4m",
            "out.y4m",
            &["cut.y4m", "frame 3", "4508 of 4608"],
        ),
        ("cut-header.y4m", "out.y4m", &["cut-header.y4m", "cut off"]),
        ("no-frames.y4m", "out.y4m", &["no-frames.y4m", "no frame"]),
        ("zero.y4m", "out.y4m", &["zero.y4m", "0x48", "16x16"]),
        (
            "huge.y4m",
            "out.y4m",
            &["huge.y4m", "100000x100000", "7680x4320"],
        ),
        ("deep.y4m", "out.y4m", &["deep.y4m", "420p10", "ffmpeg -i"]),
        ("not.y4m", "out.y4m", &["not.y4m", "does not begin"]),
        ("cut.jpg", "out.png", &["cut.jpg", "damaged or cut off"]),
        (
            "cut.mjpeg",
            "out.y4m",
            &["cut.mjpeg", "frame 8 at byte", "cut off"],
        ),
        ("cut.png", "out.png", &["cut.png", "damaged or cut off"]),
        (
            "huge.png",
            "out.png",
            &["huge.png", "100000x100000", "7680x4320"],
        ),
        ("tiny.png", "out.png", &["tiny.png", "2x2", "16x16"]),
        ("text.mp4", "out.y4m", &["text.mp4"]),
    ];
    for (input, output, named) in cases {
        fails(&blur(folder.path(), &[input, output]), 1, named);
        assert_eq!(names(folder.path()), before, "{input} left something");
    }
    let matte = ["matte", "cut.y4m", "mattes", "--engine", "rten"];
    fails(&run(folder.path(), &matte), 1, &["cut.y4m", "frame 3"]);
    assert_eq!(names(folder.path()), before, "matte left something");
}

#[test]
fn pictures_of_formats_that_are_not_read_are_not_called_clips() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8]); 9] = [
        ("in.webp", b"whatever"),
        ("webp.bin", b"RIFF\x08\0\0\0WEBPVP8 "),
        ("in.BMP", b"BM\0\0"),
        ("in.heic", b"\0\0\0\x18ftypheic"),
        ("heif.jpg", b"\0\0\0\x18ftypmif1"),
        ("avif.png", b"\0\0\0\x18ftypavif"),
        ("gif.bin", b"GIF89a"),
        ("intel.bin", b"II*\0"),
        ("motorola.bin", b"MM\0*"),
    ];
    for (name, bytes) in cases {
        fs::write(folder.path().join(name), bytes).unwrap();
        let named = [name, "picture format is not read", "PNG or JPEG"];
        for output in ["out.png", "out.jpg"] {
            fails(&blur(folder.path(), &[name, output]), 1, &named);
        }
    }
    let portrait = fs::read(repository().join("examples/data/portrait.png")).unwrap();
    fs::write(folder.path().join("png.webp"), portrait).unwrap();
    support::succeeds(blur(folder.path(), &["png.webp", "out.png"]));
}

#[test]
fn each_end_of_a_pipe_is_called_by_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let nothing_comes = blur(folder.path(), &["-", "out.y4m"]);
    fails(&nothing_comes, 1, &["standard input (-): is empty"]);
    let portrait = repository().join("examples/data/portrait.png");
    let picture = blur(folder.path(), &[portrait.to_str().unwrap(), "-"]);
    fails(&picture, 2, &["standard output (-)", "is for clips"]);
}

#[test]
fn outputs_that_cannot_be() {
    let folder = bad_files();
    let before = names(folder.path());
    let cases: [(&[&str], i32, &[&str]); 6] = [
        (&["good.y4m", "folder"], 2, &["folder"]),
        (
            &["good.y4m", "-", "--json", "-"],
            2,
            &["--json", "standard output (-)"],
        ),
        (
            &["good.y4m", "gone/out.y4m"],
            1,
            &["gone", "no such folder"],
        ),
        (
            &["good.y4m", "out.y4m", "--json", "gone/run.json"],
            1,
            &["gone", "no such folder"],
        ),
        (
            &["good.y4m", "out.y4m", "--json", "out.y4m"],
            2,
            &["--json", "same file"],
        ),
        (&["good.y4m", "good.y4m"], 1, &["good.y4m", "input"]),
    ];
    for (arguments, code, named) in cases {
        fails(&blur(folder.path(), arguments), code, named);
        assert_eq!(names(folder.path()), before, "{arguments:?} left something");
    }
    fs::create_dir(folder.path().join("folder.y4m")).unwrap();
    fails(
        &blur(folder.path(), &["good.y4m", "folder.y4m", "--force"]),
        1,
        &["folder.y4m", "directory"],
    );
    fails(
        &run(folder.path(), &["matte", "good.y4m", "cut.y4m"]),
        1,
        &["cut.y4m", "no directory"],
    );
    fs::write(folder.path().join("folder/mine.txt"), "mine").unwrap();
    fails(
        &run(folder.path(), &["matte", "good.y4m", "folder"]),
        1,
        &["folder", "not empty", "--force"],
    );
    assert_eq!(names(&folder.path().join("folder")), ["mine.txt"]);
}

#[test]
fn option_values_that_mean_nothing() {
    let folder = bad_files();
    let before = names(folder.path());
    let cases: [(&[&str], &[&str]); 12] = [
        (&["--background", "none"], &["none", "blur, frost"]),
        (&["--background", "color:red"], &["red", "#RRGGBB"]),
        (&["--text-height", "17"], &["17", "1/17"]),
        (&["--text-height", "0px"], &["0px", "64px"]),
        (&["--model", "huge"], &["huge", "quality, landscape"]),
        (&["--engine", "tpu"], &["tpu", "auto, ort, rten"]),
        (&["--threads", "0"], &["0 threads", "1 to 64"]),
        (&["--threads", "65"], &["65 threads", "1 to 64"]),
        (&["--fps", "0"], &["0/1", "1/1000 to 1000"]),
        (&["--fps", "many"], &["many", "30000/1001"]),
        (&["--sharpen"], &["--sharpen"]),
        (&["third.y4m"], &["third.y4m"]),
    ];
    for (options, named) in cases {
        let arguments = [&["blur", "good.y4m", "out.y4m"], options].concat();
        fails(&run(folder.path(), &arguments), 2, named);
        assert_eq!(names(folder.path()), before, "{options:?} left something");
    }
    fails(
        &blur(folder.path(), &["good.y4m", "out.y4m", "--fps", "30"]),
        2,
        &["good.y4m", "--fps"],
    );
    let picture = ["good.y4m", "out.y4m", "--background", "image:none.png"];
    fails(
        &blur(folder.path(), &picture),
        1,
        &["none.png", "no such file"],
    );
    let picture = ["good.y4m", "out.y4m", "--background", "image:text.mp4"];
    fails(
        &blur(folder.path(), &picture),
        1,
        &["text.mp4", "neither PNG nor JPEG"],
    );
    assert_eq!(names(folder.path()), before);
}

#[test]
fn raw_frames_of_the_wrong_length() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("raw"), vec![0; 1000]).unwrap();
    fs::write(folder.path().join("none"), b"").unwrap();
    let bench = |raw: &str, size: &str, frames: &str| {
        let arguments = [
            "bench", "--raw", raw, "--format", "nv12", "--size", size, "--frames", frames,
            "--engine", "rten",
        ];
        run(folder.path(), &arguments)
    };
    fails(
        &bench("raw", "64x48", "5"),
        1,
        &["raw", "1000 bytes", "4608", "--size"],
    );
    fails(&bench("none", "64x48", "5"), 1, &["none", "0 bytes"]);
    fails(&bench("gone", "64x48", "5"), 1, &["gone", "no such file"]);
    fails(&bench(".", "64x48", "5"), 1, &[".", "no file"]);
    fails(&bench("raw", "0x48", "5"), 1, &["0x48", "16x16"]);
    fails(
        &bench("raw", "100000x100000", "5"),
        1,
        &["100000x100000", "7680x4320"],
    );
    fails(&bench("raw", "large", "5"), 2, &["large", "WxH"]);
    fails(&bench("raw", "64x48", "0"), 2, &["0"]);
    let given = |options: &[&str]| {
        let arguments = [
            "bench", "--raw", "raw", "--format", "nv12", "--size", "64x48",
        ];
        run(folder.path(), &[&arguments, options].concat())
    };
    fails(&given(&[]), 2, &["--frames", "--seconds"]);
    fails(
        &given(&["--frames", "1", "--seconds", "1"]),
        2,
        &["--seconds"],
    );
    fails(
        &given(&["--frames", "1", "--streams", "17"]),
        2,
        &["17", "1..=16"],
    );
    fails(&given(&["--frames", "1", "--pace", "0"]), 2, &["0"]);
    fails(
        &given(&["--frames", "1", "--network-threads", "65"]),
        2,
        &["65", "1 to 64"],
    );
    fs::write(folder.path().join("frame"), vec![90; 4608]).unwrap();
    let clip = repository().join("examples/data/webcam.mjpeg");
    fs::copy(clip, folder.path().join("clip.mjpeg")).unwrap();
    let arguments = [
        "bench",
        "--raw",
        "frame",
        "--format",
        "nv12",
        "--size",
        "64x48",
        "--frames",
        "1",
        "--engine",
        "rten",
        "--mjpeg",
        "clip.mjpeg",
    ];
    let words = ["clip.mjpeg", "400x300", "64x48"];
    fails(&run(folder.path(), &arguments), 1, &words);
    let alpha = [
        "bench",
        "--raw",
        "raw",
        "--format",
        "nv12",
        "--size",
        "20x20",
        "--frames",
        "1",
        "--background",
        "alpha",
        "--engine",
        "rten",
    ];
    fs::write(folder.path().join("raw"), vec![0; 600]).unwrap();
    fails(&run(folder.path(), &alpha), 1, &["transparent", "rgba"]);
}

#[test]
fn models_that_are_corrupt_swapped_or_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let models = repository().join("models/files");
    let read = |name: &str| fs::read(models.join(name)).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let (onnx, spec) = (
        read("selfie_landscape_256x144.onnx"),
        read("selfie_landscape_256x144.toml"),
    );
    let spec = String::from_utf8(spec).unwrap();
    let unchecked: String = spec
        .lines()
        .filter(|line| !line.starts_with("sha256"))
        .map(|line| format!("{line}\n"))
        .collect();
    let other_size = unchecked.replace("256", "320").replace("144", "192");
    let mut corrupt = onnx.clone();
    corrupt[200_000] ^= 0x55;
    write("in.y4m", &webcam_y4m(1));
    for (name, model, spec) in [
        ("corrupt", &corrupt, spec.as_str()),
        ("swapped", &read("selfie_general_320x192.onnx"), &spec),
        ("cut", &onnx[..onnx.len() / 2].to_vec(), &unchecked),
        ("noise", &vec![7; 5000], &unchecked),
        ("unfit", &onnx, &other_size),
        ("badspec", &onnx, "width = \"wide\""),
        ("good", &onnx, &spec),
    ] {
        write(&format!("{name}.onnx"), model);
        write(&format!("{name}.toml"), spec.as_bytes());
    }
    write("alone.onnx", &onnx);
    let before = names(folder.path());
    let cases: [(&str, &[&str]); 8] = [
        ("corrupt.onnx", &["sha256"]),
        ("swapped.onnx", &["sha256"]),
        ("cut.onnx", &["model"]),
        ("noise.onnx", &["model"]),
        ("unfit.onnx", &["320"]),
        ("badspec.onnx", &["model spec"]),
        ("alone.onnx", &["alone.toml", "spec"]),
        ("gone.onnx", &["gone.onnx: no such file, check the path"]),
    ];
    for (model, named) in cases {
        fails(
            &blur(folder.path(), &["in.y4m", "out.y4m", "--model", model]),
            1,
            named,
        );
        assert_eq!(names(folder.path()), before, "{model} left something");
    }
    let good = blur(
        folder.path(),
        &["in.y4m", "out.y4m", "--model", "good.onnx"],
    );
    assert_eq!(good.status.code(), Some(0), "{}", support::stderr(&good));
}

#[test]
fn a_missing_onnx_runtime_is_no_reason_to_take_another_engine() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), room_y4m(1)).unwrap();
    let before = names(folder.path());
    let cases: [&[&str]; 3] = [
        &["--engine", "ort"],
        &["--engine", "ort", "--onnxruntime", "gone.so"],
        &["--engine", "auto", "--onnxruntime", "gone.so"],
    ];
    for options in cases {
        let arguments = [&["blur", "in.y4m", "out.y4m"], options].concat();
        let named: &[&str] = if options.len() > 2 {
            &["gone.so"]
        } else {
            &["not found", "onnxruntime"]
        };
        fails(&run(folder.path(), &arguments), 3, named);
        assert_eq!(names(folder.path()), before, "{options:?} left something");
    }
    let mut by_variable = frosted(folder.path());
    by_variable
        .args(["blur", "in.y4m", "out.y4m"])
        .env("ORT_DYLIB_PATH", "in.y4m");
    fails(
        &by_variable.output().unwrap(),
        3,
        &["in.y4m", "ORT_DYLIB_PATH"],
    );
    assert_eq!(names(folder.path()), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.y4m"), webcam_y4m(12)).unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = frosted(folder.path())
        .args(["blur", "in.y4m", "-", "--engine", "rten"])
        .stdout(Stdio::from(full))
        .output()
        .unwrap();
    fails(&output, 1, &["standard", "no space left", "make room"]);

    // A file may grow to 100 blocks here, which are less than the clip has.
    let limited = |command: &str| {
        let program = env!("CARGO_BIN_EXE_frosted");
        let line = format!("trap '' XFSZ; ulimit -f 100; exec {program} {command} --engine rten");
        Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    fails(
        &limited("blur in.y4m out.y4m"),
        1,
        &["out.y4m", "larger than is allowed", "another place"],
    );
    assert_eq!(names(folder.path()), ["in.y4m"]);
    if support::has_ffmpeg("a_full_disk, for containers") {
        fails(
            &limited("blur in.y4m out.mkv --lossless"),
            1,
            &["out.mkv", "cannot be written"],
        );
        assert_eq!(names(folder.path()), ["in.y4m"]);
    }
    real_disk(folder.path());
}

/// A file system of 300 KB, where whoever runs the tests may make one.
#[cfg(target_os = "linux")]
fn real_disk(folder: &Path) {
    let disk = folder.join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |program: &str, arguments: &[&str]| {
        let status = Command::new(program)
            .args(arguments)
            .arg(&disk)
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    if !mount("mount", &["-t", "tmpfs", "-o", "size=300k", "tmpfs"]) {
        support::skipped("a_full_disk on a file system of its own: only root can make one");
        return;
    }
    let output = blur(folder, &["in.y4m", "disk/out.y4m"]);
    let left = names(&disk);
    assert!(mount("umount", &[]), "the test's file system stays mounted");
    fails(&output, 1, &["disk/out.y4m", "no space left", "make room"]);
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn without_ffmpeg_it_says_what_is_built_in() {
    let folder = bad_files();
    let without = |arguments: &[&str]| {
        let mut command = frosted(folder.path());
        command
            .env("PATH", folder.path())
            .args(["blur", "--engine", "rten"])
            .args(arguments);
        command.output().unwrap()
    };
    let before = names(folder.path());
    fails(
        &without(&["text.mp4", "out.y4m"]),
        1,
        &[
            "text.mp4",
            "ffmpeg is not on the PATH",
            "built in",
            "install",
        ],
    );
    fails(
        &without(&["good.y4m", "out.mp4"]),
        1,
        &["out.mp4", "ffmpeg is not on the PATH", "built in"],
    );
    assert_eq!(names(folder.path()), before);
    assert_eq!(without(&["good.y4m", "out.y4m"]).status.code(), Some(0));
}
