//! On what the figures were measured.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use super::Options;
use super::peers::{Peers, said};
use super::plan::levels;
use crate::workspace::root;

pub(super) fn facts(options: &Options<'_>, peers: Option<&Peers>) -> Value {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let git =
        |arguments: &[&str]| said(Command::new("git").args(arguments).current_dir(root())).ok();
    json!({
        "processor": processor(&cpuinfo),
        "pinned": core_for_one_thread().is_some(),
        "cores": thread::available_parallelism().map_or(1, usize::from),
        "kernel": said(Command::new("uname").args(["-s", "-r"])).ok(),
        "rustc": said(Command::new("rustc").arg("--version")).ok(),
        "date": said(Command::new("date").args(["-u", "+%Y-%m-%d"])).ok(),
        "commit": git(&["describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"]),
        "peers": peers.map(|peers| &peers.versions),
        "quick": options.quick,
        "rounds": options.rounds(),
    })
}

/// "AMD EPYC (family 26, model 2, avx512, a virtual machine)".
fn processor(cpuinfo: &str) -> String {
    let of = |key: &str| {
        let line = cpuinfo.lines().find(|line| {
            let name = line.split_once(':').map(|(name, _)| name.trim());
            name == Some(key)
        })?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let name = of("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let mut more: Vec<String> = [("family", "cpu family"), ("model", "model")]
        .into_iter()
        .filter_map(|(word, key)| Some(format!("{word} {}", of(key)?)))
        .collect();
    more.extend(levels().last().map(|level| (*level).to_owned()));
    let flags = of("flags").unwrap_or_default();
    if flags.split_whitespace().any(|flag| flag == "hypervisor") {
        more.push("a virtual machine".into());
    }
    format!("{name} ({})", more.join(", "))
}

/// The core on which what has one thread is kept, ours like the peers': the last; none where `taskset` is missing.
pub(super) fn core_for_one_thread() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let there = said(Command::new("taskset").arg("--version"));
    last_core(&status).filter(|_| there.is_ok())
}

fn last_core(status: &str) -> Option<String> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let last = list.trim().rsplit([',', '-']).next()?;
    last.parse::<u32>().is_ok().then(|| last.to_owned())
}

/// What one thread means.
pub(super) fn pinned(facts: &Value) -> &'static str {
    match facts["pinned"].as_bool() {
        Some(true) => {
            "One thread means that all of it is kept on the same core, ours like the peers'."
        }
        _ => {
            "With one thread the peers are kept on one core; ours were not, because taskset is missing."
        }
    }
}

/// Processor time since the machine was started, in ticks, which are the same for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticks {
    /// Of all programs, and what another virtual machine took.
    busy: u64,
    /// Of one core, busy or not.
    core: u64,
    /// Of the programs that this one has run.
    ours: u64,
}

impl Ticks {
    /// Where Linux tells them.
    pub(super) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let own = fs::read_to_string("/proc/self/stat").ok()?;
        Self::read(&stat, &own)
    }

    fn read(stat: &str, own: &str) -> Option<Self> {
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of user.
        let first = stat.lines().next()?.strip_prefix("cpu ")?;
        let fields = first.split_whitespace().take(8);
        let fields: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
        let is_core = |line: &&str| {
            let digit = line
                .strip_prefix("cpu")
                .and_then(|rest| rest.chars().next());
            digit.is_some_and(|digit| digit.is_ascii_digit())
        };
        let cores = stat.lines().filter(is_core).count() as u64;
        let all: u64 = fields.iter().sum();
        // The program's name, in brackets, may hold spaces.
        let (_, rest) = own.rsplit_once(')')?;
        let times = rest.split_whitespace().skip(13).take(2);
        let times: Vec<u64> = times.map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self {
            busy: all - fields.get(3)? - fields.get(4)?,
            core: all.checked_div(cores)?,
            ours: times.iter().sum(),
        })
    }

    /// How many cores other programs took since then.
    pub(super) fn cores_of_others_since(self, before: Self) -> Option<f64> {
        let core = self
            .core
            .checked_sub(before.core)
            .filter(|ticks| *ticks > 0)?;
        let busy = self.busy.checked_sub(before.busy)?;
        let ours = self.ours.checked_sub(before.ours)?;
        Some(busy.saturating_sub(ours) as f64 / core as f64)
    }
}

/// So much of a core is taken by any machine's own doings.
const QUIET: f64 = 0.1;

/// What other programs took, if it was more than that.
fn others(facts: &Value) -> Option<f64> {
    facts["cores_of_others"]
        .as_f64()
        .filter(|cores| *cores > QUIET)
}

/// What a reader must know about times if the machine was not ours alone.
pub(super) fn warning(facts: &Value) -> &'static str {
    match others(facts) {
        Some(_) => {
            "**Wall-clock times, late frames, what threads gain and how many streams there is room for are those of a \
             busy machine;** processor times suffer less."
        }
        None => "",
    }
}

/// One or two sentences.
pub(super) fn words(facts: &Value) -> String {
    let word = |key: &str| facts[key].as_str().unwrap_or("unknown").to_owned();
    let rustc: String = word("rustc")
        .split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ");
    let peers = facts["peers"]
        .as_str()
        .map_or_else(String::new, |versions| format!(" Peers: {versions}."));
    let others = others(facts).map_or_else(String::new, |others| {
        let cores = &facts["cores"];
        format!(" Other programs took {others:.1} of the {cores} cores meanwhile.")
    });
    format!(
        "{}, commit {}: {} cores of {}, {}, {rustc}, default target.{peers}{others}",
        word("date"),
        word("commit"),
        facts["cores"],
        word("processor"),
        word("kernel"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_told_with_what_names_it_alone() {
        let cpuinfo = "processor\t: 0\ncpu family\t: 26\nmodel\t\t: 2\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor\n";
        let words = processor(cpuinfo);
        assert!(
            words.starts_with("AMD EPYC (family 26, model 2, "),
            "{words}"
        );
        assert!(words.ends_with(", a virtual machine)"), "{words}");
        assert!(!processor("").contains("virtual"));
    }

    #[test]
    fn the_last_core_that_may_be_used_is_found() {
        for (list, last) in [
            ("0-1", Some("1")),
            ("3", Some("3")),
            ("0-3,8,10-11", Some("11")),
            ("", None),
        ] {
            let status = format!("Name:\tx\nCpus_allowed_list:\t{list}\nMems:\t0\n");
            assert_eq!(last_core(&status).as_deref(), last, "{list}");
        }
        assert_eq!(last_core("Name:\tx\n"), None);
    }

    const OWN: &str = "7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 30 10 20 0";

    fn ticks(user: u64, idle: u64, own: &str) -> Ticks {
        let stat = format!("cpu  {user} 0 5 {idle} 7 0 0 1 99 99\ncpu0 1\ncpu1 1\nintr 5\n");
        Ticks::read(&stat, own).unwrap()
    }

    #[test]
    fn what_is_neither_idle_nor_ours_is_others() {
        let before = ticks(100, 1000, OWN);
        assert_eq!((before.busy, before.ours), (106, 40));
        let after = ticks(300, 1200, &OWN.replace(" 30 10 ", " 80 60 "));
        assert_eq!(after.ours, 140);
        // 400 ticks of two cores, 200 of them busy, 100 of those ours.
        assert_eq!(after.cores_of_others_since(before), Some(0.5));
        assert_eq!(before.cores_of_others_since(before), None);
        assert_eq!(Ticks::read("cpu  x", OWN), None);
        assert_eq!(Ticks::read("", OWN), None);
    }

    #[test]
    fn a_busy_machine_is_told_and_a_quiet_one_is_not() {
        let facts = |cores: f64| json!({"cores": 2, "cores_of_others": cores});
        assert!(words(&facts(1.26)).contains("took 1.3 of the 2 cores"));
        assert!(warning(&facts(1.26)).contains("busy"));
        assert!(!words(&facts(0.05)).contains("took"));
        assert_eq!(warning(&facts(0.05)), "");
        assert_eq!(warning(&Value::Null), "");
    }
}
