//! `instructions`: how many instructions the pixel work takes, which no other load on the
//! machine changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode};

use crate::workspace::{cargo, root, step, target_dir};

const FORMATS: [&str; 5] = ["nv12", "i420", "yuyv", "bgr24", "rgba"];
/// Valgrind knows no AVX-512.
const LEVELS: [&str; 2] = ["common", "avx2"];
const STAGES: [&str; 2] = ["reduce", "paint"];
/// Counted twice, so that what is done once falls out.
const FRAMES: [u64; 2] = [1, 3];
/// By this share a count may grow: compilers differ.
const MOST_GROWTH: f64 = 0.1;
/// To less than this share of it no count falls unnoticed: work that is not done any more takes
/// no instructions.
const LEAST_LEFT: f64 = 0.5;
const BASELINE: &str = "xtask/instructions.txt";

type Counts = BTreeMap<String, u64>;

/// Counts, prints and compares with the baseline; with `update` writes it instead.
pub(crate) fn run(update: bool) -> ExitCode {
    let mut build = cargo(&["build", "--release", "--package", "frosted-cpu"]);
    build.args(["--example", "pixel_work"]);
    if let Err(code) = step("build the pixel work", &mut build) {
        return code;
    }
    let counts = match count_all() {
        Ok(counts) => counts,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let path = root().join(BASELINE);
    if update {
        return match fs::write(&path, to_text(&counts)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                ExitCode::FAILURE
            }
        };
    }
    let baseline = match fs::read_to_string(&path) {
        Ok(text) => from_text(&text),
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    let complaints = compare(&baseline, &counts);
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        eprintln!("if it is worth that: cargo xtask instructions --update");
        ExitCode::FAILURE
    }
}

fn count_all() -> Result<Counts, String> {
    let mut counts = Counts::new();
    println!("thousands of instructions a frame of 1280x720");
    for format in FORMATS {
        for level in LEVELS {
            let mut before = 0;
            for stage in STAGES {
                let [few, more] = FRAMES.map(|frames| count(format, level, stage, frames));
                let frames = FRAMES[1] - FRAMES[0];
                let all = more?.saturating_sub(few?) / frames / 1000;
                let own = all.saturating_sub(before);
                before = all;
                println!("{format:6} {level:7} {stage:7} {own:6}");
                counts.insert(format!("{format} {level} {stage}"), own);
            }
        }
    }
    Ok(counts)
}

/// Instructions of a whole run.
fn count(format: &str, level: &str, stage: &str, frames: u64) -> Result<u64, String> {
    let program = target_dir().join("release/examples/pixel_work");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(program).args([format, level, stage]);
    let output = valgrind.arg(frames.to_string()).output();
    let output = output.map_err(|error| format!("valgrind could not be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("valgrind: {}\n{said}", output.status));
    }
    collected(&said).ok_or_else(|| format!("valgrind did not say what it counted:\n{said}"))
}

fn collected(said: &str) -> Option<u64> {
    let (_, count) = said.split_once("Collected :")?;
    count.lines().next()?.trim().parse().ok()
}

fn to_text(counts: &Counts) -> String {
    let head =
        "# Thousands of instructions a frame of 1280x720: cargo xtask instructions --update\n";
    counts
        .iter()
        .fold(head.to_owned(), |mut text, (name, count)| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name} {count}");
            text
        })
}

fn from_text(text: &str) -> Counts {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let counts = lines.filter_map(|line| {
        let (name, count) = line.rsplit_once(' ')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    counts.collect()
}

fn compare(baseline: &Counts, counts: &Counts) -> Vec<String> {
    let changed = counts.iter().filter_map(|(name, &count)| {
        let Some(&before) = baseline.get(name) else {
            return Some(format!("{name}: the baseline has no count"));
        };
        let (least, most) = (
            before as f64 * LEAST_LEFT,
            before as f64 * (1.0 + MOST_GROWTH),
        );
        (!(least..=most).contains(&(count as f64))).then(|| {
            format!(
                "{name}: {count} thousand instructions a frame, {least:.0} to {most:.0} are right"
            )
        })
    });
    let missing = baseline.keys().filter(|name| !counts.contains_key(*name));
    let missing = missing.map(|name| format!("{name}: is in the baseline and was not counted"));
    changed.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_valgrind_says_is_read() {
        let said = "==7== Events    : Ir\n==7== Collected : 174713357\n==7==\n";
        assert_eq!(collected(said), Some(174_713_357));
        assert_eq!(collected("==7== killed"), None);
    }

    #[test]
    fn a_baseline_reads_as_it_was_written() {
        let counts = Counts::from([("nv12 avx2 paint".to_owned(), 1234)]);
        assert_eq!(from_text(&to_text(&counts)), counts);
    }

    #[test]
    fn growth_work_left_out_and_what_is_missing_are_complained_about() {
        let counts = |count| Counts::from([("nv12 avx2 paint".to_owned(), count)]);
        assert!(compare(&counts(1000), &counts(1099)).is_empty());
        assert!(compare(&counts(1000), &counts(500)).is_empty());
        assert_eq!(compare(&counts(1000), &counts(499)).len(), 1);
        assert_eq!(compare(&counts(1000), &counts(0)).len(), 1);
        assert_eq!(compare(&counts(1000), &counts(1101)).len(), 1);
        assert_eq!(compare(&Counts::new(), &counts(1)).len(), 1);
        assert_eq!(compare(&counts(1), &Counts::new()).len(), 1);
    }
}
