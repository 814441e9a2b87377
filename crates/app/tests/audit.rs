//! `frosted audit`: planted clips, exit codes, refusals, and what the reports hold.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::Path;

use frosted::{Frame, FrameSpec, PixelFormat};
use frosted_app::media::{Rate, StreamInfo, Timing, still};
use support::{fails, names, run, skipped, stderr, succeeds, y4m};

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
const FRAMES: usize = 12;

/// A room of stripes of many widths, and a person who covers a rectangle that sways.
fn room(x: usize, y: usize) -> u8 {
    let noise = (x * 7919 + y * 104_729 + x * y * 31) % 97;
    (80 + noise) as u8
}

fn is_person(t: usize, x: usize, y: usize) -> bool {
    let left = 110 + 4 * t;
    (left..left + 90).contains(&x) && y >= 50
}

/// A clip whose luma `of` gives for each frame and pixel.
fn clip(of: impl Fn(usize, usize, usize) -> u8) -> Vec<u8> {
    clip_of(WIDTH, HEIGHT, FRAMES, Rate::THIRTY, of)
}

fn clip_of(
    width: usize,
    height: usize,
    frames: usize,
    rate: Rate,
    of: impl Fn(usize, usize, usize) -> u8,
) -> Vec<u8> {
    let spec = FrameSpec::new(PixelFormat::I420, width, height).unwrap();
    let info = StreamInfo::new(spec, Timing::Constant(rate));
    let frames: Vec<Frame> = (0..frames)
        .map(|t| {
            let mut frame = Frame::new(spec);
            frame.bytes_mut().fill(128);
            for (at, luma) in frame.bytes_mut()[..width * height].iter_mut().enumerate() {
                *luma = of(t, at % width, at / width);
            }
            frame
        })
        .collect();
    y4m(&info, &frames)
}

fn original(t: usize, x: usize, y: usize) -> u8 {
    if is_person(t, x, y) { 200 } else { room(x, y) }
}

fn protected(t: usize, x: usize, y: usize) -> u8 {
    if is_person(t, x, y) { 200 } else { 128 }
}

fn leaking(t: usize, x: usize, y: usize) -> u8 {
    if (10..70).contains(&x) && (20..60).contains(&y) {
        original(t, x, y)
    } else {
        protected(t, x, y)
    }
}

fn mattes(folder: &Path, frames: usize) {
    mattes_of(
        folder,
        frames,
        |t, x, y| {
            if is_person(t, x, y) { 255 } else { 0 }
        },
    );
}

fn mattes_of(folder: &Path, frames: usize, of: impl Fn(usize, usize, usize) -> u8) {
    fs::create_dir(folder).unwrap();
    for t in 0..frames {
        let matte: Vec<u8> = (0..WIDTH * HEIGHT)
            .map(|at| of(t, at % WIDTH, at / WIDTH))
            .collect();
        let mut file = Vec::new();
        still::encode_grey_png(&matte, WIDTH, HEIGHT, &mut file).unwrap();
        fs::write(folder.join(format!("{t:05}.png")), file).unwrap();
    }
}

/// A folder with original.y4m, good.y4m, bad.y4m, masks and truth.json.
fn planted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("original.y4m"), clip(original)).unwrap();
    fs::write(at("good.y4m"), clip(protected)).unwrap();
    fs::write(at("bad.y4m"), clip(leaking)).unwrap();
    mattes(&at("masks"), FRAMES);
    let truth = format!(
        r#"{{"size": [{WIDTH}, {HEIGHT}], "frames": {FRAMES}, "mask_dir": "masks",
            "events": [{{"name": "<one> & two", "start": 0, "end": 6}},
                       {{"name": "three", "start": 6, "end": 12}}]}}"#
    );
    fs::write(at("truth.json"), truth).unwrap();
    folder
}

fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_clean_clip_passes_with_0() {
    let folder = planted();
    let output = succeeds(run(
        folder.path(),
        &["audit", "original.y4m", "good.y4m", "--mask", "masks"],
    ));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().last(), Some("PASS"), "{said}");
    assert!(
        said.contains("Text, codes and faces were not looked for"),
        "{said}"
    );
    // A limit is a number, and not a word that could be the result.
    let frames = said
        .lines()
        .find(|line| line.contains("unprotected frames"));
    assert!(frames.unwrap().ends_with("0 of 12; at most 0"), "{said}");
    // Nothing is written that was not asked for.
    assert_eq!(
        names(folder.path()),
        ["bad.y4m", "good.y4m", "masks", "original.y4m", "truth.json"]
    );
}

#[test]
fn a_leak_fails_with_1_and_is_where_it_was_planted() {
    let folder = planted();
    let output = run(
        folder.path(),
        &[
            "audit",
            "original.y4m",
            "bad.y4m",
            "--truth",
            "truth.json",
            "--json",
            "-",
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report = json(&output.stdout);
    assert_eq!(report["verdict"], "FAIL");
    // 60 x 40 px of a frame of 180 lines are sixteen times as many of one of 720; a planted
    // edge is known up to two pixels.
    let patch = report["leak"]["patch_px"].as_f64().unwrap() / 16.0;
    assert!((56.0 * 36.0..=64.0 * 44.0).contains(&patch), "{patch}");
    let room = (WIDTH * HEIGHT - 90 * 130) as f64;
    let mean = report["leak"]["mean"].as_f64().unwrap();
    assert!((mean - patch / room).abs() < 0.005, "{mean} {patch}");
    assert_eq!(report["leak"]["raw_frames"], serde_json::json!([]));
    assert_eq!(
        report["per_frame"]["legible"].as_array().unwrap().len(),
        FRAMES
    );
    assert_eq!(report["events"][1]["name"], "three");
    assert_eq!(report["events"][1]["frames"], serde_json::json!([6, 12]));
    let of_event = report["events"][1]["leak_mean"].as_f64().unwrap();
    assert!((of_event - mean).abs() < 0.005, "{of_event}");
    assert!(report["person"]["lost"]["max"].as_f64().unwrap() < 1e-9);
    // The matte has no pixel between room and person.
    assert_eq!(report["fringe"], serde_json::Value::Null);
    assert!(report["not_measured"]["fringe"].is_string());
}

#[test]
fn without_mattes_there_is_no_verdict_but_for_raw_clips() {
    let folder = planted();
    for protected in ["good.y4m", "bad.y4m"] {
        let output = run(
            folder.path(),
            &["audit", "original.y4m", protected, "--json", "-"],
        );
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let report = json(&output.stdout);
        assert_eq!(report["verdict"], "NO VERDICT");
        assert_eq!(report["leak"], serde_json::Value::Null);
        assert_eq!(report["person"]["lost"], serde_json::Value::Null);
        for figure in [
            "worst frame",
            "union of all frames",
            "blur",
            "fringe",
            "lost",
            "halo",
        ] {
            assert!(report["not_measured"][figure].is_string(), "{figure}");
        }
    }
    let output = run(folder.path(), &["audit", "original.y4m", "original.y4m"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}

#[test]
fn what_does_not_belong_together_is_refused_with_both_numbers() {
    let folder = planted();
    let at = |name: &str| folder.path().join(name);
    let other = |width, frames, rate| clip_of(width, HEIGHT, frames, rate, |_, _, _| 128);
    fs::write(at("small.y4m"), other(160, FRAMES, Rate::THIRTY)).unwrap();
    fs::write(at("short.y4m"), other(WIDTH, 7, Rate::THIRTY)).unwrap();
    fs::write(at("slow.y4m"), other(WIDTH, FRAMES, Rate::PAL)).unwrap();
    mattes(&at("few"), 9);
    mattes(&at("gap"), FRAMES);
    fs::remove_file(at("gap/00003.png")).unwrap();
    mattes(&at("short"), FRAMES);
    for t in 0..FRAMES {
        fs::rename(
            at(&format!("short/{t:05}.png")),
            at(&format!("short/{t}.png")),
        )
        .unwrap();
    }
    fs::remove_file(at("short/3.png")).unwrap();
    fs::create_dir(at("none")).unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["small.y4m"], &["320x180", "160x180"]),
        (&["short.y4m"], &["7 frames"]),
        (&["slow.y4m"], &["30.00", "25.00"]),
        (&["good.y4m", "--mask", "few"], &["9 frames"]),
        (&["good.y4m", "--mask", "gap"], &["00003.png", "00004.png"]),
        (&["good.y4m", "--mask", "none"], &["none", "00000.png"]),
        (&["good.y4m", "--mask", "gone"], &["gone", "no such folder"]),
        (
            &["good.y4m", "--mask", "truth.json"],
            &["truth.json", "is a file"],
        ),
        (&["good.y4m", "--mask", "short"], &["3.png", "4.png"]),
        (&["gone.y4m"], &["gone.y4m", "no such file"]),
        (&["truth.json"], &["truth.json"]),
    ];
    for (arguments, named) in cases {
        let all = [&["audit", "original.y4m"], *arguments].concat();
        // 1 is a verdict here, and an error is none.
        fails(&run(folder.path(), &all), 2, named);
    }
    fails(
        &run(folder.path(), &["audit", "-", "-"]),
        2,
        &["standard input"],
    );
}

#[test]
fn a_truth_about_another_clip_is_refused() {
    let folder = planted();
    let cases = [
        (r#"{"frames": 13}"#, ["13 frames", "12"]),
        (r#"{"size": [640, 360]}"#, ["320x180", "640x360"]),
        ("{", ["other.json", "JSON"]),
    ];
    for (truth, named) in cases {
        fs::write(folder.path().join("other.json"), truth).unwrap();
        let arguments = ["audit", "original.y4m", "good.y4m", "--truth", "other.json"];
        fails(&run(folder.path(), &arguments), 2, &named);
        let with_mattes = [&arguments[..], &["--mask", "masks"]].concat();
        fails(&run(folder.path(), &with_mattes), 2, &named);
    }
}

#[test]
fn the_report_is_one_file_that_needs_no_other() {
    let folder = planted();
    let page = folder.path().join("report.html");
    let arguments = [
        "audit",
        "original.y4m",
        "bad.y4m",
        "--truth",
        "truth.json",
        "--html",
        "report.html",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let html = fs::read_to_string(&page).unwrap();
    for wanted in [
        "This report shows pictures of the room",
        "<strong>FAIL</strong>",
        "data:image/png;base64,iVBOR",
        "<polyline points=",
        "&lt;one&gt; &amp; two",
        "viewport",
        "@media print",
    ] {
        assert!(html.contains(wanted), "\"{wanted}\" is missing");
    }
    for unwanted in [
        "<script", "http:", "https:", "src=\"/", "url(", "@import", "<link",
    ] {
        assert!(!html.contains(unwanted), "\"{unwanted}\" is there");
    }
    // What is there is kept, and what is read is never replaced.
    fails(
        &run(folder.path(), &arguments),
        2,
        &["report.html", "--force"],
    );
    let over = [
        "audit",
        "original.y4m",
        "bad.y4m",
        "--html",
        "bad.y4m",
        "--force",
    ];
    fails(
        &run(folder.path(), &over),
        2,
        &["bad.y4m", "also the input"],
    );
    let same = [
        "audit",
        "original.y4m",
        "bad.y4m",
        "--html",
        "a",
        "--json",
        "a",
    ];
    fails(&run(folder.path(), &same), 2, &["same file"]);
}

#[test]
fn a_report_without_pictures_holds_none() {
    let folder = planted();
    let arguments = [
        "audit",
        "original.y4m",
        "bad.y4m",
        "--mask",
        "masks",
        "--json",
        "figures.json",
    ];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let bytes = fs::read(folder.path().join("figures.json")).unwrap();
    assert!(bytes.len() < 20_000, "{}", bytes.len());
    assert!(!support::contains(&bytes, b"base64"));
}

#[test]
fn mattes_may_be_numbered_with_any_digits_from_any_number_on() {
    let folder = planted();
    let at = |name: &str| folder.path().join(name);
    let mut before: Vec<_> = (0..FRAMES).map(|t| format!("{t:05}.png")).collect();
    for (first, digits) in [(0, 6), (0, 1), (1, 4), (98, 1)] {
        for (t, old) in before.iter_mut().enumerate() {
            let new = format!("{:0digits$}.png", first + t);
            fs::rename(
                at("masks").join(&*old),
                at("masks").join(format!("{new}.new")),
            )
            .unwrap();
            *old = new;
        }
        for name in &before {
            fs::rename(at(&format!("masks/{name}.new")), at("masks").join(name)).unwrap();
        }
        succeeds(run(
            folder.path(),
            &["audit", "original.y4m", "good.y4m", "--mask", "masks"],
        ));
    }
}

/// The person as a program that errs by two pixels cuts them out.
fn cut_narrow(t: usize, x: usize, y: usize) -> u8 {
    let around = [
        (x + 2, y),
        (x.saturating_sub(2), y),
        (x, y.saturating_sub(2)),
    ];
    let narrow = around.iter().all(|(x, y)| is_person(t, *x, *y));
    if narrow { 200 } else { 128 }
}

/// The word of the verdict stands nowhere without what takes the worth from it.
fn headed(page: &str, by: &str) {
    let between = |from: &str, to: &str| page.split(from).nth(1)?.split(to).next();
    for (from, to) in [
        ("<title>", "</title>"),
        ("<h1>", "</h1>"),
        ("<strong>", "<p>"),
    ] {
        let text = between(from, to).unwrap();
        assert!(text.ends_with(&format!(" {by}")), "{from}{text}");
    }
}

#[test]
fn mattes_of_the_program_itself_are_warned_of() {
    let folder = planted();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("narrow.y4m"), clip(cut_narrow)).unwrap();
    let said = |protected: &str, mattes: &str| {
        let arguments = [
            "audit",
            "original.y4m",
            protected,
            "--mask",
            mattes,
            "--force",
        ];
        let reports = ["--json", "a.json", "--html", "a.html"];
        let output = run(folder.path(), &[&arguments[..], &reports].concat());
        let figures = json(&fs::read(at("a.json")).unwrap());
        let page = fs::read_to_string(at("a.html")).unwrap();
        (String::from_utf8(output.stdout).unwrap(), figures, page)
    };
    let (table, figures, page) = said("narrow.y4m", "masks");
    assert!(!table.contains("WARNING"), "{table}");
    assert_eq!(figures["own_mattes"], serde_json::Value::Null);
    assert!(!page.contains("role=\"alert\""));

    // What PROTECTED was painted by.
    let (table, figures, page) = said("good.y4m", "masks");
    assert_eq!(
        table.matches("WARNING: PROTECTED is cut out").count(),
        2,
        "{table}"
    );
    assert_eq!(table.lines().last(), Some("PASS"), "{table}");
    assert_eq!(figures["own_mattes"]["why"], "fit the protected clip");
    assert!(page.contains("role=\"alert\"") && page.contains("its own opinion"));
    assert!(page.contains("verdict none") && !page.contains("verdict pass"));
    headed(&page, "by mattes that it was most likely painted by");

    // What `frosted matte` wrote, whatever it is held against; nobody is in this one.
    succeeds(run(
        folder.path(),
        &["matte", "original.y4m", "own", "--engine", "rten"],
    ));
    let (table, figures, page) = said("narrow.y4m", "own");
    assert_eq!(
        table.matches("WARNING: 12 of 12 mattes").count(),
        2,
        "{table}"
    );
    assert_eq!(figures["own_mattes"]["why"], "marked");
    let warning = figures["own_mattes"]["warning"].as_str().unwrap();
    assert!(warning.contains("12 of 12 mattes were written by `frosted matte`"));
    // Whoever painted the clip.
    assert!(
        warning.contains("by frosted's opinion of where the person is")
            && warning.contains("if frosted painted the clip, by its own"),
        "{warning}"
    );
    assert!(page.contains("12 of 12 mattes"));
    headed(&page, "by frosted's own mattes");
    // One among others is one too many, and takes the worth from no other frame.
    fs::copy(at("own/000003.png"), at("masks/00003.png")).unwrap();
    let (table, _, page) = said("narrow.y4m", "masks");
    let warning = "1 of 12 mattes was written by `frosted matte`, so that frame is judged by";
    assert!(table.contains(warning), "{table}");
    headed(&page, "in part by frosted's own mattes");
    fs::copy(at("own/000004.png"), at("masks/00004.png")).unwrap();
    let warning = "2 of 12 mattes were written by `frosted matte`, so those frames are judged by";
    let (table, ..) = said("narrow.y4m", "masks");
    assert!(table.contains(warning), "{table}");

    // Whoever takes the figures alone is told, too.
    let arguments = [
        "audit",
        "original.y4m",
        "narrow.y4m",
        "--mask",
        "own",
        "--json",
        "-",
    ];
    let output = run(folder.path(), &arguments);
    assert!(
        stderr(&output).contains("warning: 12 of 12 mattes"),
        "{}",
        stderr(&output)
    );
}

/// Alpha of a person who begins half transparent and is whole 16 px on.
fn soft_alpha(t: usize, x: usize, y: usize) -> f32 {
    let left = 110 + 4 * t;
    if !is_person(t, x, y) {
        return 0.0;
    }
    let inside = (x - left).min(left + 89 - x) as f32 + 0.5;
    (0.5 + inside / 32.0).min(1.0)
}

fn soft_original(t: usize, x: usize, y: usize) -> u8 {
    let alpha = soft_alpha(t, x, y);
    (alpha * 200.0 + (1.0 - alpha) * f32::from(room(x, y))).round() as u8
}

fn soft_protected(t: usize, x: usize, y: usize) -> u8 {
    let alpha = soft_alpha(t, x, y);
    (alpha * f32::from(soft_original(t, x, y)) + (1.0 - alpha) * 128.0).round() as u8
}

#[test]
fn each_part_of_the_fringe_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("original.y4m"), clip(soft_original)).unwrap();
    fs::write(at("soft.y4m"), clip(soft_protected)).unwrap();
    mattes_of(&at("masks"), FRAMES, |t, x, y| {
        (255.0 * soft_alpha(t, x, y)).round() as u8
    });
    let arguments = ["audit", "original.y4m", "soft.y4m", "--mask", "masks"];
    let output = succeeds(run(folder.path(), &arguments));
    let table = String::from_utf8(output.stdout).unwrap();
    let line = table.lines().find(|line| line.contains(" fringe "));
    let (_, parts) = line.unwrap().split_once('(').unwrap();
    let parts: Vec<_> = parts.split(", ").collect();
    assert!(parts[0].ends_with(" outside"), "{table}");
    assert!(parts[1].ends_with(" % in the middle"), "{table}");
    assert!(parts[2].ends_with(" % inside"), "{table}");
    // It is cut out by these mattes, and that is what the fringe is then.
    let remark = table.lines().find(|line| line.starts_with("note: "));
    assert!(
        remark
            .unwrap()
            .contains("the clip is cut out along these mattes"),
        "{table}"
    );
}

#[test]
fn reports_hold_the_names_of_files_and_not_where_they_lie() {
    let folder = planted();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (original, protected, masks) = (at("original.y4m"), at("good.y4m"), at("masks"));
    let (page, figures) = (at("a.html"), at("a.json"));
    let arguments = [
        "audit", &original, &protected, "--mask", &masks, "--html", &page, "--json", &figures,
    ];
    succeeds(run(folder.path(), &arguments));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("<dd>original.y4m</dd>") && html.contains("<dd>good.y4m</dd>"));
    assert!(html.contains("<title>Audit of good.y4m: "));
    let folder = folder.path().display().to_string();
    assert!(!html.contains(&folder));
    assert!(!fs::read_to_string(&figures).unwrap().contains(&folder));
    assert!(!html.contains("programme"));
}

#[test]
fn containers_are_read_through_ffmpeg() {
    if !support::has_ffmpeg("containers_are_read_through_ffmpeg") {
        return;
    }
    let folder = planted();
    for name in ["original", "bad"] {
        let made = std::process::Command::new("ffmpeg")
            .args([
                "-loglevel",
                "error",
                "-i",
                &format!("{name}.y4m"),
                "-c:v",
                "ffv1",
            ])
            .arg(format!("{name}.mkv"))
            .current_dir(folder.path())
            .status()
            .unwrap();
        if !made.success() {
            return skipped("this ffmpeg does not code FFV1");
        }
    }
    let audit = |original: &str, protected: &str| {
        let arguments = [
            "audit", original, protected, "--mask", "masks", "--json", "-",
        ];
        json(&run(folder.path(), &arguments).stdout)
    };
    let (direct, through) = (
        audit("original.y4m", "bad.y4m"),
        audit("original.mkv", "bad.mkv"),
    );
    assert_eq!(direct["leak"], through["leak"]);
}
