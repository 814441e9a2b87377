//! The virtual machine's devices, as new for each test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A camera that makes its own pictures (vivid).
pub(crate) const VIVID: &str = "/dev/video0";
/// A device of the same driver that takes pictures.
pub(crate) const DISPLAY: &str = "/dev/video1";
/// The loopback "Frosted Camera".
pub(crate) const SINK: &str = "/dev/video10";
/// The loopback that a [`Writer`](crate::writer::Writer) makes a camera of.
pub(crate) const CAMERA: &str = "/dev/video11";

/// The devices are the machine's, so there is one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The machine, and a folder of the test's own.
pub(crate) struct Guest {
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Guest {
    /// Readies the devices; `None`, after saying so, where there is no such machine.
    pub(crate) fn enter(test: &str) -> Option<Self> {
        let variable = |name| std::env::var(name).is_ok_and(|value| value == "1");
        if !variable("FROSTED_GUEST") {
            assert!(
                !variable("FROSTED_REQUIRE_CAMERAS"),
                "{test} needs the virtual machine with cameras: cargo xtask test --cameras"
            );
            eprintln!(
                "SKIPPED {test}: not in the virtual machine with cameras (cargo xtask test --cameras)"
            );
            return None;
        }
        for program in ["v4l2-ctl", "ffmpeg"] {
            let there = Command::new(program).arg("--help").output().is_ok();
            assert!(
                there,
                "{test} needs {program}: apt-get install v4l-utils ffmpeg"
            );
        }
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let guest = Self {
            folder: tempfile::tempdir().unwrap(),
            _alone: alone,
        };
        guest.unload_loopback();
        guest.load_loopback(&std::env::var("FROSTED_GUEST_OPTIONS").unwrap());
        // No text in the picture, nothing that moves, a pattern of single pixels.
        control("osd_text_mode=2,vertical_movement=3,horizontal_movement=3");
        Some(guest)
    }

    /// A folder that is removed after the test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Takes both loopbacks away. They must not be in use: a test that leaves something behind fails the next one.
    pub(crate) fn unload_loopback(&self) {
        let deadline = Instant::now() + Duration::from_secs(3);
        loop {
            let output = busybox(&["rmmod", "v4l2loopback"]);
            if output.status.success() || !Path::new("/sys/module/v4l2loopback").exists() {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "the loopbacks are still in use: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Loads them with other options.
    pub(crate) fn load_loopback(&self, options: &str) {
        let module = std::env::var("FROSTED_GUEST_MODULE").unwrap();
        must(&busybox(&["insmod", &module, options]));
        must(&shell("chgrp video /dev/video*; chmod 660 /dev/video*"));
    }
}

/// Whether the loopback is the newer one, which tells its writer who watches.
pub(crate) fn newer_loopback() -> bool {
    std::env::var("FROSTED_GUEST_MODULE").is_ok_and(|module| module.contains("newer"))
}

/// Sets controls of vivid.
pub(crate) fn control(settings: &str) {
    must(&output("v4l2-ctl", &["-d", VIVID, "-c", settings]));
}

/// What a program says.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn shell(line: &str) -> Output {
    output("sh", &["-c", line])
}

/// Sends a signal, such as "TERM".
pub(crate) fn signal(name: &str, process: u32) {
    must(&shell(&format!("kill -{name} {process}")));
}

#[track_caller]
pub(crate) fn must(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What `v4l2-ctl` says of a device.
pub(crate) fn ask(device: &str, questions: &[&str]) -> String {
    let output = output("v4l2-ctl", &[&["-d", device], questions].concat());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn busybox(arguments: &[&str]) -> Output {
    let folder = PathBuf::from(std::env::var_os("FROSTED_GUEST_FOLDER").unwrap());
    output(folder.join("busybox").to_str().unwrap(), arguments)
}
