use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use frosted_core::{Frame, PixelFormat};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_pipeline::{Cause, Newcomers, Shown};
use frosted_testing::{
    Answer, CanaryScene, FakeEngine, Fault, FaultyCompositor, Script, is_test_gpu, skip_without_gpu,
};

use super::*;

/// A device on the tests' GPU; `None`, said aloud, where there is none and none is required.
fn device() -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let is_it = |adapter: &wgpu::Adapter| {
        let info = adapter.get_info();
        is_test_gpu(&info.name, info.device_type == wgpu::DeviceType::Cpu)
    };
    let Some(adapter) = adapters.into_iter().find(is_it) else {
        skip_without_gpu("there is no such driver");
        return None;
    };
    let descriptor = wgpu::DeviceDescriptor::default();
    Some(pollster::block_on(adapter.request_device(&descriptor)).unwrap())
}

fn texture(device: &wgpu::Device, width: u32, height: u32) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d {
            width,
            height,
            depth_or_array_layers: 1,
        },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::COPY_SRC | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

#[test]
fn a_device_that_gives_other_bytes_than_the_cpu_shows_cards_and_is_tried_once_a_size() {
    for (wrong, last) in [
        (false, Shown::Person),
        (true, Shown::Card(Cause::Compositor)),
    ] {
        let Some((device, queue)) = device() else {
            return;
        };
        let setup = Setup {
            settings: Settings {
                newcomers: Newcomers::AtOnce,
                ..Settings::default()
            },
            ..Setup::default()
        };
        let engine = Box::new(FakeEngine::new(Script::new([Answer::Person]), None));
        let mut pipeline = setup
            .build_for_textures_with(engine, FakeEngine::spec(), device.clone(), queue)
            .unwrap();
        let tried = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tried);
        pipeline.trust = Trust::by(Box::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            let reference = FaultyCompositor::new(CpuCompositor::new(CpuOptions::default())?);
            reference.planter()(wrong.then_some(Fault::PaintOneBit));
            Ok(Box::new(reference))
        }));
        let mut at = Timestamp::ZERO;
        for (sizes, (width, height)) in [(1, (320, 180)), (2, (180, 320)), (2, (320, 180))] {
            let spec = FrameSpec::new(PixelFormat::Rgba8, width, height).unwrap();
            let mut scene = CanaryScene::new(spec);
            let [input, output] = [(); 2].map(|()| texture(&device, width as u32, height as u32));
            let mut shown = Vec::new();
            for _ in 0..8 {
                at = at + std::time::Duration::from_millis(33);
                let frame: &Frame = scene.advance(at);
                pipeline.compositor.show(&frame.view(), &input).unwrap();
                let report = pipeline.process_texture(&input, at, &output).unwrap();
                shown.push(report.shown);
            }
            assert_eq!(shown.last(), Some(&last), "{shown:?}");
            assert_eq!(shown.contains(&Shown::Person), !wrong, "{shown:?}");
            assert_eq!(tried.load(Ordering::Relaxed), sizes);
            let failure = pipeline.last_failure().unwrap_or_default();
            assert_eq!(failure.contains("not to be trusted"), wrong, "{failure}");
        }
    }
}
