//! Raw Motion JPEG: every fault is an error that says in which frame and where.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use frosted::{Colour, Frame, FrameSpec, PixelFormat, Rgb};
use frosted_app::media::mjpeg::{MjpegReader, MjpegWriter};
use frosted_app::media::{MediaError, Rate, Sink, Source, StreamInfo, Timing};
use proptest::prelude::*;

fn info(format: PixelFormat, width: usize, height: usize) -> StreamInfo {
    let spec = FrameSpec::new(format, width, height)
        .unwrap()
        .with_colour(Colour::JPEG);
    StreamInfo::new(spec, Timing::Constant(Rate::PAL))
}

fn grey(info: &StreamInfo, level: u8) -> Frame {
    let mut frame = Frame::new(info.spec);
    frame.view_mut().fill(Rgb::new(level, level, level));
    // A corner that is not flat gives the coder something to do.
    for (x, sample) in frame.view_mut().row_mut(0, 3).iter_mut().enumerate() {
        *sample = (x * 13) as u8;
    }
    frame
}

fn picture(level: u8) -> Vec<u8> {
    clip(&info(PixelFormat::I420, 48, 32), &[level])
}

fn clip(info: &StreamInfo, levels: &[u8]) -> Vec<u8> {
    struct Shared<'a>(&'a mut Vec<u8>);
    impl std::io::Write for Shared<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut bytes = Vec::new();
    let mut writer = MjpegWriter::new(Shared(&mut bytes), info).unwrap();
    for &level in levels {
        writer.write(&grey(info, level).view()).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

fn read_all(bytes: &[u8]) -> Result<Vec<Frame>, MediaError> {
    let mut reader = MjpegReader::new(Cursor::new(bytes), Rate::PAL)?;
    let mut frame = Frame::new(reader.info().spec);
    let mut frames = Vec::new();
    while reader.next(&mut frame)? {
        frames.push(frame.clone());
    }
    Ok(frames)
}

#[test]
fn as_many_frames_come_back_as_went_in_with_their_times() {
    for format in [PixelFormat::I420, PixelFormat::I422] {
        let info = info(format, 49, 33);
        let levels = [20, 90, 160, 230];
        let frames = read_all(&clip(&info, &levels)).unwrap();
        assert_eq!(frames.len(), levels.len());
        for (index, (frame, level)) in frames.iter().zip(levels).enumerate() {
            assert_eq!(frame.spec(), &info.spec);
            assert_eq!(frame.captured_at(), info.timing.time_of(index as u64));
            assert!(
                frame.view().row(0, 20)[20].abs_diff(level) <= 2,
                "{format} {index}"
            );
        }
    }
}

#[test]
fn padding_between_pictures_is_passed_over() {
    let bytes = [picture(50), vec![0; 9], picture(60), vec![0xFF, 0, 0]].concat();
    assert_eq!(read_all(&bytes).unwrap().len(), 2);
}

#[test]
fn a_thumbnail_inside_a_picture_is_no_frame() {
    let thumbnail = picture(99);
    let length = (thumbnail.len() + 2) as u16;
    let mut planted = picture(50);
    let segment = [&[0xFF, 0xE1], length.to_be_bytes().as_slice(), &thumbnail].concat();
    planted.splice(2..2, segment);
    let frames = read_all(&[planted, picture(60)].concat()).unwrap();
    assert_eq!(frames.len(), 2);
    assert!(frames[0].view().row(0, 20)[20].abs_diff(50) <= 2);
}

#[test]
fn faults_name_the_frame_and_the_byte() {
    let one = picture(50);
    let middle = format!("frame 2 at byte {}", one.len());
    let broken = |damage: fn(&mut Vec<u8>)| {
        let mut second = picture(90);
        damage(&mut second);
        [one.clone(), second, picture(120)].concat()
    };
    let other_size = clip(&info(PixelFormat::I420, 64, 48), &[1]);
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("nothing", vec![], "empty"),
        (
            "garbage between",
            [one.clone(), b"garbage".to_vec(), one.clone()].concat(),
            &middle,
        ),
        (
            "cut off",
            [one.clone(), one[..one.len() / 2].to_vec()].concat(),
            &middle,
        ),
        (
            "a stray marker in the codes",
            broken(|jpeg| {
                let at = jpeg.len() - 40;
                jpeg.splice(at..at + 2, [0xFF, 0xC0]);
            }),
            &middle,
        ),
        ("tables torn", broken(|jpeg| jpeg[25] = 0xFF), &middle),
        ("another size", [one.clone(), other_size].concat(), "64x48"),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, named) in cases {
        match read_all(&bytes) {
            Err(error) if error.to_string().contains(named) => {}
            other => wrong.push(format!("{name}: {:?}", other.map(|frames| frames.len()))),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..800)) {
        let _ = read_all(&bytes);
        let _ = read_all(&[&[0xFF, 0xD8][..], &bytes].concat());
    }

    #[test]
    fn damaged_pictures_never_panic(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [picture(50), picture(90)].concat();
        for (at, value) in hits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read_all(&bytes);
        let _ = read_all(&bytes[..cut.index(bytes.len())]);
    }
}
