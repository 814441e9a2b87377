//! `package-check`: what `cargo package` would publish.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};

use crate::workspace::{cargo, root};

/// What every package may hold.
const WANTED: [&str; 8] = [
    "Cargo.toml",
    "Cargo.toml.orig",
    "Cargo.lock",
    ".cargo_vcs_info.json",
    "README.md",
    "CHANGELOG.md",
    "NOTICE",
    "LICENSE-*",
];
/// Folders that may hold Rust files.
const RUST_FOLDERS: [&str; 4] = ["src/", "tests/", "benches/", "examples/"];

/// What one package may hold besides, and what it has to hold.
struct Rule {
    package: &'static str,
    also: &'static [&'static str],
    required: &'static [&'static str],
}

const RULES: [Rule; 4] = [
    Rule {
        package: "frosted",
        also: &[],
        required: &[
            "README.md",
            "CHANGELOG.md",
            "NOTICE",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "src/lib.rs",
        ],
    },
    Rule {
        package: "frosted-models",
        also: &["files/*.onnx", "files/*.toml", "CARD-*.md"],
        required: &[
            "README.md",
            "NOTICE",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "src/lib.rs",
            "files/selfie_landscape_256x144.onnx",
            "files/selfie_landscape_256x144.toml",
            "CARD-selfie_landscape_256x144.md",
            "files/selfie_general_320x192.onnx",
            "files/selfie_general_320x192.toml",
            "CARD-selfie_general_320x192.md",
            "files/face_short_range_128.onnx",
            "files/face_short_range_128.toml",
            "CARD-face_short_range_128.md",
        ],
    },
    Rule {
        package: "frosted-core",
        also: &["assets/*"],
        required: &["assets/DEJAVU-LICENSE", "assets/dejavu-sans-subset.ttf"],
    },
    Rule {
        package: "frosted-gpu",
        also: &["src/shaders/*.wgsl"],
        required: &[
            "src/shaders/alpha.wgsl",
            "src/shaders/behind.wgsl",
            "src/shaders/check.wgsl",
            "src/shaders/frame.wgsl",
            "src/shaders/paint.wgsl",
            "src/shaders/painted.wgsl",
            "src/shaders/reduce.wgsl",
        ],
    },
];

/// Lists each package that is published and says what is wrong with it.
pub(crate) fn check() -> ExitCode {
    let packages = match published() {
        Ok(packages) => packages,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let mut wrong = 0;
    for package in &packages {
        let complaints = match listing(package) {
            Ok(files) => {
                println!("{package}: {} files", files.len());
                complaints(package, &files)
            }
            Err(reason) => vec![reason],
        };
        for complaint in &complaints {
            eprintln!("{package}: {complaint}");
        }
        wrong += complaints.len();
    }
    for rule in RULES.iter().filter(|rule| !packages.contains(rule.package)) {
        eprintln!("{}: is not published, but has a rule here", rule.package);
        wrong += 1;
    }
    if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn complaints(package: &str, files: &[String]) -> Vec<String> {
    let rule = RULES.iter().find(|rule| rule.package == package);
    let (also, required) = rule.map_or((&[][..], &[][..]), |rule| (rule.also, rule.required));
    let unwanted = files
        .iter()
        .filter(|file| {
            !is_rust(file)
                && !WANTED
                    .iter()
                    .chain(also)
                    .any(|pattern| matches(pattern, file))
        })
        .map(|file| format!("holds {file}, which no rule wants"));
    let missing = required
        .iter()
        .filter(|required| !files.iter().any(|file| file == *required))
        .map(|required| format!("does not hold {required}"));
    unwanted.chain(missing).collect()
}

fn is_rust(file: &str) -> bool {
    file.ends_with(".rs") && RUST_FOLDERS.iter().any(|folder| file.starts_with(folder))
}

/// One `*` stands for any characters but `/`.
fn matches(pattern: &str, file: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else {
        return pattern == file;
    };
    let middle = file
        .strip_prefix(start)
        .and_then(|rest| rest.strip_suffix(end));
    middle.is_some_and(|middle| !middle.contains('/'))
}

/// Names of the workspace's packages that do not say `publish = false`.
fn published() -> Result<BTreeSet<String>, String> {
    let mut manifests: Vec<PathBuf> = ["", "models", "xtask"]
        .iter()
        .map(|dir| root().join(dir))
        .collect();
    let crates = root().join("crates");
    let entries =
        fs::read_dir(&crates).map_err(|error| format!("{}: {error}", crates.display()))?;
    manifests.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    let mut names = BTreeSet::new();
    for dir in manifests {
        let path = dir.join("Cargo.toml");
        let manifest =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        names.extend(published_name(&manifest));
    }
    Ok(names)
}

/// Name in the `[package]` table, unless it says `publish = false`.
fn published_name(manifest: &str) -> Option<String> {
    let (_, package) = manifest.split_once("[package]\n")?;
    let package = package.split("\n[").next().unwrap_or(package);
    let value = |key: &str| {
        package.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    match value("publish").as_deref() {
        Some("false") => None,
        _ => value("name"),
    }
}

fn listing(package: &str) -> Result<Vec<String>, String> {
    let output = cargo(&[
        "package",
        "--list",
        "--allow-dirty",
        "--quiet",
        "--package",
        package,
    ])
    .stderr(Stdio::inherit())
    .output()
    .map_err(|error| format!("cargo package could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo package --list: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| line.replace('\\', "/")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(files: &[&str]) -> Vec<String> {
        files.iter().map(|file| (*file).to_owned()).collect()
    }

    fn models() -> Vec<String> {
        listed(RULES[1].required)
    }

    #[test]
    fn what_the_rule_names_is_enough() {
        assert_eq!(
            complaints("frosted-models", &models()),
            Vec::<String>::new()
        );
    }

    #[test]
    fn unwanted_files_are_named() {
        let cases = [
            "make/make.py",
            "examples/data/webcam.mjpeg",
            "files/selfie_landscape_256x144.onnx.part",
            "files/deep/other.onnx",
            "src/notes.md",
            "Cargo.lock.bak",
        ];
        for case in cases {
            let mut files = models();
            files.push(case.to_owned());
            let found = complaints("frosted-models", &files);
            assert_eq!(
                found,
                [format!("holds {case}, which no rule wants")],
                "{case}"
            );
        }
    }

    #[test]
    fn each_required_file_is_missed() {
        for rule in &RULES {
            for missing in rule.required {
                let mut files = listed(rule.required);
                files.retain(|file| file != missing);
                let found = complaints(rule.package, &files);
                assert_eq!(
                    found,
                    [format!("does not hold {missing}")],
                    "{}",
                    rule.package
                );
            }
        }
    }

    #[test]
    fn published_names() {
        let cases = [
            ("[package]\nname = \"a\"\n", Some("a")),
            (
                "[workspace]\n\n[package]\nname = \"a\"\n\n[[bin]]\nname = \"b\"\n",
                Some("a"),
            ),
            (
                "[package]\nname = \"a\"\npublish = false\n[dependencies]\n",
                None,
            ),
            ("[workspace]\nmembers = []\n", None),
        ];
        for (manifest, name) in cases {
            assert_eq!(published_name(manifest).as_deref(), name, "{manifest}");
        }
    }
}
