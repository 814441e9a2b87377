//! What cannot work is refused at once: what is wrong, the remedy, exit code 3, and nothing left behind.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::guest::{CAMERA, DISPLAY, Guest, SINK, VIVID, must, shell};
use crate::program::{Program, frosted};

const SMALL: [&str; 4] = ["--size", "640x360", "--fps", "30"];

/// A user who is in no group.
const NOBODY: u32 = 65534;

/// It ends with exit code 3 and one error that has each of `words`; nobody holds a device afterwards.
#[track_caller]
fn refuses(command: &mut Command, words: &[&str]) {
    let mut program = Program::start(command);
    let status = program.wait_end(Duration::from_secs(10));
    std::thread::sleep(Duration::from_millis(50));
    let said = program.said();
    assert_eq!(status.code(), Some(3), "{said}");
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "\"{word}\" is missing in: {said}");
    }
    let holders = shell("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c /dev/video10");
    assert_eq!(
        String::from_utf8_lossy(&holders.stdout).trim(),
        "0",
        "{SINK} is still held"
    );
}

fn run<'a>(guest: &Guest, camera: &'a str, output: &'a str, more: &[&'a str]) -> Command {
    let mut command = frosted(guest);
    command.args(["run", "--camera", camera, "--output", output, "--json"]);
    command.args(more);
    command
}

#[test]
fn no_such_camera() {
    let Some(guest) = Guest::enter("no such camera") else {
        return;
    };
    refuses(
        &mut run(&guest, "/dev/video42", SINK, &SMALL),
        &["/dev/video42"],
    );
    refuses(
        &mut run(&guest, "Nothing Like It", SINK, &SMALL),
        &["Nothing Like It", "vivid"],
    );
}

#[test]
fn a_device_that_is_no_camera() {
    let Some(guest) = Guest::enter("a device that is no camera") else {
        return;
    };
    // A display, a loopback that nobody feeds, and no video device at all.
    for device in [DISPLAY, CAMERA, "/dev/null"] {
        refuses(&mut run(&guest, device, SINK, &SMALL), &[device]);
    }
}

#[test]
fn its_own_output_as_the_camera() {
    let Some(guest) = Guest::enter("its own output as the camera") else {
        return;
    };
    // The node, a link to it and another node of the same device.
    let (link, node) = (guest.folder().join("link"), guest.folder().join("node"));
    let (link, node) = (link.display(), node.display());
    must(&shell(&format!(
        "ln -s {SINK} {link}; set -- $(stat -c '%t %T' {SINK}); mknod {node} c 0x$1 0x$2"
    )));
    for camera in [SINK, &link.to_string(), &node.to_string()] {
        for output in [SINK, &link.to_string()] {
            refuses(
                &mut run(&guest, camera, output, &SMALL),
                &["is the virtual camera itself"],
            );
        }
    }
}

#[test]
fn no_permission() {
    let Some(guest) = Guest::enter("no permission") else {
        return;
    };
    // A user who is in no group may see the program, wherever it was built.
    let program = guest.folder().join("frosted");
    fs::copy(env!("CARGO_BIN_EXE_frosted"), &program).unwrap();
    must(&shell(&format!(
        "chmod 755 {} {}",
        guest.folder().display(),
        program.display()
    )));
    let nobody = |camera: &str, output: &str| {
        let mut command = Command::new(&program);
        command
            .args(["run", "--camera", camera, "--output", output, "--json"])
            .args(SMALL)
            .env("HOME", guest.folder())
            .env_remove("ORT_DYLIB_PATH")
            .current_dir(guest.folder())
            .stdin(Stdio::null())
            .uid(NOBODY)
            .gid(NOBODY);
        command
    };
    must(&shell(&format!("chmod 666 {SINK}")));
    refuses(&mut nobody(VIVID, SINK), &[VIVID, "video", "usermod"]);
    must(&shell(&format!("chmod 660 {SINK}; chmod 666 {VIVID}")));
    refuses(&mut nobody(VIVID, SINK), &[SINK, "video", "usermod"]);
    must(&shell(&format!("chmod 660 {VIVID}")));
}

#[test]
fn a_busy_camera() {
    let Some(guest) = Guest::enter("a busy camera") else {
        return;
    };
    let mut holder = Command::new("v4l2-ctl")
        .args(["-d", VIVID, "--stream-mmap=4", "--stream-to=/dev/null"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let id = holder.id().to_string();
    refuses(
        &mut run(&guest, VIVID, SINK, &SMALL),
        &[VIVID, "v4l2-ctl", &id],
    );
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn no_loopback() {
    let Some(guest) = Guest::enter("no loopback") else {
        return;
    };
    guest.unload_loopback();
    let module = [
        "modprobe v4l2loopback",
        "exclusive_caps=1",
        "Frosted Camera",
    ];
    refuses(&mut run(&guest, VIVID, "auto", &SMALL), &module);
    refuses(&mut run(&guest, VIVID, SINK, &SMALL), &module);
    guest.load_loopback(&std::env::var("FROSTED_GUEST_OPTIONS").unwrap());
}

#[test]
fn an_output_that_is_no_loopback() {
    let Some(guest) = Guest::enter("an output that is no loopback") else {
        return;
    };
    for device in [DISPLAY, "/dev/null"] {
        refuses(&mut run(&guest, VIVID, device, &SMALL), &[device]);
    }
}

/// The loopback was loaded with a limit, and the user asks for more.
#[test]
fn a_size_that_the_output_refuses() {
    let Some(guest) = Guest::enter("a size that the output refuses") else {
        return;
    };
    guest.unload_loopback();
    guest.load_loopback("devices=1 video_nr=10 exclusive_caps=1 max_width=640 max_height=480");
    refuses(
        &mut run(&guest, VIVID, SINK, &["--size", "1280x720"]),
        &[SINK, "1280x720"],
    );
    refuses(
        &mut run(&guest, VIVID, SINK, &["--size", "641x361"]),
        &["641x361", "even"],
    );
}

#[test]
fn a_broken_settings_file() {
    let Some(guest) = Guest::enter("a broken settings file") else {
        return;
    };
    let folder = guest.folder().join("config").join("frosted");
    fs::create_dir_all(&folder).unwrap();
    for text in ["background = \"blur", "background = 7", "colour = \"blue\""] {
        fs::write(folder.join("settings.toml"), text).unwrap();
        refuses(
            &mut run(&guest, VIVID, SINK, &SMALL),
            &["settings.toml", "line 1"],
        );
    }
}
