//! Frames that are textures: protected as frames in memory are, to the byte.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod textures;

use frosted::gpu::{Handover, TextureOptions, TexturePipeline};
use frosted::{
    Background, Cause, Frame, FrameSpec, Picture, PixelFormat, Rgb, Rotation, Shown, TextHeight,
};
use frosted_testing::{Answer, CanaryScene, find_canary};
use textures::stream::{Streams, setup};
use textures::{Format, descriptor, fill, read};

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
fn a_pipeline_can_go_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<TexturePipeline>();
}
