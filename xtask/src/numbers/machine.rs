//! On what the figures were measured.

use std::fs;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use super::Options;
use super::peers::{Peers, said};
use crate::workspace::root;

pub(super) fn facts(options: &Options<'_>, peers: Option<&Peers>) -> Value {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let git =
        |arguments: &[&str]| said(Command::new("git").args(arguments).current_dir(root())).ok();
    json!({
        "processor": processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        "cores": thread::available_parallelism().map_or(1, usize::from),
        "kernel": said(Command::new("uname").args(["-s", "-r"])).ok(),
        "rustc": said(Command::new("rustc").arg("--version")).ok(),
        "date": said(Command::new("date").args(["-u", "+%Y-%m-%d"])).ok(),
        "commit": git(&["describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"]),
        "load": fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok()),
        "peers": peers.map(|peers| &peers.versions),
        "quick": options.quick,
        "rounds": options.rounds(),
    })
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
    let load = facts["load"].as_f64().map_or_else(String::new, |load| {
        format!(" Load average when the runs began: {load:.1}.")
    });
    format!(
        "{}, commit {}: {} cores of {}, {}, {rustc}, default target.{peers}{load}",
        word("date"),
        word("commit"),
        facts["cores"],
        word("processor"),
        word("kernel"),
    )
}
