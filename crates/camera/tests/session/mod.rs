//! Daemons and readers in a session that `tests/pipewire/run.sh` made.

pub(crate) mod pictures;

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// The session, for one test at a time: a process has but one address of PipeWire.
pub(crate) struct Session {
    dir: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

impl Session {
    /// None, and a line that says why, outside of a session.
    pub(crate) fn take() -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dir) = env::var_os("FROSTED_PIPEWIRE_SESSION") {
            return Some(Self {
                dir: dir.into(),
                _turn: turn,
            });
        }
        assert!(
            env::var_os("FROSTED_REQUIRE_PIPEWIRE").is_none(),
            "FROSTED_REQUIRE_PIPEWIRE is set, but this does not run by tests/pipewire/run.sh"
        );
        // Not by eprintln!, whose lines are shown of failed tests only.
        let _ = writeln!(
            io::stderr(),
            "skipped: no PipeWire session; run it by tests/pipewire/run.sh"
        );
        None
    }

    pub(crate) fn socket(&self) -> PathBuf {
        let runtime = env::var_os("XDG_RUNTIME_DIR").unwrap();
        Path::new(&runtime).join("pipewire-0")
    }
}

/// PipeWire and WirePlumber, killed without a farewell when they are dropped.
pub(crate) struct Daemons {
    children: [Child; 2],
    socket: PathBuf,
}

impl Daemons {
    pub(crate) fn start(session: &Session) -> Self {
        let socket = session.socket();
        assert!(!socket.exists(), "a daemon runs already");
        let log = |name: &str| fs::File::create(session.dir.join(name)).unwrap();
        let daemon = Command::new("pipewire")
            .stderr(log("pipewire.log"))
            .spawn()
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !socket.exists() {
            assert!(Instant::now() < deadline, "PipeWire does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        let manager = Command::new("wireplumber")
            .stderr(log("wireplumber.log"))
            .spawn()
            .unwrap();
        Self {
            children: [daemon, manager],
            socket,
        }
    }
}

impl Drop for Daemons {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
        }
        for child in &mut self.children {
            let _ = child.wait();
        }
        // What a killed daemon leaves.
        let _ = fs::remove_file(&self.socket);
        let _ = fs::remove_file(self.socket.with_extension("lock"));
    }
}

/// GStreamer's reader of the camera.
pub(crate) struct Reader {
    child: Child,
    pictures: PathBuf,
}

static READERS: AtomicU32 = AtomicU32::new(0);

impl Reader {
    /// Reads `count` pictures as `caps`, then ends.
    pub(crate) fn start(session: &Session, caps: &str, count: u32) -> Self {
        let number = READERS.fetch_add(1, Ordering::Relaxed);
        let pictures = session.dir.join(format!("pictures-{number}"));
        let child = Command::new("gst-launch-1.0")
            .args(["-q", "pipewiresrc", "target-object=frosted-camera"])
            .arg(format!("num-buffers={count}"))
            .args(["!", caps, "!", "filesink"])
            .arg(format!("location={}", pictures.display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, pictures }
    }

    /// Reads until it is killed, and keeps nothing.
    pub(crate) fn endless(session: &Session) -> Self {
        let child = Command::new("gst-launch-1.0")
            .args([
                "-q",
                "pipewiresrc",
                "target-object=frosted-camera",
                "!",
                "video/x-raw",
                "!",
                "fakesink",
            ])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            pictures: session.dir.join("none"),
        }
    }

    /// Reads the headers of `count` pictures.
    pub(crate) fn headers(session: &Session, count: u32) -> Self {
        let number = READERS.fetch_add(1, Ordering::Relaxed);
        let pictures = session.dir.join(format!("headers-{number}"));
        let child = Command::new("gst-launch-1.0")
            .args(["-v", "pipewiresrc", "target-object=frosted-camera"])
            .arg(format!("num-buffers={count}"))
            .args(["!", "video/x-raw", "!", "identity", "silent=false"])
            .args(["!", "fakesink", "sync=false"])
            .stdout(fs::File::create(&pictures).unwrap())
            .spawn()
            .unwrap();
        Self { child, pictures }
    }

    /// Number and time in seconds of each picture.
    pub(crate) fn read_headers(&self) -> Vec<(u64, f64)> {
        fs::read_to_string(&self.pictures)
            .unwrap()
            .lines()
            .filter(|line| line.contains("chain"))
            .map(|line| {
                let field = |name: &str| {
                    let (_, rest) = line.split_once(name).expect("identity names the field");
                    rest.split(',').next().unwrap().trim()
                };
                let clock = field(" pts: ").split(':');
                let seconds =
                    clock.fold(0.0, |sum, part| 60.0 * sum + part.parse::<f64>().unwrap());
                (field(" offset: ").parse().unwrap(), seconds)
            })
            .collect()
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success(), "kill -s {name}");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn wait(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "the reader gets no picture");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// All that came, as bytes.
    pub(crate) fn pictures(&self) -> Vec<u8> {
        fs::read(&self.pictures).unwrap_or_default()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_file(&self.pictures);
    }
}
