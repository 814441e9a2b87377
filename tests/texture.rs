//! Frames that are textures: protected as frames in memory are, to the byte, and covered where
//! they cannot be.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod textures;

use std::sync::Arc;
use std::time::Duration;

use frosted::gpu::{Handover, TextureOptions, TexturePipeline, wgpu};
use frosted::{
    Background, Cause, Clock, CompositorChoice, ErrorKind, Frame, FrameReport, FrameSpec,
    Newcomers, Picture, Pipeline, PixelFormat, Rgb, Rotation, Settings, Setup, SetupErrorKind,
    Shown, TextHeight, Timestamp,
};
use frosted_testing::{Answer, CanaryScene, FakeEngine, ManualClock, Script, find_canary};
use textures::{descriptor, fill, read, software_devices};
use wgpu::TextureFormat as Format;

#[derive(Debug)]
struct StoppedClock(ManualClock);

impl Clock for StoppedClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

fn setup(background: &Background) -> Setup {
    Setup {
        compositor: CompositorChoice::Cpu,
        settings: Settings {
            background: background.clone(),
            newcomers: Newcomers::AtOnce,
            ..Settings::default()
        },
        clock: Some(Arc::new(StoppedClock(ManualClock::default()))),
        ..Setup::default()
    }
}

/// The same stream, in textures and in memory.
struct Streams {
    device: wgpu::Device,
    queue: wgpu::Queue,
    /// Another device of the same GPU.
    foreign: (wgpu::Device, wgpu::Queue),
    textures: TexturePipeline,
    memory: Pipeline,
    scripts: [Script; 2],
    at: Timestamp,
}

impl Streams {
    fn new(background: &Background) -> Option<Self> {
        let [(device, queue), foreign] = software_devices(wgpu::Limits::default())?;
        let scripts = [Answer::Person; 2].map(|answer| Script::new([answer]));
        let engine = |at: usize| Box::new(FakeEngine::new(scripts[at].clone(), None));
        let textures = setup(background)
            .build_for_textures_with(engine(0), FakeEngine::spec(), device.clone(), queue.clone())
            .unwrap();
        let memory = setup(background).build_with(engine(1), FakeEngine::spec());
        Some(Self {
            textures,
            memory: memory.unwrap(),
            scripts,
            foreign,
            device,
            queue,
            at: Timestamp::ZERO,
        })
    }

    fn answer(&self, answers: &[Answer]) {
        for script in &self.scripts {
            script.set(answers.iter().copied());
        }
    }

    /// Both outputs of the next frame of `scene`, and what was reported; the output's texture
    /// held the room before.
    fn next(&mut self, scene: &mut CanaryScene, format: Format) -> [(Frame, FrameReport); 2] {
        self.at = self.at + Duration::from_millis(33);
        let frame = scene.advance(self.at);
        let spec = *frame.spec();
        let [input, output] = [(); 2].map(|()| {
            let texture =
                self.device
                    .create_texture(&descriptor(format, spec.width(), spec.height()));
            fill(&self.queue, &texture, frame);
            texture
        });
        let report = self.textures.process_texture(&input, self.at, &output);
        let shown = read(&self.device, &self.queue, &output, spec);
        let mut expected = frame.clone();
        let in_memory = self.memory.process(&frame.view(), &mut expected.view_mut());
        [(shown, report.unwrap()), (expected, in_memory.unwrap())]
    }
}

fn backgrounds() -> [Background; 5] {
    [
        Background::Blur(TextHeight::default()),
        Background::Frost(TextHeight::default()),
        Background::Colour(Rgb::KEY_GREEN),
        Background::Image(Picture::new(64, 36, vec![70; 64 * 36 * 3]).unwrap()),
        Background::Transparent,
    ]
}

/// Frames of a size and a rotation, and what the network says of them.
const STORY: [(usize, usize, Rotation, &[Answer]); 4] = [
    (320, 180, Rotation::None, &[Answer::Person; 8]),
    (
        320,
        180,
        Rotation::None,
        &[
            Answer::Nobody,
            Answer::Nobody,
            Answer::Person,
            Answer::Error,
            Answer::Person,
        ],
    ),
    (321, 181, Rotation::None, &[Answer::Person; 6]),
    (181, 321, Rotation::Clockwise90, &[Answer::Person; 6]),
];

/// Runs the story, and says in how many frames the person, a covered frame and a card were.
fn run_story(streams: &mut Streams, format: Format, pixels: PixelFormat) -> [usize; 3] {
    let mut seen = [0; 3];
    for (width, height, rotation, answers) in STORY {
        let spec = FrameSpec::new(pixels, width, height).unwrap();
        let mut scene = CanaryScene::new(spec.with_rotation(rotation));
        let options = streams.textures.options();
        streams.textures.set_options(TextureOptions {
            rotation,
            ..options
        });
        streams.answer(answers);
        for answer in answers {
            let [(shown, report), (expected, in_memory)] = streams.next(&mut scene, format);
            let what = format!("{format:?} {width}x{height} {answer:?} {report:?}");
            assert_eq!(report, in_memory, "{what}");
            assert!(shown.bytes() == expected.bytes(), "{what}: bytes differ");
            seen[match report.shown {
                Shown::Person => 0,
                Shown::AllCovered(_) => 1,
                _ => 2,
            }] += 1;
            let room = find_canary(&scene.frame().view(), &shown.view());
            assert_eq!(room, Ok(()), "{what}");
        }
    }
    seen
}

#[test]
fn a_texture_becomes_what_the_same_frame_in_memory_becomes() {
    for background in backgrounds() {
        let Some(mut streams) = Streams::new(&background) else {
            return;
        };
        let seen = run_story(&mut streams, Format::Rgba8Unorm, PixelFormat::Rgba8);
        assert!(
            seen.iter().all(|&frames| frames > 0),
            "{background:?}: the story shows too little, {seen:?}"
        );
    }
}

#[test]
fn it_does_so_in_every_format_and_when_nobody_waits_for_the_gpu() {
    for (format, pixels) in [
        (Format::Rgba8UnormSrgb, PixelFormat::Rgba8),
        (Format::Bgra8Unorm, PixelFormat::Bgra8),
        (Format::Bgra8UnormSrgb, PixelFormat::Bgra8),
    ] {
        let Some(mut streams) = Streams::new(&Background::default()) else {
            return;
        };
        streams.textures.set_options(TextureOptions {
            handover: Handover::AtOnce,
            ..TextureOptions::default()
        });
        run_story(&mut streams, format, pixels);
    }
}

#[test]
fn settings_that_change_in_mid_stream_change_the_same() {
    let Some(mut streams) = Streams::new(&Background::default()) else {
        return;
    };
    for background in backgrounds() {
        let settings = setup(&background).settings;
        streams.textures.set_settings(settings.clone());
        streams.memory.set_settings(settings);
        run_story(&mut streams, Format::Rgba8Unorm, PixelFormat::Rgba8);
        streams.textures.reset();
        streams.memory.reset();
    }
}

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
fn idling_shows_the_card() {
    let Some(mut streams) = Streams::new(&Background::default()) else {
        return;
    };
    let spec = FrameSpec::new(PixelFormat::Rgba8, 320, 180).unwrap();
    let scene = CanaryScene::new(spec);
    let output = streams
        .device
        .create_texture(&descriptor(Format::Rgba8Unorm, 320, 180));
    fill(&streams.queue, &output, scene.frame());
    let report = streams.textures.idle_texture(streams.at, &output).unwrap();
    assert_eq!(report.shown, Shown::Card(Cause::Starting));
    let mut card = Frame::new(spec);
    let in_memory = streams.memory.idle(streams.at, &mut card.view_mut());
    assert_eq!(in_memory.unwrap().shown, report.shown);
    let shown = read(&streams.device, &streams.queue, &output, spec);
    assert!(shown.bytes() == card.bytes());
}

#[test]
fn a_device_that_is_lost_or_cannot_compute_cannot_be_built_on() {
    for (limits, is_lost) in [
        (wgpu::Limits::default(), true),
        (wgpu::Limits::downlevel_webgl2_defaults(), false),
    ] {
        let Some([(device, queue), _]) = software_devices(limits) else {
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
    let Some([(device, queue), _]) = software_devices(limits) else {
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

#[test]
fn a_pipeline_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<TexturePipeline>();
}
