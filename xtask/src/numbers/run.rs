use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::figures::Figures;
use super::peers::{quiet, said};
use super::plan::{Case, Length, Own, Peer, shuffled};
use super::{clips, live, start};
use crate::commands::{program, with_library};
use crate::workspace::root;

/// What runs the cases.
pub(super) struct Runner {
    pub(super) library: Option<PathBuf>,
    /// That of the peers.
    pub(super) python: Option<PathBuf>,
    /// Where what has one thread is kept.
    pub(super) core: Option<String>,
}

impl Runner {
    /// Runs every case so many times, all in one shuffled order, each in a process of its own; what failed and why.
    pub(super) fn all(&self, cases: &[Case], rounds: usize, figures: &mut Figures) -> Vec<String> {
        let runs = |case| std::iter::repeat_n(case, Case::runs(case, rounds));
        let order: Vec<&Case> = cases.iter().flat_map(runs).collect();
        let order = shuffled(order, seed());
        let count = order.len();
        let mut failed = Vec::new();
        eprintln!("\n== {count} runs of {} cases", cases.len());
        for (number, case) in (1..).zip(order) {
            let name = case.name();
            match self.run(case) {
                Ok(run) => {
                    let told = ["cpu_ms_mean", "start_ms"]
                        .into_iter()
                        .find_map(|key| run[key].as_f64());
                    eprintln!(
                        "{number}/{count} {name}: {:.2} ms",
                        told.unwrap_or(f64::NAN)
                    );
                    figures.add(&name, run);
                }
                Err(reason) => {
                    eprintln!("{number}/{count} {name}: FAILED: {reason}");
                    failed.push(format!("{name} failed: {reason}"));
                }
            }
        }
        failed
    }

    fn run(&self, case: &Case) -> Result<Value, String> {
        match case {
            Case::Own(own) | Case::Long(own) => json(&mut self.own(own)),
            Case::Peer(peer) => json(&mut self.peer(peer)?),
            Case::Live(case) => {
                let mut command = Command::new(program());
                with_library(&mut command, self.library.as_ref());
                live::measure(&mut command, case)
            }
            Case::Start(start) => {
                let mut command = Command::new(program());
                with_library(&mut command, self.library.as_ref());
                start::measure(&mut command, start)
            }
        }
    }

    fn own(&self, own: &Own) -> Command {
        let (width, height) = own.size;
        let is_one = (own.threads, own.network_threads, own.streams) == (1, 1, 1);
        let mut command = match self.core.as_ref().filter(|_| is_one) {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", core]).arg(program());
                command
            }
            None => Command::new(program()),
        };
        with_library(&mut command, self.library.as_ref());
        command
            .arg("bench")
            .arg("--raw")
            .arg(clips::raw(own.format, own.size));
        command.args([
            "--format",
            own.format,
            "--size",
            &format!("{width}x{height}"),
        ]);
        command.args([
            "--model",
            own.model,
            "--engine",
            own.engine,
            "--background",
            own.background,
        ]);
        command.args([
            "--threads",
            &own.threads.to_string(),
            "--streams",
            &own.streams.to_string(),
        ]);
        command.args(["--network-threads", &own.network_threads.to_string()]);
        // The tables are the CPU's, whatever GPU there is.
        command.args(["--compositor", "cpu"]);
        match own.length {
            Length::Frames(frames) => command.args(["--frames", &frames.to_string()]),
            Length::Seconds(seconds) => command.args(["--seconds", &seconds.to_string()]),
        };
        if let Some(pace) = own.pace {
            command.args(["--pace", &pace.to_string()]);
        }
        if let Some(instructions) = own.instructions {
            command.args(["--instructions", instructions]);
        }
        if own.mjpeg {
            command.arg("--mjpeg").arg(clips::mjpeg());
        }
        command
    }

    fn peer(&self, peer: &Peer) -> Result<Command, String> {
        let python = self.python.as_ref().ok_or("there is no Python for it")?;
        let (width, height) = peer.size;
        let script = root()
            .join("benches/peers")
            .join(format!("{}.py", peer.script));
        let mut command = Command::new(python);
        quiet(&mut command)
            .arg(script)
            .arg(clips::raw("bgr24", peer.size))
            .args([
                &format!("{width}x{height}"),
                &peer.frames.to_string(),
                peer.cores.argument(),
            ])
            .env("FROSTED_STARTED_NS", since_the_epoch().to_string());
        Ok(command)
    }
}

/// Nanoseconds.
fn since_the_epoch() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |since| since.as_nanos())
}

/// Never 0, from which Xorshift does not get away.
fn seed() -> u64 {
    since_the_epoch() as u64 | 1
}

fn json(command: &mut Command) -> Result<Value, String> {
    let text = said(command)?;
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| format!("\"{line}\" is no JSON: {error}"))
}
