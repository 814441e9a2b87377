//! A GPU that is lost, or too small: an error, and a target that is left as it was.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod support;

use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{ComposeError, ComposeErrorKind, Frame, FrameSpec, Mask, PixelFormat};
use frosted_gpu::{AdapterChoice, GpuCompositor, GpuOptions, adapters, wgpu};
use frosted_testing::{noise_field, noise_frame};
use support::plan;

const CANARY: u8 = 0x77;

fn spec() -> FrameSpec {
    FrameSpec::new(PixelFormat::Nv12, 64, 48).unwrap()
}

/// A compositor on a device that the test can destroy.
fn on_own_device() -> Option<(GpuCompositor, wgpu::Device)> {
    let (device, queue) = support::test_device(wgpu::Limits::default())?;
    let compositor = GpuCompositor::with_device(device.clone(), queue).unwrap();
    Some((compositor, device))
}

fn is_device_error(outcome: Result<(), ComposeError>, name: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ComposeErrorKind::Device, "{name}: {error}");
    let message = error.to_string();
    assert!(
        !message.contains('\n') && !message.ends_with('.'),
        "{name}: {message}"
    );
}

/// Paints a frame that is shown whole, and says whether the target is as it was.
fn paint_shown(
    compositor: &mut GpuCompositor,
    source: &Frame,
    matte: &Mask,
) -> (Result<(), ComposeError>, bool) {
    let mut target = Frame::new(*source.spec());
    target.bytes_mut().fill(CANARY);
    let cover = Cover::Background {
        matte,
        backdrop: Backdrop::Flat([16, 128, 128]),
    };
    let outcome = compositor.paint(matte.frame(), &source.view(), cover, &mut target.view_mut());
    (outcome, target.bytes().iter().all(|&byte| byte == CANARY))
}

fn reduce(compositor: &mut GpuCompositor, source: &Frame) -> Result<Mask, ComposeError> {
    let mut matte = Mask::new();
    let reduced = compositor.reduce(FrameId(1), &source.view())?;
    matte.begin(reduced).fill(255);
    Ok(matte)
}

#[test]
fn a_device_of_the_programs_own_paints() {
    let Some((mut compositor, _device)) = on_own_device() else {
        return;
    };
    compositor.configure(&spec(), &plan(&spec(), 4)).unwrap();
    let source = noise_frame(spec(), 1);
    let matte = reduce(&mut compositor, &source).unwrap();
    assert_eq!(
        paint_shown(&mut compositor, &source, &matte),
        (Ok(()), false)
    );
}

#[test]
fn a_device_lost_between_the_steps_leaves_the_target_alone() {
    let Some((mut compositor, device)) = on_own_device() else {
        return;
    };
    compositor.configure(&spec(), &plan(&spec(), 4)).unwrap();
    let source = noise_frame(spec(), 1);
    let matte = reduce(&mut compositor, &source).unwrap();
    device.destroy();
    for again in ["at once", "again"] {
        let (outcome, untouched) = paint_shown(&mut compositor, &source, &matte);
        is_device_error(outcome, again);
        assert!(untouched, "{again}");
    }
    is_device_error(reduce(&mut compositor, &source).map(drop), "reduced later");
    is_device_error(
        compositor.configure(&spec(), &plan(&spec(), 4)),
        "configured later",
    );
    is_device_error(reduce(&mut compositor, &source).map(drop), "and reduced");
}

#[test]
fn a_device_lost_before_a_frame_reduces_nothing() {
    let Some((mut compositor, device)) = on_own_device() else {
        return;
    };
    compositor.configure(&spec(), &plan(&spec(), 4)).unwrap();
    let source = noise_frame(spec(), 1);
    let matte = reduce(&mut compositor, &source).unwrap();
    device.destroy();
    is_device_error(reduce(&mut compositor, &source).map(drop), "reduced");
    let (outcome, untouched) = paint_shown(&mut compositor, &source, &matte);
    is_device_error(outcome, "painted");
    assert!(untouched);
}

#[test]
fn a_device_lost_before_everything_is_covered_leaves_the_target_alone() {
    let Some((mut compositor, device)) = on_own_device() else {
        return;
    };
    compositor.configure(&spec(), &plan(&spec(), 4)).unwrap();
    let source = noise_frame(spec(), 1);
    device.destroy();
    let (field, picture) = (noise_field(&spec(), 8, 1), noise_frame(spec(), 2));
    for backdrop in [
        Backdrop::Field(&field),
        Backdrop::Picture(&picture),
        Backdrop::Flat([1, 2, 3]),
    ] {
        let mut target = Frame::new(spec());
        target.bytes_mut().fill(CANARY);
        let cover = Cover::Everything { backdrop };
        let outcome = compositor.paint(FrameId(1), &source.view(), cover, &mut target.view_mut());
        is_device_error(outcome, "painted");
        assert!(target.bytes().iter().all(|&byte| byte == CANARY));
    }
}

#[test]
fn a_destroyed_device_is_an_error_when_it_is_handed_in_or_configured() {
    let Some((device, queue)) = support::test_device(wgpu::Limits::default()) else {
        return;
    };
    device.destroy();
    let outcome = GpuCompositor::with_device(device, queue)
        .and_then(|mut compositor| compositor.configure(&spec(), &plan(&spec(), 4)));
    is_device_error(outcome, "handed in");
}

#[test]
fn a_frame_that_the_gpu_cannot_bind_is_refused_with_both_numbers() {
    let limits = wgpu::Limits {
        max_storage_buffer_binding_size: 1 << 20,
        ..wgpu::Limits::default()
    };
    let Some((device, queue)) = support::test_device(limits) else {
        return;
    };
    let mut compositor = GpuCompositor::with_device(device, queue).unwrap();
    let large = FrameSpec::new(PixelFormat::Nv12, 1280, 720).unwrap();
    let error = compositor.configure(&large, &plan(&large, 5)).unwrap_err();
    assert_eq!(error.kind(), ComposeErrorKind::Device);
    let message = error.to_string();
    assert!(
        message.contains("1382416") && message.contains("1048576"),
        "{message}"
    );
    assert_eq!(
        reduce(&mut compositor, &Frame::new(large)).map(drop),
        Err(error),
        "a compositor that could not be configured works on"
    );

    compositor.configure(&spec(), &plan(&spec(), 4)).unwrap();
    let source = noise_frame(spec(), 1);
    let matte = reduce(&mut compositor, &source).unwrap();
    assert_eq!(
        paint_shown(&mut compositor, &source, &matte),
        (Ok(()), false)
    );
}

#[test]
fn a_field_that_the_gpu_cannot_bind_leaves_the_target_alone() {
    let limits = wgpu::Limits {
        max_storage_buffer_binding_size: 1 << 20,
        ..wgpu::Limits::default()
    };
    let Some((device, queue)) = support::test_device(limits) else {
        return;
    };
    let mut compositor = GpuCompositor::with_device(device, queue).unwrap();
    let spec = FrameSpec::new(PixelFormat::Nv12, 640, 360).unwrap();
    compositor.configure(&spec, &plan(&spec, 5)).unwrap();
    let (source, field) = (noise_frame(spec, 1), noise_field(&spec, 1, 2));
    let mut target = Frame::new(spec);
    target.bytes_mut().fill(CANARY);
    let cover = Cover::Everything {
        backdrop: Backdrop::Field(&field),
    };
    let outcome = compositor.paint(FrameId(1), &source.view(), cover, &mut target.view_mut());
    is_device_error(outcome, "painted");
    assert!(target.bytes().iter().all(|&byte| byte == CANARY));
    compositor.configure(&spec, &plan(&spec, 5)).unwrap();
    assert!(reduce(&mut compositor, &source).is_ok());
}

#[test]
fn a_software_driver_is_taken_only_when_it_is_asked_for() {
    let real = adapters(&GpuOptions::default());
    let software = frosted_gpu::GpuKind::Software;
    assert!(real.iter().all(|gpu| gpu.kind != software), "{real:?}");
    let Ok(compositor) = GpuCompositor::new(GpuOptions {
        adapter: AdapterChoice::Software,
        ..GpuOptions::default()
    }) else {
        // The other tests say so aloud.
        return;
    };
    assert_eq!(compositor.info().kind, software);
    let named = adapters(&GpuOptions {
        adapter: AdapterChoice::Named(compositor.info().name.to_uppercase()),
        ..GpuOptions::default()
    });
    assert!(named.contains(compositor.info()), "{named:?}");
}

#[test]
fn a_gpu_that_is_not_there_is_an_error_with_a_remedy() {
    let nobodys = GpuOptions {
        adapter: AdapterChoice::Named("no such GPU".into()),
        ..GpuOptions::default()
    };
    let unreachable = GpuOptions {
        backends: wgpu::Backends::empty(),
        ..support::options()
    };
    for options in [nobodys, unreachable] {
        let error = GpuCompositor::new(options).unwrap_err();
        assert_eq!(error.kind(), ComposeErrorKind::Device);
        assert!(error.to_string().contains("to the CPU"), "{error}");
    }
}

#[test]
fn passes_are_timed_only_when_asked_for() {
    for timestamps in [false, true] {
        let options = GpuOptions {
            timestamps,
            ..support::options()
        };
        if adapters(&options).is_empty() {
            // The other tests say so aloud.
            return;
        }
        let mut compositor = GpuCompositor::new(options).unwrap();
        compositor.configure(&spec(), &plan(&spec(), 4)).unwrap();
        assert_eq!(compositor.last_pass_times(), None);
        let source = noise_frame(spec(), 1);
        let matte = reduce(&mut compositor, &source).unwrap();
        assert_eq!(
            paint_shown(&mut compositor, &source, &matte),
            (Ok(()), false)
        );
        let times = compositor.last_pass_times();
        assert_eq!(times.is_some(), timestamps);
        if let Some(times) = times {
            assert!(
                !times.reduce.is_zero() && !times.paint.is_zero(),
                "{times:?}"
            );
        }
    }
}
