//! `test --cameras`, `test --browser` and `soak`: what runs on the V4L2 devices of the virtual machine of tests/guest.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::commands::{library_or_reason, with_library};
use crate::workspace::{ORT_DYLIB_PATH, cargo, root, step, target_dir};

/// Ends a run that hangs; the tests take less than half of it.
const TESTS_SECONDS: u64 = 480;

/// A browser takes its time to start on one processor.
const BROWSER_SECONDS: u64 = 240;

/// What a run of the guest is given.
struct Guest<'a> {
    /// Ends it after so long.
    seconds: u64,
    /// Which v4l2loopback: "older" or "newer".
    loopback: &'a str,
    /// Variables, as "NAME" or "NAME=VALUE".
    variables: &'a [String],
}

/// Runs the tests of real devices: all of them with the loopback of Debian 12, those of viewers with the newer one too.
pub(crate) fn test() -> ExitCode {
    finish(prepared().and_then(|()| {
        let program = test_program()?;
        let required = ["FROSTED_REQUIRE_CAMERAS=1".to_owned()];
        let older = Guest {
            seconds: TESTS_SECONDS,
            loopback: "older",
            variables: &required,
        };
        let alone = |program: &OsString| [program.clone(), "--test-threads=1".into()];
        let devices = built(&["frosted-camera", "--features", "nokhwa"], "v4l2")?;
        run("the library's devices", &older, &alone(&devices))?;
        let nokhwa = built(&["frosted-camera", "--features", "nokhwa"], "nokhwa")?;
        run("cameras by nokhwa", &older, &alone(&nokhwa))?;
        // A run that is ended because its time is up should have shown what failed until then.
        let all = [
            program.clone(),
            "--test-threads=1".into(),
            "--nocapture".into(),
        ];
        run("cameras", &older, &all)?;
        if !has_newer_loopback() {
            eprintln!("SKIPPED the tests with the newer v4l2loopback: it could not be downloaded");
            return Ok(());
        }
        let newer = Guest {
            loopback: "newer",
            ..older
        };
        let filters =
            ["demand::", "two_readers", "--test-threads=1", "--nocapture"].map(OsString::from);
        run(
            "the library's devices, with the newer v4l2loopback",
            &newer,
            &alone(&devices),
        )?;
        let mut command = vec![program];
        command.extend(filters);
        run("cameras, with the newer v4l2loopback", &newer, &command)
    }))
}

/// Runs the program for `minutes` and fails if it grows.
pub(crate) fn soak(minutes: &str) -> ExitCode {
    let Some(seconds) = minutes
        .parse::<u64>()
        .ok()
        .filter(|minutes| (1..=24 * 60).contains(minutes))
        .map(|minutes| 60 * minutes)
    else {
        eprintln!("soak takes a number of minutes from 1 to 1440, not \"{minutes}\"");
        return ExitCode::from(2);
    };
    finish(prepared().and_then(|()| {
        let program = test_program()?;
        let guest = Guest {
            seconds: seconds + 120,
            loopback: "older",
            variables: &[
                "FROSTED_REQUIRE_CAMERAS=1".to_owned(),
                format!("FROSTED_SOAK_SECONDS={seconds}"),
            ],
        };
        let filters = ["growth::", "--test-threads=1", "--nocapture"].map(OsString::from);
        let mut command = vec![program];
        command.extend(filters);
        run("soak", &guest, &command)
    }))
}

/// Shows the virtual camera to a browser.
pub(crate) fn browser() -> ExitCode {
    finish(prepared().and_then(|()| {
        let program = test_program()?;
        let guest = Guest {
            seconds: BROWSER_SECONDS,
            loopback: "older",
            variables: &[
                "FROSTED_REQUIRE_CAMERAS=1".to_owned(),
                "FROSTED_REQUIRE_BROWSER=1".to_owned(),
            ],
        };
        let filters = ["browser::", "--test-threads=1", "--ignored", "--nocapture"];
        let mut command = vec![program];
        command.extend(filters.map(OsString::from));
        run("browser", &guest, &command)
    }))
}

fn finish(result: Result<(), ExitCode>) -> ExitCode {
    result.err().unwrap_or(ExitCode::SUCCESS)
}

fn script(name: &str) -> PathBuf {
    root().join("tests").join("guest").join(name)
}

/// Builds the guest unless that was done before.
fn prepared() -> Result<(), ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("the virtual machine with cameras runs on x86-64 Linux only");
        return Err(ExitCode::FAILURE);
    }
    step(
        "virtual machine with cameras (the first time its kernel is built: minutes)",
        &mut Command::new(script("prepare.sh")),
    )
}

fn has_newer_loopback() -> bool {
    let output = Command::new(script("prepare.sh")).arg("--where").output();
    output.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Path::new(&folder)
            .join("modules.d/v4l2loopback-newer.ko")
            .is_file()
    })
}

/// Builds `frosted` and its test program, and says where the latter is.
fn test_program() -> Result<OsString, ExitCode> {
    built(&["frosted-app"], "cameras")
}

/// Builds the test program `name` of a package, with options for cargo, and says where it is.
fn built(package: &[&str], name: &str) -> Result<OsString, ExitCode> {
    eprintln!("\n== build the test program {name}");
    let output = cargo(&["test", "--package"])
        .args(package)
        .args(["--test", name, "--no-run"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let program = match output {
        Ok(output) if output.status.success() => {
            executable(&String::from_utf8_lossy(&output.stdout), name)
        }
        _ => None,
    };
    program.map(OsString::from).ok_or_else(|| {
        eprintln!(
            "failed: the test program \"{name}\" of {} was not built",
            package[0]
        );
        ExitCode::FAILURE
    })
}

/// The test program's path in cargo's messages, one JSON object a line.
fn executable(messages: &str, name: &str) -> Option<String> {
    let name = format!(r#""name":"{name}""#);
    messages
        .lines()
        .filter(|line| line.contains(r#""kind":["test"]"#) && line.contains(&name))
        .find_map(|line| {
            let (_, rest) = line.split_once(r#""executable":""#)?;
            rest.split_once('"').map(|(path, _)| path.to_owned())
        })
}

/// Runs a command in the guest; its exit status is the command's, 125 if there was no verdict.
fn run(title: &str, guest: &Guest<'_>, command: &[OsString]) -> Result<(), ExitCode> {
    let mut script = Command::new(script("run.sh"));
    script.current_dir(root());
    with_library(&mut script, library_or_reason().as_ref());
    script.args(["-t", &guest.seconds.to_string(), "-l", guest.loopback]);
    // The root of the guest is read-only but for memory; half a minute of frames must fit.
    script.args(["-m", "1536", "-e", ORT_DYLIB_PATH]);
    for variable in guest.variables {
        script.args(["-e", variable]);
    }
    script.arg("--").args(command);
    script.env("CARGO_TARGET_DIR", target_dir());
    step(title, &mut script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_program_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"frosted"},"executable":"/t/frosted"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["test"],"crate_types":["bin"],"name":"cameras"},"executable":"/t/deps/cameras-1"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            executable(messages, "cameras").as_deref(),
            Some("/t/deps/cameras-1")
        );
        assert_eq!(executable(messages, "others"), None);
        assert_eq!(executable("{}", "cameras"), None);
    }
}
