//! `frosted quality`: planted mattes have their figures, its own are those of `frosted matte`.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use frosted::{Frame, PixelFormat};
use frosted_app::media::{StreamInfo, still};
use serde_json::Value;
use support::{fails, names, run, stderr, succeeds, webcam_frames, webcam_y4m, y4m};

const WIDTH: usize = 400;
const HEIGHT: usize = 300;
const FRAMES: usize = 6;
const MODEL: &str = "selfie-general-320x192";

/// Mattes of a person between these columns.
fn mattes(folder: &Path, from: usize, to: usize, frames: usize) {
    fs::create_dir_all(folder).unwrap();
    let matte: Vec<u8> = (0..WIDTH * HEIGHT)
        .map(|at| {
            if (from..to).contains(&(at % WIDTH)) {
                255
            } else {
                0
            }
        })
        .collect();
    let mut file = Vec::new();
    still::encode_grey_png(&matte, WIDTH, HEIGHT, &mut file).unwrap();
    for t in 0..frames {
        fs::write(folder.join(format!("{t:05}.png")), &file).unwrap();
    }
}

/// The bundled clip's first frames in 4:2:2.
fn webcam_i422() -> Vec<u8> {
    let (info, frames) = webcam_frames(FRAMES);
    let spec = info.spec.in_format(PixelFormat::I422);
    let frames: Vec<Frame> = frames
        .iter()
        .map(|frame| {
            let (luma, chroma) = frame.bytes().split_at(WIDTH * HEIGHT);
            let doubled = chroma
                .chunks_exact(WIDTH / 2)
                .flat_map(|row| [row, row].concat());
            let mut wide = Frame::new(spec);
            let bytes: Vec<u8> = luma.iter().copied().chain(doubled).collect();
            wide.bytes_mut().copy_from_slice(&bytes);
            wide
        })
        .collect();
    y4m(&StreamInfo { spec, ..info }, &frames)
}

/// The folders one and two, scenes of the bundled clip with made mattes, and others' mattes:
/// narrow ones, which lack a quarter of the person.
fn planted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for scene in ["one", "two"] {
        fs::create_dir(at(scene)).unwrap();
        let clip = if scene == "one" {
            webcam_y4m(FRAMES)
        } else {
            webcam_i422()
        };
        fs::write(at(scene).join("original.y4m"), clip).unwrap();
        mattes(&at(scene).join("masks"), 100, 300, FRAMES);
        mattes(&at("narrow").join(scene), 100, 250, FRAMES);
    }
    folder
}

/// Runs it with the embedded engine, which is there on every machine.
fn quality(folder: &Path, arguments: &[&str]) -> Output {
    let all = [&["quality"], arguments, &["--engine", "rten"]].concat();
    run(folder, &all)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn of<'a>(scene: &'a Value, name: &str) -> &'a Value {
    let mattes = scene["mattes"].as_array().unwrap();
    let found = mattes.iter().find(|matte| matte["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is missing in {scene}"))
}

#[test]
fn every_matte_has_a_row_for_each_clip_and_the_mean() {
    let folder = planted();
    let before = names(folder.path());
    let output = succeeds(quality(
        folder.path(),
        &["--data", ".", "--against", "narrow=narrow"],
    ));
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let rows: Vec<Vec<&str>> = said
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let (own, alone) = (format!("frosted, {MODEL}"), format!("{MODEL} alone"));
    let mut expected = vec![("clip", "matte"), ("---", "---")];
    for clip in ["one", "two", "mean of 2"] {
        expected.extend([(clip, own.as_str()), (clip, &alone), (clip, "narrow")]);
    }
    let found: Vec<_> = rows.iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(found.len(), expected.len(), "{said}");
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!(at == 1 || found == expected, "{found:?} {expected:?}");
    }
    // 50 of 400 columns are missing, of the person's 200: MAD, IoU, lost and shown.
    for row in rows.iter().filter(|row| row[1] == "narrow") {
        assert_eq!(
            (row[2], row[5], row[7], row[8]),
            ("125.0", "0.750", "25.00", "0.00")
        );
    }
    // Nothing is written that was not asked for.
    assert_eq!(names(folder.path()), before);
}

#[test]
fn its_own_figures_are_those_of_the_mattes_that_it_writes() {
    let folder = planted();
    succeeds(run(
        folder.path(),
        &["matte", "one/original.y4m", "written", "--engine", "rten"],
    ));
    let output = succeeds(quality(
        folder.path(),
        &[
            "one/original.y4m",
            "--mask",
            "one/masks",
            "--against",
            "written=written",
            "--json",
            "-",
        ],
    ));
    let report = json(&output);
    let scene = &report["scenes"][0];
    assert_eq!(scene["name"], "original");
    let own = of(scene, &format!("frosted, {MODEL}"));
    assert_eq!(own["per_frame"], of(scene, "written")["per_frame"]);
    assert_eq!(own["frames"], FRAMES);
    assert!(own["covered"].is_u64() && own["engine"].is_string());
    // A mask without anybody would lose all, one of the whole frame show all: the network
    // finds a man between the columns, and its mask is not the pipeline's matte.
    let alone = of(scene, &format!("{MODEL} alone"));
    assert!(alone["mean"]["lost"].as_f64().unwrap() < 0.7, "{alone}");
    assert!(alone["mean"]["shown"].as_f64().unwrap() < 0.1, "{alone}");
    assert_ne!(alone["mean"], own["mean"]);
}

#[test]
fn mattes_that_are_the_true_ones_have_nothing_wrong() {
    let folder = planted();
    let arguments = ["one", "--against", "same=same", "--json", "-"];
    mattes(&folder.path().join("same/one"), 100, 300, FRAMES);
    let report = json(&succeeds(quality(folder.path(), &arguments)));
    let same = &of(&report["scenes"][0], "same")["mean"];
    assert_eq!((&same["mad"], &same["iou"]), (&0.0.into(), &1.0.into()));
    assert_eq!(
        (&same["dtssd"], &same["gradient"]),
        (&0.0.into(), &0.0.into())
    );
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let folder = planted();
    let at = |name: &str| folder.path().join(name);
    mattes(&at("short/one"), 100, 300, FRAMES - 1);
    mattes(&at("long/one"), 100, 300, FRAMES + 1);
    fs::create_dir(at("empty")).unwrap();
    for (name, arguments, code, named) in [
        ("no scene", &[][..], 2, &["SCENE"][..]),
        ("no folder", &["gone"], 1, &["gone: no such folder"]),
        ("no clip", &["empty"], 1, &["empty", "original.y4m"]),
        (
            "no scene in it",
            &["--data", "empty"],
            1,
            &["empty", "original.y4m"],
        ),
        (
            "a clip without mattes",
            &["one/original.y4m"],
            2,
            &["--mask"],
        ),
        (
            "mattes for two",
            &["one", "two", "--mask", "one/masks"],
            2,
            &["--mask", "2"],
        ),
        ("no name", &["one", "--against", "narrow"], 2, &["NAME=DIR"]),
        (
            "others' are too few",
            &["one", "--against", "a=short"],
            1,
            &["short", "5", "6"],
        ),
        (
            "others' are missing",
            &["one", "--against", "a=none"],
            1,
            &["none"],
        ),
        (
            "the true ones are too few",
            &["one/original.y4m", "--mask", "short/one"],
            1,
            &["short/one", "5", "more"],
        ),
        (
            "the true ones are too many",
            &["one/original.y4m", "--mask", "long/one"],
            1,
            &["long/one", "7", "6"],
        ),
    ] {
        let output = quality(folder.path(), arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{name}: {}",
            stderr(&output)
        );
        fails(&output, code, named);
        assert!(output.stdout.is_empty(), "{name}");
    }
}

#[test]
fn a_report_replaces_nothing_unasked() {
    let folder = planted();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("report.json"), "mine").unwrap();
    let arguments = ["one", "--json", "report.json"];
    fails(&quality(folder.path(), &arguments), 1, &["report.json"]);
    assert_eq!(fs::read(at("report.json")).unwrap(), b"mine");
    let clip = fs::read(at("one/original.y4m")).unwrap();
    let arguments = ["one", "--json", "one/original.y4m", "--force"];
    fails(&quality(folder.path(), &arguments), 1, &["original.y4m"]);
    assert_eq!(fs::read(at("one/original.y4m")).unwrap(), clip);
    succeeds(quality(
        folder.path(),
        &["one", "--json", "report.json", "--force"],
    ));
    let report: Value = serde_json::from_slice(&fs::read(at("report.json")).unwrap()).unwrap();
    assert_eq!(report["scenes"][0]["name"], "one");
}

#[test]
fn mattes_of_the_program_itself_are_no_truth() {
    let folder = planted();
    let output = quality(folder.path(), &["one", "--json", "-"]);
    assert_eq!(json(&output)["scenes"][0]["own_mattes"], Value::Null);
    assert!(!stderr(&output).contains("warning"));

    let clip = "one/original.y4m";
    let arguments = ["matte", clip, "own", "--engine", "rten"];
    succeeds(run(folder.path(), &arguments));
    let output = succeeds(quality(folder.path(), &[clip, "--mask", "own"]));
    let table = String::from_utf8(output.stdout).unwrap();
    let warning = format!("**WARNING:** original: {FRAMES} of {FRAMES} mattes were written by");
    assert!(table.starts_with(&warning), "{table}");
    // No clip is judged here, and other programs' mattes may be among the rows.
    let meaning = "every row is held against frosted's opinion of where the person is";
    assert!(
        table.contains(meaning) && !table.contains("painted"),
        "{table}"
    );
    let output = succeeds(quality(
        folder.path(),
        &[clip, "--mask", "own", "--json", "-"],
    ));
    assert_eq!(json(&output)["scenes"][0]["own_mattes"]["why"], "marked");
    assert!(stderr(&output).contains("warning: original: "));

    // The same pixels, stored anew by a program that keeps no text.
    fs::create_dir(folder.path().join("bare")).unwrap();
    for number in 0..FRAMES {
        let name = format!("{number:06}.png");
        let file = fs::read(folder.path().join("own").join(&name)).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut alpha = vec![0; WIDTH * HEIGHT];
        reader.next_frame(&mut alpha).unwrap();
        let mut bare = Vec::new();
        still::encode_grey_png(&alpha, WIDTH, HEIGHT, &mut bare).unwrap();
        fs::write(folder.path().join("bare").join(name), bare).unwrap();
    }
    let output = succeeds(quality(
        folder.path(),
        &[clip, "--mask", "bare", "--json", "-"],
    ));
    assert_eq!(
        json(&output)["scenes"][0]["own_mattes"]["why"],
        "as painted"
    );
    assert!(stderr(&output).contains("the program's own (IoU 1.0000)"));
}
