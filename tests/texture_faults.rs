//! Textures that are no frames, and GPUs that fail: the card, or an output that is left alone and
//! an error.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod textures;

use std::time::Duration;

use frosted::gpu::{Handover, TextureOptions, wgpu};
use frosted::{
    Background, Cause, ErrorKind, Frame, FrameSpec, PixelFormat, SetupErrorKind, Shown, Timestamp,
};
use frosted_testing::{Answer, CanaryScene, FakeEngine, Script, find_canary};
use textures::stream::{Streams, setup};
use textures::{Format, descriptor, fill, read, test_devices};

/// What the card of a misuse is.
fn misuse_card(spec: FrameSpec) -> Frame {
    let engine = Box::new(FakeEngine::new(Script::new([Answer::Person]), None));
    let mut pipeline = setup(&Background::default())
        .build_with(engine, FakeEngine::spec())
        .unwrap();
    let other = FrameSpec::new(spec.format(), 64, 64).unwrap();
    let mut card = Frame::new(spec);
    let refused = pipeline.process(&Frame::new(other).view(), &mut card.view_mut());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::OutputDiffers);
    card
}

#[test]
fn an_input_that_is_no_frame_is_refused_and_the_output_shows_the_card() {
    let Some(mut streams) = Streams::new(&Background::default()) else {
        return;
    };
    let (width, height) = (320, 180);
    let spec = FrameSpec::new(PixelFormat::Rgba8, width, height).unwrap();
    let card = misuse_card(spec);
    let good = descriptor(Format::Rgba8Unorm, width, height);
    let output = streams.device.create_texture(&good);
    let with_size = |size| wgpu::TextureDescriptor { size, ..good };
    let three_layers = wgpu::Extent3d {
        depth_or_array_layers: 3,
        ..good.size
    };
    let half = wgpu::Extent3d {
        width: 160,
        ..good.size
    };
    let of = |format| wgpu::TextureDescriptor { format, ..good };
    let mut scene = CanaryScene::new(spec);
    for (name, input, kind, words) in [
        (
            "no usage to copy from",
            wgpu::TextureDescriptor {
                usage: wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::TEXTURE_BINDING,
                ..good
            },
            ErrorKind::Texture,
            ["COPY_DST | TEXTURE_BINDING", "needs COPY_SRC"],
        ),
        (
            "one channel",
            of(Format::R8Unorm),
            ErrorKind::Texture,
            ["R8Unorm", "Bgra8Unorm"],
        ),
        (
            "floats",
            of(Format::Rgba16Float),
            ErrorKind::Texture,
            ["Rgba16Float", "Rgba8Unorm"],
        ),
        (
            "layers",
            with_size(three_layers),
            ErrorKind::Texture,
            ["3 layers", "1 layers"],
        ),
        (
            "mip levels",
            wgpu::TextureDescriptor {
                mip_level_count: 2,
                ..good
            },
            ErrorKind::Texture,
            ["2 mip levels", "1 mip levels"],
        ),
        (
            "half as wide",
            with_size(half),
            ErrorKind::OutputDiffers,
            ["160x180", "320x180"],
        ),
        (
            "another order",
            of(Format::Bgra8Unorm),
            ErrorKind::OutputDiffers,
            ["Bgra8Unorm", "Rgba8Unorm"],
        ),
        (
            "another curve",
            of(Format::Rgba8UnormSrgb),
            ErrorKind::OutputDiffers,
            ["Rgba8UnormSrgb", "Rgba8Unorm"],
        ),
    ] {
        let input = streams.device.create_texture(&input);
        fill(&streams.queue, &output, scene.frame());
        let outcome = streams
            .textures
            .process_texture(&input, streams.at, &output);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        for word in words {
            assert!(error.to_string().contains(word), "{name}: {error}");
        }
        let shown = read(&streams.device, &streams.queue, &output, spec);
        assert!(shown.bytes() == card.bytes(), "{name}: no card is shown");
    }
    fill(&streams.queue, &output, scene.frame());
    let same = output.clone();
    let outcome = streams.textures.process_texture(&output, streams.at, &same);
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Texture);
    let shown = read(&streams.device, &streams.queue, &output, spec);
    assert!(shown.bytes() == card.bytes());
    // It goes on as if it had begun.
    let shown: Vec<_> = (0..6)
        .map(|_| streams.next(&mut scene, Format::Rgba8Unorm)[0].1.shown)
        .collect();
    assert_eq!(shown[0], Shown::Card(Cause::Starting));
    assert_eq!(shown[5], Shown::Person);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_left_alone() {
    let Some(mut streams) = Streams::new(&Background::default()) else {
        return;
    };
    let good = descriptor(Format::Rgba8Unorm, 320, 180);
    let input = streams.device.create_texture(&good);
    let spec = FrameSpec::new(PixelFormat::Rgba8, 320, 180).unwrap();
    let scene = CanaryScene::new(spec);
    fill(&streams.queue, &input, scene.frame());
    let unwritable = wgpu::TextureDescriptor {
        usage: wgpu::TextureUsages::COPY_SRC,
        ..good
    };
    let tiny = descriptor(Format::Rgba8Unorm, 320, 8);
    for (output, kind, words) in [
        (
            unwritable.clone(),
            ErrorKind::Texture,
            ["COPY_SRC", "needs COPY_DST"],
        ),
        (tiny, ErrorKind::Frame, ["320x8", "16x16"]),
        (
            descriptor(Format::R8Unorm, 320, 180),
            ErrorKind::Texture,
            ["R8Unorm", "Rgba8Unorm"],
        ),
    ] {
        let output = streams.device.create_texture(&output);
        let outcome = streams
            .textures
            .process_texture(&input, streams.at, &output);
        let idle = streams.textures.idle_texture(streams.at, &output);
        for error in [outcome.unwrap_err(), idle.unwrap_err()] {
            assert_eq!(error.kind(), kind, "{error}");
            for word in words {
                assert!(error.to_string().contains(word), "{error}");
            }
        }
    }
    let output = streams.device.create_texture(&unwritable);
    let outcome = streams
        .textures
        .process_texture(&input, streams.at, &output);
    assert!(outcome.is_err());
    let held = read(&streams.device, &streams.queue, &output, spec);
    assert!(held.bytes().iter().all(|&byte| byte == 0));
}

#[test]
fn an_input_that_the_gpu_cannot_read_is_a_card_and_the_stream_goes_on() {
    let Some(mut streams) = Streams::new(&Background::default()) else {
        return;
    };
    let (other_device, other_queue) = streams.foreign.clone();
    let spec = FrameSpec::new(PixelFormat::Rgba8, 320, 180).unwrap();
    let mut scene = CanaryScene::new(spec);
    let good = descriptor(Format::Rgba8Unorm, 320, 180);
    let foreign = other_device.create_texture(&good);
    fill(&other_queue, &foreign, scene.frame());
    let gone = streams.device.create_texture(&good);
    gone.destroy();
    for input in [&foreign, &gone] {
        for _ in 0..6 {
            let _ = streams.next(&mut scene, Format::Rgba8Unorm);
        }
        let output = streams.device.create_texture(&good);
        fill(&streams.queue, &output, scene.frame());
        streams.at = streams.at + Duration::from_millis(33);
        let report = streams.textures.process_texture(input, streams.at, &output);
        assert_eq!(report.unwrap().shown, Shown::Card(Cause::Compositor));
        let shown = read(&streams.device, &streams.queue, &output, spec);
        assert_eq!(find_canary(&scene.frame().view(), &shown.view()), Ok(()));
        assert!(shown.bytes().iter().any(|&byte| byte != shown.bytes()[0]));
    }
    let last = (0..6).map(|_| {
        streams.at = streams.at + Duration::from_millis(33);
        let input = streams.device.create_texture(&good);
        let output = streams.device.create_texture(&good);
        fill(&streams.queue, &input, scene.advance(streams.at));
        let report = streams
            .textures
            .process_texture(&input, streams.at, &output);
        report.unwrap().shown
    });
    assert_eq!(last.last(), Some(Shown::Person));
}

#[test]
fn an_output_of_another_device_and_a_lost_device_are_told() {
    for handover in [Handover::Checked, Handover::AtOnce] {
        let Some(mut streams) = Streams::new(&Background::default()) else {
            return;
        };
        let (other_device, other_queue) = streams.foreign.clone();
        streams.textures.set_options(TextureOptions {
            handover,
            ..TextureOptions::default()
        });
        let spec = FrameSpec::new(PixelFormat::Rgba8, 320, 180).unwrap();
        let mut scene = CanaryScene::new(spec);
        let good = descriptor(Format::Rgba8Unorm, 320, 180);
        let input = streams.device.create_texture(&good);
        fill(&streams.queue, &input, scene.frame());
        let foreign = other_device.create_texture(&good);
        for _ in 0..6 {
            let _ = streams.next(&mut scene, Format::Rgba8Unorm);
        }
        streams.at = streams.at + Duration::from_millis(33);
        let outcome = streams
            .textures
            .process_texture(&input, streams.at, &foreign);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::OutputLost);
        let held = read(&other_device, &other_queue, &foreign, spec);
        assert!(held.bytes().iter().all(|&byte| byte == 0));

        for _ in 0..6 {
            let _ = streams.next(&mut scene, Format::Rgba8Unorm);
        }
        let output = streams.device.create_texture(&good);
        streams.device.destroy();
        for _ in 0..2 {
            streams.at = streams.at + Duration::from_millis(33);
            let outcome = streams
                .textures
                .process_texture(&input, streams.at, &output);
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutputLost, "{error}");
            let idle = streams.textures.idle_texture(streams.at, &output);
            assert_eq!(idle.unwrap_err().kind(), ErrorKind::OutputLost);
        }
    }
}

#[test]
fn a_device_that_is_lost_or_cannot_compute_cannot_be_built_on() {
    for (limits, is_lost) in [
        (wgpu::Limits::default(), true),
        (wgpu::Limits::downlevel_webgl2_defaults(), false),
    ] {
        let Some([(device, queue), _]) = test_devices(limits) else {
            return;
        };
        if is_lost {
            device.destroy();
        }
        let engine = Box::new(FakeEngine::new(Script::new([Answer::Person]), None));
        let setup = setup(&Background::default());
        let built = setup.build_for_textures_with(engine, FakeEngine::spec(), device, queue);
        let error = built.map(drop).unwrap_err();
        assert_eq!(error.kind(), SetupErrorKind::Compositor, "{error}");
    }
}

#[test]
fn a_device_too_small_for_a_frame_gives_cards_and_the_reason() {
    let limits = wgpu::Limits {
        max_storage_buffer_binding_size: 1 << 17,
        ..wgpu::Limits::default()
    };
    let Some([(device, queue), _]) = test_devices(limits) else {
        return;
    };
    let engine = Box::new(FakeEngine::new(Script::new([Answer::Person]), None));
    let mut pipeline = setup(&Background::default())
        .build_for_textures_with(engine, FakeEngine::spec(), device.clone(), queue)
        .unwrap();
    assert_eq!(pipeline.last_failure(), None);
    let frame = descriptor(Format::Rgba8Unorm, 320, 180);
    let [input, output] = [(); 2].map(|()| device.create_texture(&frame));
    for number in 1..4 {
        let at = Timestamp::from_millis(33 * number);
        let report = pipeline.process_texture(&input, at, &output).unwrap();
        assert_eq!(report.shown, Shown::Card(Cause::Compositor));
    }
    let failure = pipeline.last_failure().unwrap();
    // Rows of 1280 bytes, behind 512 for the receipts.
    let bytes = (1280 * 180 + 512).to_string();
    for word in [bytes.as_str(), "131072"] {
        assert!(failure.contains(word), "{failure}");
    }
}
