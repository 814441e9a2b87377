//! `numbers`: every published figure from one run, beside the peers, into docs/BENCHMARKS.md and the README.

mod beside;
mod clips;
mod figures;
mod live;
mod machine;
mod page;
mod peers;
mod plan;
mod plot;
mod plots;
mod publish;
mod run;
mod start;
mod tables;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::commands::{library_or_reason, program};
use crate::workspace::{cargo, step, target_dir};

use figures::Figures;
use peers::Peers;
use plan::Case;

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options<'a> {
    /// Fewer sizes, frames and rounds, to see that it works; not published.
    quick: bool,
    /// A part of the names of the cases that are run; not published then.
    only: Option<&'a str>,
    /// How often each case is run; an odd number has a median that occurred.
    rounds: Option<usize>,
}

impl<'a> Options<'a> {
    /// Reads `[--quick] [--only NAME] [--rounds N]`; none if it is something else.
    pub(crate) fn parse(mut arguments: &[&'a str]) -> Option<Self> {
        let mut options = Self::default();
        loop {
            arguments = match arguments {
                [] => return Some(options),
                ["--quick", rest @ ..] => {
                    options.quick = true;
                    rest
                }
                ["--only", name, rest @ ..] => {
                    options.only = Some(name);
                    rest
                }
                ["--rounds", rounds, rest @ ..] => {
                    options.rounds = Some(rounds.parse().ok().filter(|rounds| *rounds > 0)?);
                    rest
                }
                _ => return None,
            };
        }
    }

    fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 2 } else { 3 })
    }

    /// The published figures are those of all cases.
    fn is_published(&self) -> bool {
        !self.quick && self.only.is_none()
    }
}

/// Where clips, raw results and Python's packages are.
fn folder() -> PathBuf {
    target_dir().join("numbers")
}

pub(crate) fn run(options: &Options<'_>) -> ExitCode {
    match measure(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Step(code)) => code,
        Err(Stop::Because(reason)) => {
            eprintln!("numbers: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Why the figures were not measured, or not published.
enum Stop {
    /// A step failed and has said so.
    Step(ExitCode),
    Because(String),
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

fn measure(options: &Options<'_>) -> Result<(), Stop> {
    let library = library_or_reason();
    let cases = plan::cases(options.quick);
    let names: Vec<String> = cases.iter().map(Case::name).collect();
    let mut left_out = Vec::new();
    let mut cases: Vec<_> = cases
        .into_iter()
        .filter(|case| options.only.is_none_or(|part| case.name().contains(part)))
        .collect();
    if library.is_none() {
        cases.retain(|case| !case.needs_onnxruntime());
        left_out.push("ONNX Runtime is missing".to_owned());
    }
    let peers = if cases.iter().any(|case| matches!(case, Case::Peer(_))) {
        match Peers::find() {
            Ok(peers) => Some(peers),
            Err(reason) => {
                eprintln!("the peers are left out: {reason}");
                cases.retain(|case| !matches!(case, Case::Peer(_)));
                left_out.push(format!("the peers are missing: {reason}"));
                None
            }
        }
    } else {
        None
    };
    if cases.is_empty() {
        let reason = match left_out.as_slice() {
            [] => format!(
                "no case has \"{}\" in its name; the cases are:\n{}",
                options.only.unwrap_or(""),
                names.join("\n")
            ),
            reasons => format!("nothing is left to run: {}", reasons.join("; ")),
        };
        return Err(reason.into());
    }
    if options.is_published() && !left_out.is_empty() {
        // Minutes before the same would have to be said at the end.
        let reasons = left_out.join("; ");
        return Err(format!(
            "nothing could be published: {reasons}; --quick or --only measure the rest"
        )
        .into());
    }
    let build = ["build", "--release", "--package", "frosted-app"];
    step("build the program", &mut cargo(&build)).map_err(Stop::Step)?;
    clips::make(&cases)?;
    let run = run::Runner {
        library,
        python: peers.as_ref().map(|peers| peers.python.clone()),
        core: machine::core_for_one_thread(),
    };
    let mut figures = Figures::new(machine::facts(options, peers.as_ref()));
    figures.add("binary", binary_size());
    let before = machine::Ticks::now();
    left_out.extend(run.all(&cases, options.rounds(), &mut figures));
    let others = machine::Ticks::now().zip(before);
    let others = others.and_then(|(after, before)| after.cores_of_others_since(before));
    figures.facts["cores_of_others"] = others.into();
    let results = folder().join("results.json");
    let wrong =
        |path: &std::path::Path, error: std::io::Error| format!("{}: {error}", path.display());
    fs::write(&results, format!("{:#}\n", figures.to_json()))
        .map_err(|error| wrong(&results, error))?;
    let page = page::page(&figures);
    println!("{}\n\n{page}", beside::readme(&figures));
    eprintln!("\nraw results: {}", results.display());
    if !left_out.is_empty() {
        return Err(format!("nothing was published: {}", left_out.join("; ")).into());
    }
    if options.is_published() {
        publish::all(&figures, &page)?;
    } else {
        eprintln!("not published: a part of the cases, or a quick run");
    }
    Ok(())
}

/// Bytes of the program as it is installed, and without what only a debugger reads.
fn binary_size() -> serde_json::Value {
    let stripped = folder().join("frosted-stripped");
    let bytes = |path: &PathBuf| fs::metadata(path).map(|metadata| metadata.len()).ok();
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&stripped)
        .arg(program())
        .status();
    let strip = strip.is_ok_and(|status| status.success());
    serde_json::json!({
        "stripped_bytes": strip.then(|| bytes(&stripped)).flatten(),
        "bytes": bytes(&program()),
        "mjpeg_picture_bytes": clips::mjpeg_picture_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_refused() {
        let options = Options::parse(&["--quick", "--only", "peer", "--rounds", "5"]).unwrap();
        assert_eq!((options.quick, options.only), (true, Some("peer")));
        assert_eq!(options.rounds(), 5);
        assert!(!options.is_published());
        assert!(Options::parse(&["--rounds", "5"]).unwrap().is_published());
        assert!(!Options::parse(&["--only", "x"]).unwrap().is_published());
        for wrong in [
            &["--only"][..],
            &["--rounds", "0"],
            &["--rounds", "many"],
            &["quick"],
        ] {
            assert_eq!(Options::parse(wrong), None, "{wrong:?}");
        }
    }
}
