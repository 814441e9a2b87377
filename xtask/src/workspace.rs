//! Where things are, and how other programs are run.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The variable by which the library and the program are told which ONNX Runtime to load.
pub(crate) const ORT_DYLIB_PATH: &str = "ORT_DYLIB_PATH";

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
        .to_path_buf()
}

/// Cargo's target folder; a relative `CARGO_TARGET_DIR` counts from the current folder, as it does for cargo.
pub(crate) fn target_dir() -> PathBuf {
    let dir = match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) if !dir.is_empty() => PathBuf::from(dir),
        _ => root().join("target"),
    };
    std::path::absolute(&dir).unwrap_or(dir)
}

/// `cargo` with these arguments, in the root.
///
/// The target folder is passed on as an absolute path, because `dir` may change where a relative one leads.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target_dir());
    command
}

/// Prints the step's title and runs it; a step that fails ends the run with its exit code.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<(), ExitCode> {
    eprintln!("\n== {title}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            eprintln!("failed: {title}: {status}");
            Err(exit_code(status.code()))
        }
        Err(error) => {
            let program = command.get_program().to_string_lossy();
            eprintln!("failed: {title}: {program} could not be started: {error}");
            Err(ExitCode::from(127))
        }
    }
}

/// A code that does not fit (ended by a signal, or a large one on Windows) becomes 1, never 0.
fn exit_code(code: Option<i32>) -> ExitCode {
    let code = code.and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.filter(|&code| code != 0).unwrap_or(1))
}
