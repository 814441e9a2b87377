//! `frosted devices`.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::guest::{CAMERA, DISPLAY, Guest, SINK, VIVID};
use crate::program::frosted;
use crate::room::Room;
use crate::writer::{Coding, Writer};

fn devices(guest: &Guest) -> String {
    let output = frosted(guest).arg("devices").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!err.contains("panicked"), "{err}");
    format!("{said}{err}")
}

#[test]
fn cameras_and_outputs_are_listed() {
    let Some(guest) = Guest::enter("cameras and outputs are listed") else {
        return;
    };
    let room = Room::new(640, 360);
    let said = devices(&guest);
    for word in [VIVID, "vivid", "640x360", "yuyv", SINK, "Frosted Camera"] {
        assert!(said.contains(word), "\"{word}\" is missing in: {said}");
    }
    assert!(
        !said.contains(&format!("{DISPLAY} ")),
        "a display is no camera: {said}"
    );

    let output = frosted(&guest).args(["devices", "--json"]).output();
    let json: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let camera = &json["cameras"][0];
    assert_eq!(camera["id"], VIVID, "{json}");
    let encodings: Vec<_> = camera["modes"].as_array().unwrap().iter().collect();
    let of = |name: &str| encodings.iter().filter(|of| of["encoding"] == name).count();
    assert!(
        encodings
            .iter()
            .all(|encoded| of(encoded["encoding"].as_str().unwrap()) == 1)
    );
    let yuyv = encodings
        .iter()
        .find(|of| of["encoding"] == "yuyv")
        .unwrap();
    let size = &yuyv["sizes"][0];
    assert!(
        size["width"].is_u64() && size["rates"][0].is_string(),
        "{json}"
    );
    assert_eq!(json["virtual_cameras"][0]["path"], SINK, "{json}");

    let _writer = Writer::start(&room, Coding::Mjpeg, 30_000.0 / 1001.0);
    let said = devices(&guest);
    for word in [CAMERA, "Writer", "mjpeg", "640x360 at 29.97 fps"] {
        assert!(said.contains(word), "\"{word}\" is missing in: {said}");
    }
}

#[test]
fn a_check_names_the_devices_that_run_would_take() {
    let Some(guest) = Guest::enter("a check names the devices that run would take") else {
        return;
    };
    let check = || {
        let output = frosted(&guest).arg("check").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = check();
    for words in [
        "camera            ok: vivid (/dev/video0), 1280x720",
        "virtual camera    ok: Frosted Camera (/dev/video10)",
        " is loaded",
    ] {
        assert!(said.contains(words), "\"{words}\" is missing in: {said}");
    }
    guest.unload_loopback();
    let said = check();
    for words in [
        "virtual camera    missing: ",
        "  v4l2loopback is not loaded",
    ] {
        assert!(said.contains(words), "\"{words}\" is missing in: {said}");
    }
    guest.load_loopback(&std::env::var("FROSTED_GUEST_OPTIONS").unwrap());
}

#[test]
fn who_holds_a_busy_camera_is_said() {
    let Some(guest) = Guest::enter("who holds a busy camera is said") else {
        return;
    };
    let mut holder = Command::new("v4l2-ctl")
        .args(["-d", VIVID, "--stream-mmap=4", "--stream-to=/dev/null"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let said = devices(&guest);
    let who = format!("v4l2-ctl ({})", holder.id());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(said.contains(&who), "\"{who}\" is missing in: {said}");
}

#[test]
fn the_command_that_loads_a_missing_loopback_is_said() {
    let Some(guest) = Guest::enter("the command that loads a missing loopback is said") else {
        return;
    };
    guest.unload_loopback();
    let said = devices(&guest);
    let command = said
        .lines()
        .find(|line| line.contains("modprobe v4l2loopback"));
    let command = command.unwrap_or_else(|| panic!("no command in: {said}"));
    for word in ["exclusive_caps=1", "card_label=\"Frosted Camera\""] {
        assert!(
            command.contains(word),
            "\"{word}\" is missing in: {command}"
        );
    }
    // The options are right: the module takes them, and the camera has its name.
    let at = command.find("v4l2loopback").unwrap() + "v4l2loopback".len();
    let options = command[at..].trim().replace(['`', '\''], "");
    guest.load_loopback(&options);
    let said = devices(&guest);
    assert!(said.contains("Frosted Camera"), "{said}");
}
