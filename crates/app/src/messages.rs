//! What is said to the user beside the results: on the standard error, a line each.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use crate::media::MediaError;
use log::{Level, LevelFilter, Log, Metadata, Record};

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Errors, warnings and remarks.
    #[default]
    Usual,
    /// Also what the library logs as information.
    Verbose,
}

struct StderrLog;

/// Sends the library's log lines to the standard error.
pub(crate) fn install(verbosity: Verbosity) {
    static LOG: StderrLog = StderrLog;
    // A log that is already there, as in a test, is as good.
    if log::set_logger(&LOG).is_ok() {
        log::set_max_level(match verbosity {
            Verbosity::Usual => LevelFilter::Warn,
            Verbosity::Verbose => LevelFilter::Debug,
        });
    }
}

impl Log for StderrLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("frosted")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let word = if record.level() <= Level::Warn {
                "warning"
            } else {
                "note"
            };
            say(word, None, record.args());
        }
    }

    fn flush(&self) {}
}

/// Why the program fails.
pub(crate) fn error(error: &impl Display) {
    const RED: &str = "31";
    say("error", Some(RED), error);
}

/// What takes the worth from a result.
pub(crate) fn warning(warning: &impl Display) {
    const RED: &str = "31";
    say("warning", Some(RED), warning);
}

/// A remark.
pub(crate) fn note(remark: &impl Display) {
    say("note", None, remark);
}

/// What was asked for, on the standard output.
pub(crate) fn out(text: &impl Display) -> Result<(), MediaError> {
    writeln!(io::stdout(), "{text}")
        .map_err(|error| MediaError::write(&error).of("standard output"))
}

/// A line of its own.
pub(crate) fn line(text: &impl Display) {
    // If nobody listens, nothing is lost.
    let _ = writeln!(io::stderr(), "{text}");
}

fn say(word: &str, colour: Option<&str>, text: &impl Display) {
    match colour {
        Some(colour) if colours() => line(&format!("\x1b[1;{colour}m{word}:\x1b[0m {text}")),
        _ => line(&format!("{word}: {text}")),
    }
}

/// Colours are for terminals, and only if nobody minds (https://no-color.org).
fn colours() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal()
        && !set("NO_COLOR")
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
