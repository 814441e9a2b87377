//! `frosted run` and what it says of itself.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::guest::{Guest, SINK, signal};

/// A start with the network's first frames, on one slow processor.
pub(crate) const START: Duration = Duration::from_secs(10);

/// One status line.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) at: Instant,
    json: Value,
}

impl Status {
    pub(crate) fn state(&self) -> &str {
        self.json["state"].as_str().unwrap_or("")
    }

    /// Why it shows no person; empty if it does.
    pub(crate) fn cause(&self) -> &str {
        self.json["cause"].as_str().unwrap_or("")
    }

    /// `None` where they cannot be counted.
    pub(crate) fn viewers(&self) -> Option<u64> {
        self.json["viewers"].as_u64()
    }

    pub(crate) fn camera_open(&self) -> bool {
        self.json["camera"] == "open"
    }

    pub(crate) fn number(&self, key: &str) -> f64 {
        self.json[key]
            .as_f64()
            .unwrap_or_else(|| panic!("no number \"{key}\" in {}", self.json))
    }
}

/// The program's own set-up and no other.
pub(crate) fn frosted(guest: &Guest) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frosted"));
    command
        .current_dir(guest.folder())
        .env("HOME", guest.folder())
        .env("XDG_CONFIG_HOME", guest.folder().join("config"))
        .env("XDG_CACHE_HOME", guest.folder().join("cache"))
        .stdin(Stdio::null());
    command
}

/// `frosted run`, which is killed when the test ends.
pub(crate) struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<Status>>>,
    said: Arc<Mutex<String>>,
}

impl Program {
    /// Starts it with `/dev/video10` as its output.
    pub(crate) fn run(guest: &Guest, camera: &str, more: &[&str]) -> Self {
        let arguments = ["run", "--camera", camera, "--output", SINK, "--json"];
        Self::start(frosted(guest).args(arguments).args(more))
    }

    /// Starts it and waits until its output takes readers.
    pub(crate) fn ready(guest: &Guest, camera: &str, more: &[&str]) -> Self {
        let mut program = Self::run(guest, camera, more);
        program.wait("a first status", START, |_| true);
        program
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (to_lines, to_said) = (Arc::clone(&lines), Arc::clone(&said));
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let json = serde_json::from_str(&line)
                    .unwrap_or_else(|error| panic!("no JSON: {line}: {error}"));
                let at = Instant::now();
                to_lines.lock().unwrap().push(Status { at, json });
            }
        });
        thread::spawn(move || {
            let mut err = BufReader::new(err);
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = err.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                to_said.lock().unwrap().push_str(&text);
            }
        });
        Self { child, lines, said }
    }

    /// Waits for a status line that is written from now on.
    #[track_caller]
    pub(crate) fn wait(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Status) -> bool,
    ) -> Status {
        let start = Instant::now();
        let mut next = self.lines.lock().unwrap().len();
        // What it said last still holds.
        next = next.saturating_sub(1);
        loop {
            {
                let lines = self.lines.lock().unwrap();
                if let Some(found) = lines[next.min(lines.len())..].iter().find(|s| wanted(s)) {
                    return found.clone();
                }
                next = lines.len();
            }
            let over = start.elapsed() > limit;
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended ({status}) before {what}{}", self.story());
            }
            assert!(!over, "no {what} within {limit:?}{}", self.story());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Every status since `since`.
    pub(crate) fn statuses_since(&self, since: Instant) -> Vec<Status> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|s| s.at >= since).cloned().collect()
    }

    /// What it said on its standard error.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has the device open: what lights a camera's lamp.
    pub(crate) fn holds(&self, device: &str) -> bool {
        self.files().iter().any(|file| file == device)
    }

    /// Waits until it has closed the device.
    #[track_caller]
    pub(crate) fn wait_let_go(&self, device: &str, limit: Duration) {
        let start = Instant::now();
        while self.holds(device) {
            let passed = start.elapsed();
            assert!(
                passed < limit,
                "{device} is open after {passed:?}{}",
                self.story()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it has open.
    pub(crate) fn files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(format!("/proc/{}/fd", self.id())) else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .map(|target| target.to_string_lossy().into_owned())
            .collect()
    }

    /// Memory of its own in KiB: heap and stacks, no mapped files.
    pub(crate) fn memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("RssAnon:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[track_caller]
    pub(crate) fn assert_runs(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended: {ended:?}{}", self.story());
    }

    /// Sends a signal and waits for the end.
    #[track_caller]
    pub(crate) fn end(&mut self, name: &str) -> ExitStatus {
        signal(name, self.id());
        self.wait_end(Duration::from_secs(3))
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn wait_end(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.signal(), None, "it was killed{}", self.story());
                return status;
            }
            assert!(Instant::now() < deadline, "it still runs{}", self.story());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its words, for a failure's message.
    pub(crate) fn story(&self) -> String {
        let lines = self.lines.lock().unwrap();
        let last: Vec<_> = lines
            .iter()
            .rev()
            .take(12)
            .map(|s| s.json.to_string())
            .collect();
        let last: Vec<_> = last.into_iter().rev().collect();
        format!("\nstatus:\n{}\nstderr:\n{}", last.join("\n"), self.said())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("what the program said:{}", self.story());
        }
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
