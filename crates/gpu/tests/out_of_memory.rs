//! A GPU without the memory for a frame: an error, and smaller frames go on. In a process of its
//! own, whose memory is limited, because no driver can be told to have none.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod support;

use std::process::Command;

use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{ComposeErrorKind, Frame, FrameSpec, PixelFormat};
use frosted_gpu::{GpuCompositor, GpuKind, TextureCompositor, wgpu};
use support::plan;

/// Set in the process whose memory is limited.
const LIMITED: &str = "FROSTED_TEST_LIMITED";

/// What it has beyond what it takes to work on a small frame, of address space; an 8K frame needs
/// 133 MB four times.
const ROOM_KB: u64 = 260_000;

fn small() -> FrameSpec {
    FrameSpec::new(PixelFormat::Rgba8, 64, 48).unwrap()
}

fn large() -> FrameSpec {
    FrameSpec::new(PixelFormat::Rgba8, 7680, 4320).unwrap()
}

/// Protects a small frame.
fn protect(compositor: &mut GpuCompositor) {
    let spec = small();
    compositor.configure(&spec, &plan(&spec, 4)).unwrap();
    let (source, mut target) = (Frame::new(spec), Frame::new(spec));
    compositor.reduce(FrameId(1), &source.view()).unwrap();
    let backdrop = Backdrop::Flat([1, 2, 3]);
    let cover = Cover::Everything { backdrop };
    compositor
        .paint(FrameId(1), &source.view(), cover, &mut target.view_mut())
        .unwrap();
}

/// The address space that this process takes.
fn taken_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmSize:"));
    let kb = line.unwrap().split_whitespace().nth(1);
    kb.unwrap().parse().unwrap()
}

#[test]
fn a_frame_that_there_is_no_memory_for_is_an_error_and_smaller_ones_go_on() {
    let Some((device, queue)) = support::test_device(wgpu::Limits::default()) else {
        return;
    };
    let mut compositor = GpuCompositor::with_device(device.clone(), queue.clone()).unwrap();
    if compositor.info().kind != GpuKind::Software {
        // Its memory is not the process's.
        return;
    }
    protect(&mut compositor);
    let mut textures = TextureCompositor::with_device(device, queue).unwrap();
    if std::env::var_os(LIMITED).is_none() {
        let limit_kb = taken_kb() + ROOM_KB;
        let name = "a_frame_that_there_is_no_memory_for_is_an_error_and_smaller_ones_go_on";
        let limited = Command::new("sh")
            .args(["-c", &format!("ulimit -v {limit_kb} && exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(LIMITED, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&limited.stdout);
        let all = format!("{said}{}", String::from_utf8_lossy(&limited.stderr));
        assert!(
            limited.status.success() && said.contains("1 passed"),
            "{all}"
        );
        return;
    }
    let plan = plan(&large(), 22);
    let outcomes = [
        compositor.configure(&large(), &plan),
        textures.configure(&large(), &plan),
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ComposeErrorKind::Device, "{error}");
        assert!(error.to_string().ends_with("Out of Memory"), "{error}");
    }
    protect(&mut compositor);
    textures
        .configure(&small(), &support::plan(&small(), 4))
        .unwrap();
}
