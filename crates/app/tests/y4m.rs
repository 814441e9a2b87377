//! Y4M in and out: nothing is lost, nothing panics, every fault is named.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use frosted::{Colour, Frame, FrameSpec, Matrix, PixelFormat, Range};
use frosted_app::media::y4m::{Header, Y4mReader, Y4mWriter};
use frosted_app::media::{
    MediaError, MediaErrorKind, Rate, Sink, Siting, Source, StreamInfo, Timing,
};
use proptest::prelude::*;

fn open(bytes: &[u8]) -> Result<Y4mReader<Cursor<&[u8]>>, MediaError> {
    Y4mReader::new(Cursor::new(bytes), Rate::PAL)
}

fn read_all(bytes: &[u8]) -> Result<Vec<Frame>, MediaError> {
    let mut reader = open(bytes)?;
    let mut frame = Frame::new(reader.info().spec);
    let mut frames = Vec::new();
    while reader.next(&mut frame)? {
        frames.push(frame.clone());
    }
    Ok(frames)
}

fn write_all(info: &StreamInfo, frames: &[Frame]) -> Vec<u8> {
    let mut writer = Y4mWriter::new(Vec::new(), info).unwrap();
    for frame in frames {
        writer.write(&frame.view()).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner()
}

fn noise(spec: FrameSpec, seed: u32) -> Frame {
    let mut frame = Frame::new(spec);
    let mut state = seed;
    for byte in frame.bytes_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    frame
}

proptest! {
    #[test]
    fn a_round_trip_keeps_every_sample_and_the_header(
        width in 16usize..70,
        height in 16usize..70,
        count in 1u32..4,
        i420: bool,
        full: bool,
        (over, under) in (1u32..60_000, 1u32..1001),
        aspect in (1u32..100, 1u32..100),
        siting in prop::sample::select(vec![Siting::Centre, Siting::Left, Siting::PalDv]),
    ) {
        prop_assume!(Rate::new(over, under).is_ok());
        let format = if i420 { PixelFormat::I420 } else { PixelFormat::I422 };
        let range = if full { Range::Full } else { Range::Limited };
        let spec = FrameSpec::new(format, width, height)
            .unwrap()
            .with_colour(Colour { matrix: Matrix::Bt601, range });
        let timing = Timing::Constant(Rate::new(over, under).unwrap());
        let mut info = StreamInfo::new(spec, timing);
        info.pixel_aspect = aspect;
        info.siting = if i420 { siting } else { Siting::Left };
        let frames: Vec<_> = (0..count).map(|seed| noise(spec, seed)).collect();
        let bytes = write_all(&info, &frames);

        let reader = open(&bytes).unwrap();
        prop_assert_eq!(reader.info().spec, spec);
        prop_assert_eq!(&reader.info().timing, &info.timing);
        prop_assert_eq!(reader.info().pixel_aspect, aspect);
        prop_assert_eq!(reader.info().siting, info.siting);
        let back = read_all(&bytes).unwrap();
        prop_assert_eq!(back.len(), frames.len());
        for (index, (back, frame)) in back.iter().zip(&frames).enumerate() {
            prop_assert_eq!(back.bytes(), frame.bytes());
            prop_assert_eq!(back.captured_at(), info.timing.time_of(index as u64));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_all(&bytes);
    }

    #[test]
    fn arbitrary_parameters_never_panic(text in "( [A-Z]{0,2}[0-9a-z:=]{0,12}){0,8}", tail: Vec<u8>) {
        let _ = Header::parse(format!("YUV4MPEG2{text}").as_bytes());
        let mut bytes = format!("YUV4MPEG2 W16 H16{text}\nFRAME\n").into_bytes();
        bytes.extend(tail);
        let _ = read_all(&bytes);
    }

    #[test]
    fn every_cut_within_a_frame_is_an_error_that_says_where(cut in 1usize..2 * 390) {
        let spec = FrameSpec::new(PixelFormat::I420, 16, 16).unwrap();
        let info = StreamInfo::new(spec, Timing::Constant(Rate::PAL));
        let whole = write_all(&info, &[noise(spec, 1), noise(spec, 2)]);
        let frame_bytes = "FRAME\n".len() + spec.buffer_bytes();
        prop_assume!(cut % frame_bytes != 0);
        let error = read_all(&whole[..whole.len() - cut]).unwrap_err();
        let frame = if cut < frame_bytes { "frame 2" } else { "frame 1" };
        prop_assert_eq!(error.kind(), MediaErrorKind::Damaged);
        prop_assert!(error.to_string().contains(frame), "{}", error);
    }
}

#[test]
fn variants_are_read_or_refused_by_name() {
    let cases = [
        ("", Ok(PixelFormat::I420)),
        (" C420", Ok(PixelFormat::I420)),
        (" C420jpeg", Ok(PixelFormat::I420)),
        (" C420mpeg2", Ok(PixelFormat::I420)),
        (" C420paldv", Ok(PixelFormat::I420)),
        (" C422", Ok(PixelFormat::I422)),
        (" Ip", Ok(PixelFormat::I420)),
        (" I?", Ok(PixelFormat::I420)),
        (" F0:0", Ok(PixelFormat::I420)),
        (" Xsomething", Ok(PixelFormat::I420)),
        (" Cmono", Err("\"mono\"")),
        (" C444", Err("\"444\"")),
        (" C411", Err("\"411\"")),
        (" C420p10", Err("\"420p10\"")),
        (" It", Err("interlaced")),
        (" Im", Err("interlaced")),
        (" F25:0", Err("25/0")),
        (" F9999999:1", Err("9999999/1")),
        (" Fx", Err("\"Fx\"")),
        (" A1:0", Err("\"A1:0\"")),
        (" W-5", Err("\"W-5\"")),
    ];
    for (parameters, expected) in cases {
        let read = Header::parse(format!("YUV4MPEG2 W64 H48{parameters}").as_bytes());
        match (read, expected) {
            (Ok(header), Ok(format)) => assert_eq!(header.spec.format(), format, "{parameters}"),
            (Err(error), Err(named)) => {
                assert!(error.to_string().contains(named), "{parameters}: {error}");
            }
            (read, _) => panic!("{parameters}: {read:?}"),
        }
    }
}

#[test]
fn ranges_are_taken_from_the_stream() {
    for (parameter, range) in [
        ("", Range::Limited),
        (" XCOLORRANGE=FULL", Range::Full),
        (" XCOLORRANGE=LIMITED", Range::Limited),
    ] {
        let header = Header::parse(format!("YUV4MPEG2 W64 H48{parameter}").as_bytes()).unwrap();
        assert_eq!(header.spec.colour().range, range, "{parameter}");
    }
}

#[test]
fn absurd_sizes_and_endless_lines_are_refused_before_anything_is_allocated() {
    let long = [b"YUV4MPEG2 W64 H48 X".as_slice(), &[b'a'; 5000]].concat();
    let cases: [(&[u8], &str); 8] = [
        (b"YUV4MPEG2 W0 H48\n", "0x48"),
        (b"YUV4MPEG2 W100000 H100000\n", "100000x100000"),
        (
            b"YUV4MPEG2 W99999999999999999999 H48\n",
            "W99999999999999999999",
        ),
        (b"YUV4MPEG2 W64\n", "lacks"),
        (b"YUV4MPEG2 W64 H48", "cut off"),
        (b"", "empty"),
        (b"RIFF and so on\n", "not Y4M"),
        (&long, "longer than 1024"),
    ];
    for (bytes, named) in cases {
        let error = open(bytes).unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
    }
}

#[test]
fn a_header_without_frames_is_an_error() {
    let error = read_all(b"YUV4MPEG2 W64 H48 F25:1\n").unwrap_err();
    assert!(error.to_string().contains("no frame"), "{error}");
}
