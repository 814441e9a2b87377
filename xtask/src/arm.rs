//! `test --arm`: the CPU's pixel work on 64-bit ARM, emulated.

use std::process::{Command, ExitCode, Stdio};

use crate::workspace::{cargo, step};

const TARGET: &str = "aarch64-unknown-linux-gnu";
/// What it takes besides the compiler's target, with the Debian packages that bring it.
const PROGRAMS: [(&str, &str); 2] = [
    ("qemu-aarch64", "qemu-user"),
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
];
/// Where those packages put the target's C library.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// Compiler and tests; minutes, because every instruction is emulated.
pub(crate) fn test() -> ExitCode {
    for (program, package) in PROGRAMS {
        let there = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if there.is_err() {
            eprintln!("{program} is missing: install the Debian package {package}");
            return ExitCode::FAILURE;
        }
    }
    let mut command = cargo(&["test", "--package", "frosted-cpu", "--target", TARGET]);
    // Doc tests are not run for another target.
    command.args(["--lib", "--tests"]);
    command.env(
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER",
        PROGRAMS[1].0,
    );
    command.env(
        "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER",
        format!("{} -L {LIBRARIES}", PROGRAMS[0].0),
    );
    match step("the CPU's pixel work on 64-bit ARM, emulated", &mut command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => {
            eprintln!("without the compiler's target: rustup target add {TARGET}");
            code
        }
    }
}
