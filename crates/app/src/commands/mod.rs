//! What the program does, a module for each command.

mod bench;
mod blur;
mod check;
mod demo;
mod matte;

use crate::cli::Command;
use crate::exit::{Exit, Failure};

pub(crate) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Demo(options) => demo::run(options),
        Command::Blur(options) => blur::run(options),
        Command::Matte(options) => matte::run(options),
        Command::Bench(options) => bench::run(options),
        Command::Check(options) => check::run(options),
    }
}
