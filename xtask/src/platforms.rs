//! `check-platforms`: type-checks the code of Windows and macOS on Linux.
//!
//! It takes a compiler that can build the standard library itself: that of Debian's `rustc-web` with the library's
//! source, unpacked beside the build and not installed. Nothing is linked, so neither system's libraries are needed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use crate::workspace::{cargo, step, target_dir};

/// What is checked for.
const TARGETS: [&str; 2] = ["x86_64-pc-windows-msvc", "aarch64-apple-darwin"];

/// What is checked, with everything that it depends on. With features that other systems have, too.
const PACKAGES: [&str; 3] = ["frosted", "frosted-camera", "frosted-app"];
const FEATURES: &str = "frosted/camera,frosted/image,frosted/landscape,frosted/gpu";

/// The Debian packages to begin with.
const COMPILER: [&str; 2] = ["rustc-web", "rust-web-src"];

/// Beginnings of the names of packages that those need and that are taken along.
const PARTS: [&str; 2] = ["libstd-rust-web", "libllvm"];

/// What LLVM needs and a small system may lack.
const LIBRARIES: [&str; 8] = [
    "libbsd", "libedit", "libicu", "libmd", "libtinfo", "libxml2", "libz3", "libzstd",
];

/// Crates whose build scripts compile C for the target need a C compiler only to be linked. This one writes empty
/// objects: the dependency objc_exception of nokhwa on macOS is the only such crate.
const C_COMPILER: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then : >"$2"; fi
    shift
done
"#;

/// Type-checks every target; warnings are errors.
pub(crate) fn check() -> ExitCode {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!(
            "check-platforms needs Debian on x86-64: it takes the compiler from its packages"
        );
        return ExitCode::FAILURE;
    }
    let folder = target_dir().join("platforms");
    match compiler(&folder).and_then(|usr| Ok((usr, c_compiler(&folder)?))) {
        Ok((usr, c_compiler)) => finish(step(
            &format!("type check for {}", TARGETS.join(" and ")),
            &mut check_command(&folder, &usr, &c_compiler),
        )),
        Err(reason) => {
            eprintln!("the code of other systems cannot be checked: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn finish(result: Result<(), ExitCode>) -> ExitCode {
    result.err().unwrap_or(ExitCode::SUCCESS)
}

fn check_command(folder: &Path, usr: &Path, c_compiler: &Path) -> Command {
    let mut command = cargo(&["check", "--locked", "--features", FEATURES]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    for target in TARGETS {
        let name = target.replace('-', "_");
        command.args(["--target", target]);
        command.env(format!("CC_{name}"), c_compiler);
        command.env(format!("AR_{name}"), "true");
    }
    // The build of the standard library, and warnings as errors for the workspace's own packages alone, are not yet
    // in the stable cargo.
    command.args(["-Zbuild-std=std,panic_abort", "-Zwarnings"]);
    command.args(["--config", "build.warnings='deny'"]);
    // Macros and build scripts run for a moment only.
    command.args(["--config", "profile.dev.package.'*'.opt-level=0"]);
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", usr.join("bin/rustc"))
        .env("LD_LIBRARY_PATH", libraries(usr))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER");
    command
}

fn c_compiler(folder: &Path) -> Result<PathBuf, String> {
    let path = folder.join("no-c-compiler");
    fs::write(&path, C_COMPILER).map_err(|error| format!("{}: {error}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(path)
}

fn libraries(usr: &Path) -> PathBuf {
    usr.join("lib/x86_64-linux-gnu")
}

/// The folder `usr` with a compiler that runs; its packages are fetched where it is missing.
fn compiler(folder: &Path) -> Result<PathBuf, String> {
    let unpacked = folder.join("root");
    let usr = unpacked.join("usr");
    if runs(&usr).is_ok() {
        return Ok(usr);
    }
    eprintln!(
        "getting the compiler of Debian's {} into {}",
        COMPILER[0],
        folder.display()
    );
    fetch(folder, &unpacked, &PARTS)?;
    if runs(&usr).is_err() {
        let names: Vec<&str> = PARTS.into_iter().chain(LIBRARIES).collect();
        fetch(folder, &unpacked, &names)?;
    }
    runs(&usr).map(|()| usr)
}

fn runs(usr: &Path) -> Result<(), String> {
    let source = usr.join("lib/rustlib/src/rust/library/std/Cargo.toml");
    if !source.is_file() {
        return Err(format!("{} is missing", source.display()));
    }
    let mut rustc = Command::new(usr.join("bin/rustc"));
    rustc
        .arg("--version")
        .env("LD_LIBRARY_PATH", libraries(usr));
    output_of(&mut rustc).map(|_| ())
}

/// Downloads and unpacks the compiler's packages and those they need whose names begin so.
fn fetch(folder: &Path, unpacked: &Path, beginnings: &[&str]) -> Result<(), String> {
    let packages = packages(beginnings)?;
    let downloads = folder.join("packages");
    for dir in [&downloads, unpacked] {
        fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    let mut download = Command::new("apt-get");
    download.args(["download", "-qq"]).args(&packages);
    output_of(download.current_dir(&downloads))?;
    let files = fs::read_dir(&downloads).map_err(|error| error.to_string())?;
    for file in files.flatten() {
        let mut unpack = Command::new("dpkg");
        output_of(unpack.arg("-x").arg(file.path()).arg(unpacked))?;
    }
    // What was unpacked is kept, 1 GB; the packages are not needed again.
    fs::remove_dir_all(&downloads).map_err(|error| format!("{}: {error}", downloads.display()))
}

/// The compiler's packages and those that they need, directly or not, whose names begin so.
fn packages(beginnings: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = COMPILER.map(str::to_owned).to_vec();
    while let Some(package) = open.pop() {
        if !found.insert(package.clone()) {
            continue;
        }
        let mut depends = Command::new("apt-cache");
        let listing = output_of(depends.args(["depends", "--important", &package])).map_err(|error| {
            format!("{error}\napt knows no package {package}: run apt-get update as root; Debian 12 with its security updates has it")
        })?;
        open.extend(needed(&listing, beginnings));
    }
    Ok(found)
}

/// The names in the lines "  Depends: NAME" that begin in one of these ways.
fn needed(listing: &str, beginnings: &[&str]) -> Vec<String> {
    let names = listing
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "));
    names
        .filter(|name| beginnings.iter().any(|start| name.starts_with(start)))
        .map(str::to_owned)
        .collect()
}

/// Runs a program to its end; an error has its last words.
fn output_of(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        format!(
            "{program} cannot be started: {error}; apt-get and dpkg are of Debian and its relatives"
        )
    })?;
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&stderr);
    Err(format!("{program}: {status}: {}", stderr.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_compilers_own_parts_are_needed() {
        let listing = "rustc-web\n  Depends: libc6\n  Depends: libstd-rust-web-dev\n  Depends: <libc-dev>\n    \
                       libc6-dev\n  Conflicts: rustc\n  Depends: libllvm22\n";
        assert_eq!(
            needed(listing, &PARTS),
            ["libstd-rust-web-dev", "libllvm22"]
        );
        assert!(needed(listing, &LIBRARIES).is_empty());
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let error = output_of(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"]));
        let error = error.unwrap_err();
        assert!(
            error.contains("no such thing") && error.contains('3'),
            "{error}"
        );
        let error = output_of(&mut Command::new("no-such-program")).unwrap_err();
        assert!(error.contains("no-such-program"), "{error}");
    }
}
