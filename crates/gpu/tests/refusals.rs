//! What the compositor refuses: the same as the CPU's, in the same words, and the target is left
//! as it was.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod support;

use frosted_core::internal::Compositor;
use frosted_core::{ComposeErrorKind, FrameSpec, PixelFormat};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::refusals;
use support::plan;

#[test]
fn what_is_wrong_is_refused_as_by_the_cpu() {
    let Some(mut gpu) = support::test_compositor() else {
        return;
    };
    let mut cpu = CpuCompositor::new(CpuOptions::default()).unwrap();
    let mut failures = Vec::new();
    for refusal in refusals() {
        let on_gpu = refusal.attempt(&mut gpu);
        let kind = on_gpu.clone().map_err(|error| error.kind());
        if kind != refusal.wanted() || on_gpu != refusal.attempt(&mut cpu) {
            failures.push(format!("{refusal:?}: {on_gpu:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn squares_that_only_the_cpu_sums_are_refused_at_configure() {
    let spec = FrameSpec::new(PixelFormat::Nv12, 640, 480).unwrap();
    let Some(mut compositor) = support::configured(&spec, 128) else {
        return;
    };
    let error = compositor.configure(&spec, &plan(&spec, 129)).unwrap_err();
    assert_eq!(error.kind(), ComposeErrorKind::Device);
    assert!(error.to_string().contains("129 pixels wide"), "{error}");
}
