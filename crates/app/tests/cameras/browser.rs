//! Chromium, as a clinician's video program. `cargo xtask test --browser` runs it.
//!
//! The test serves a page that looks at the camera and sends back what it saw, so that nothing but the browser is needed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::guest::{CAMERA, Guest, shell};
use crate::program::Program;
use crate::room::Room;
use crate::writer::{Coding, Writer};

/// Frames that a browser has to have shown.
const FRAMES: u64 = 60;

/// Frames a second: the one processor has a browser to run.
const RATE: f64 = 15.0;

/// Its start alone takes half a minute on one processor.
const LIMIT: Duration = Duration::from_secs(180);

#[test]
#[ignore = "takes most of a minute and a browser: cargo xtask test --browser"]
fn a_browser_shows_the_camera() {
    let Some(guest) = Guest::enter("a browser shows the camera") else {
        return;
    };
    let Some(browser) = ["chromium", "chromium-browser"]
        .map(|name| Path::new("/usr/bin").join(name))
        .into_iter()
        .find(|path| path.exists())
    else {
        let required = std::env::var("FROSTED_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
        assert!(!required, "needs Chromium: apt-get install chromium");
        eprintln!("SKIPPED a browser shows the camera: Chromium is not there");
        return;
    };
    let room = Room::new(640, 360);
    let _writer = Writer::start(&room, Coding::Yuyv, RATE);
    let program = Program::ready(&guest, CAMERA, &["--size", "640x360", "--fps", "15"]);
    let start = Instant::now();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Some(report) = serve(stream)
                && sender.send(report).is_err()
            {
                return;
            }
        }
    });
    let log = guest.folder().join("browser.log");
    let mut browser = Browser::start(
        &browser,
        &guest.folder().join("profile"),
        &log,
        &format!("http://{address}/#Frosted Camera#{FRAMES}"),
    );
    let report = receiver.recv_timeout(LIMIT);
    let log = || fs::read_to_string(&log).unwrap_or_default();
    let ended = browser.child.try_wait().unwrap();
    let report = report.unwrap_or_else(|_| panic!("no report (ended: {ended:?}): {}", log()));
    eprintln!("{report} after {:.1} s", start.elapsed().as_secs_f64());

    let count = |key: &str| {
        report[key]
            .as_u64()
            .unwrap_or_else(|| panic!("no {key}: {report}\n{}", log()))
    };
    let labels = report["labels"].to_string();
    assert!(labels.contains("Frosted Camera"), "{report}");
    assert!(count("frames") >= FRAMES, "{report}{}", program.story());
    assert_eq!((count("width"), count("height")), (640, 360), "{report}");
    // The page's own check finds a mark where there is one, none in any frame, and a face in the middle of most.
    assert!(count("marksOfTheTest") > 0, "{report}");
    assert_eq!(count("marks"), 0, "{report}");
    assert!(count("persons") * 10 >= count("frames") * 8, "{report}");
}

/// A browser, which is ended with all its processes.
struct Browser {
    child: Child,
    profile: String,
}

impl Browser {
    fn start(program: &Path, profile: &Path, log: &Path, address: &str) -> Self {
        let log = fs::File::create(log).unwrap();
        let profile = format!("--user-data-dir={}", profile.display());
        let child = Command::new(program)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--disable-sync", "--disable-extensions", "--mute-audio"])
            // It is asked whether the page may use the camera, and says yes.
            .arg("--use-fake-ui-for-media-stream")
            .args([&profile, address])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its other processes have the profile's name, which is this test's own, on their command lines or end with it.
        let profile = &self.profile;
        shell(&format!(
            "for p in /proc/[0-9]*; do grep -qsF -e '{profile}' $p/cmdline && kill -9 ${{p#/proc/}}; done; sleep 0.5"
        ));
    }
}

/// Answers one request: the page, or thanks for its report, which is returned.
fn serve(stream: TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let page = include_str!("../../../../tests/browser/camera.html");
    let (status, answer) = match request.split_whitespace().nth(1) {
        Some("/") => ("200 OK", page),
        Some("/report") => ("200 OK", ""),
        _ => ("404 Not Found", ""),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(answer.as_bytes()).ok()?;
    request
        .starts_with("POST /report ")
        .then(|| serde_json::from_slice(&body).ok())?
}
