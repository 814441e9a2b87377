//! The program `frosted`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    frosted_app::run(std::env::args_os())
}
