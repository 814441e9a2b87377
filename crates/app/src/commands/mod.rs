//! What the program does, a module for each command.

mod audit;
mod bench;
mod blur;
mod check;
mod demo;
mod devices;
mod matte;
mod mattes;
mod own_mattes;
mod place;
mod quality;
mod run;
mod truth;
mod voice;

use crate::cli::Command;
use crate::exit::{Exit, Failure};

pub(crate) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(options) => run::run(options),
        Command::Devices(options) => devices::run(options),
        Command::Demo(options) => demo::run(options),
        Command::Blur(options) => blur::run(options),
        Command::Matte(options) => matte::run(options),
        Command::Bench(options) => bench::run(options),
        Command::Check(options) => check::run(options),
        Command::Quality(options) => quality::run(options),
        Command::Audit(options) => audit::run(options).map_err(Failure::without_verdict),
    }
}
