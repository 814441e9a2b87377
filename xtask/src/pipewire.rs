//! `test --pipewire`: the virtual camera as a node of PipeWire, in a session of its own.

use std::process::{Command, ExitCode};

use crate::commands::{library_or_reason, with_library};
use crate::workspace::{cargo, root, step, target_dir};

/// Runs the sink's tests, and the program from camera to reader.
pub(crate) fn test() -> ExitCode {
    let session = || {
        let mut script = Command::new(root().join("tests/pipewire/run.sh"));
        script.current_dir(root());
        script
    };
    let mut sink = session();
    sink.env("FROSTED_REQUIRE_PIPEWIRE", "1").args([
        "cargo",
        "test",
        "--package",
        "frosted-camera",
        "--features",
        "pipewire",
        "--test",
        "pipewire",
    ]);
    let mut build = cargo(&[
        "build",
        "--package",
        "frosted-app",
        "--features",
        "pipewire",
    ]);
    let mut program = session();
    program
        .arg(root().join("tests/pipewire/program.sh"))
        .arg(target_dir().join("debug").join("frosted"));
    with_library(&mut program, library_or_reason().as_ref());
    let steps = [
        ("the sink, in a PipeWire session of its own", &mut sink),
        ("build the program", &mut build),
        (
            "the program, in a PipeWire session of its own",
            &mut program,
        ),
    ];
    for (title, command) in steps {
        if let Err(code) = step(title, command) {
            return code;
        }
    }
    ExitCode::SUCCESS
}
