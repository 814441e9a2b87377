//! `quality`: how close mattes are to the true ones, on bundled material, into docs/MATTE.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use crate::commands::{library_or_reason, program, with_library};
use crate::workspace::{cargo, root, step, target_dir};

const DOC: &str = "docs/MATTE.md";
/// The table stands between these lines.
const BEGIN: &str = "<!-- figures: written by cargo xtask quality -->";
const END: &str = "<!-- end of figures -->";

/// MediaPipe's networks, by the names that its script takes.
const NETWORKS: [&str; 2] = ["general", "landscape"];

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options<'a> {
    /// A Python that has MediaPipe.
    python: Option<&'a str>,
    /// A folder of scenes other than the bundled ones.
    data: Option<&'a str>,
    /// For `frosted quality`.
    others: &'a [&'a str],
}

impl<'a> Options<'a> {
    /// Reads `[--mediapipe PYTHON] [--data DIR] [-- OPTIONS]`; none if it is something else.
    pub(crate) fn parse(mut arguments: &'a [&'a str]) -> Option<Self> {
        let mut options = Self::default();
        loop {
            arguments = match arguments {
                [] => return Some(options),
                ["--", others @ ..] => {
                    options.others = others;
                    return Some(options);
                }
                ["--mediapipe", python, rest @ ..] => {
                    options.python = Some(python);
                    rest
                }
                ["--data", data, rest @ ..] => {
                    options.data = Some(data);
                    rest
                }
                _ => return None,
            };
        }
    }

    /// The published table is that of the bundled scenes and nothing else.
    fn is_published(&self) -> bool {
        self.data.is_none() && self.others.is_empty()
    }

    fn command(&self) -> String {
        let mediapipe = self.python.map_or("", |_| " --mediapipe PYTHON");
        format!("cargo xtask quality{mediapipe}")
    }
}

pub(crate) fn run(options: &Options<'_>) -> ExitCode {
    match measure(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => code,
    }
}

fn measure(options: &Options<'_>) -> Result<(), ExitCode> {
    let library = library_or_reason();
    let build = ["build", "--release", "--package", "frosted-app", "--bins"];
    step(
        "build the program and the maker of scenes",
        cargo(&build).args(["--example", "keyed_scenes"]),
    )?;
    let folder = target_dir().join("quality");
    let scenes = match options.data {
        Some(data) => PathBuf::from(data),
        None => make_scenes(&folder)?,
    };
    let mut command = Command::new(program());
    command.arg("quality").arg("--data").arg(&scenes);
    if let Some(python) = options.python {
        for network in NETWORKS {
            let masks = folder.join(format!("mediapipe-{network}"));
            mediapipe(python, network, &scenes, &masks)?;
            let name = format!("MediaPipe {network}={}", masks.display());
            command.arg("--against").arg(name);
        }
    }
    let networks = ["--model", "landscape", "--model", "quality"];
    let has_networks = options
        .others
        .iter()
        .any(|option| option.starts_with("--model"));
    command.args(networks.iter().filter(|_| !has_networks));
    command.args(options.others);
    with_library(&mut command, library.as_ref());
    let table = output_of("measure", &mut command)?;
    println!("{table}");
    if options.is_published() {
        let lines = format!("{table}\n\n{}\n", machine(options));
        publish(&lines).map_err(|error| {
            eprintln!("{DOC}: {error}");
            ExitCode::FAILURE
        })?;
        eprintln!("written into {DOC}");
    }
    Ok(())
}

fn make_scenes(folder: &Path) -> Result<PathBuf, ExitCode> {
    let scenes = folder.join("scenes");
    let maker = program().with_file_name("examples").join("keyed_scenes");
    let maker = maker.with_extension(std::env::consts::EXE_EXTENSION);
    step("make the scenes", Command::new(maker).arg(&scenes))?;
    Ok(scenes)
}

fn mediapipe(python: &str, network: &str, scenes: &Path, masks: &Path) -> Result<(), ExitCode> {
    // Masks of an earlier run, of other scenes, would be measured along.
    let _ = fs::remove_dir_all(masks);
    let failed = |error: std::io::Error| {
        eprintln!("{}: {error}", scenes.display());
        ExitCode::FAILURE
    };
    let script = root().join("benches/peers/mediapipe_masks.py");
    let mut command = Command::new(python);
    command.arg(script).arg(masks).arg(network);
    for entry in fs::read_dir(scenes).map_err(failed)? {
        let scene = entry.map_err(failed)?.path();
        if has_clip(&scene) {
            command.arg(scene);
        }
    }
    step(&format!("MediaPipe's masks, {network}"), &mut command)
}

fn has_clip(scene: &Path) -> bool {
    fs::read_dir(scene).is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| {
                let path = entry.path();
                path.is_file() && path.file_stem().is_some_and(|stem| stem == "original")
            })
        })
    })
}

/// What a step says on its standard output.
fn output_of(title: &str, command: &mut Command) -> Result<String, ExitCode> {
    eprintln!("\n== {title}");
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()),
        Ok(output) => {
            eprintln!("failed: {title}: {}", output.status);
            Err(ExitCode::FAILURE)
        }
        Err(error) => {
            eprintln!("failed: {title}: {error}");
            Err(ExitCode::FAILURE)
        }
    }
}

/// One line: by which command, on what, built by what, and which MediaPipe.
fn machine(options: &Options<'_>) -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let processor = processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let rustc = first_words(2, Command::new("rustc").arg("--version"));
    let mediapipe = options.python.map_or_else(String::new, |python| {
        let asked = "import mediapipe; print(mediapipe.__version__)";
        let version = first_words(1, Command::new(python).args(["-c", asked]));
        format!(", MediaPipe {version}")
    });
    let command = options.command();
    format!("`{command}`, {cores} cores of {processor}, {rustc}{mediapipe}.")
}

/// The first words that a program says, empty if it cannot be started.
fn first_words(count: usize, command: &mut Command) -> String {
    let said = command.output().map(|output| output.stdout);
    let said = said.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let words = said.split_whitespace().take(count);
    words.collect::<Vec<_>>().join(" ")
}

fn publish(figures: &str) -> std::io::Result<()> {
    let path = root().join(DOC);
    let doc = fs::read_to_string(&path)?;
    let new = replaced(&doc, figures).ok_or_else(|| {
        std::io::Error::other(format!("has no lines \"{BEGIN}\" and \"{END}\" in it"))
    })?;
    fs::write(path, new)
}

fn replaced(doc: &str, figures: &str) -> Option<String> {
    let (before, rest) = doc.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{figures}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_put_between_their_lines_and_again() {
        let doc = format!("# Title\n\n{BEGIN}\nold\n{END}\nrest\n");
        let once = replaced(&doc, "new\n").unwrap();
        assert_eq!(once, format!("# Title\n\n{BEGIN}\n\nnew\n\n{END}\nrest\n"));
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
        assert_eq!(replaced("# Title\n", "new\n"), None);
    }

    #[test]
    fn the_document_has_a_place_for_figures() {
        let doc = fs::read_to_string(root().join(DOC)).unwrap();
        assert!(replaced(&doc, "").is_some());
    }

    #[test]
    fn options_are_read_or_refused() {
        let arguments = ["--mediapipe", "py", "--data", "d", "--", "--json", "-"];
        let options = Options::parse(&arguments).unwrap();
        assert_eq!((options.python, options.data), (Some("py"), Some("d")));
        assert_eq!(options.others, ["--json", "-"]);
        assert!(!options.is_published());
        assert!(
            Options::parse(&["--mediapipe", "py"])
                .unwrap()
                .is_published()
        );
        assert_eq!(Options::parse(&["--mediapipe"]), None);
        assert_eq!(Options::parse(&["table"]), None);
    }
}
