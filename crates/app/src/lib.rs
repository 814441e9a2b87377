//! The parts of the program `frosted`.
//!
//! This is not an API and may change with any release: it is a library only so that the
//! program's own tests and fuzz targets can reach its parts. Programs link the crate
//! `frosted`.
#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod media;

mod cli;
mod commands;
mod config;
mod exit;
mod interrupt;
mod live;
mod messages;
mod progress;
mod protect;
mod record;
mod sample;
mod summary;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::messages::Verbosity;

/// Runs the program with these arguments, its own name first.
#[doc(hidden)]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Before any thread is started.
    #[cfg(feature = "onnxruntime")]
    frosted::runtime::refuse_telemetry();
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way, too, and are no failure. If they cannot be
            // printed, nobody reads them.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    messages::install(if cli.verbose {
        Verbosity::Verbose
    } else {
        Verbosity::Usual
    });
    let outcome = interrupt::install().and_then(|()| commands::run(&cli.command));
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            messages::error(&failure);
            failure.exit().into()
        }
    }
}
