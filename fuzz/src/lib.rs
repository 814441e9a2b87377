//! What comes in from outside, fed with bytes that nobody meant: none of it may panic, and
//! what is accepted must be whole.
#![forbid(unsafe_code)]

use frosted::{Frame, FrameSpec, FrameView, FrameViewMut, ModelSpec, PixelFormat, Timestamp};
use frosted_app::media::mjpeg::MjpegReader;
use frosted_app::media::y4m::{Y4mReader, Y4mWriter};
use frosted_app::media::{Rate, Sink, Source};

/// A target: takes bytes, panics on a fault.
pub type Target = fn(&[u8]);

/// Every target with the name of its corpus.
pub const TARGETS: [(&str, Target); 4] = [
    ("frame_layout", frame_layout),
    ("y4m", y4m),
    ("mjpeg", mjpeg),
    ("model_spec", model_spec),
];

/// Sizes, strides and lengths: a frame that is accepted has all its rows.
///
/// The first 15 bytes are format, width, height, three strides and what is missing of the
/// buffer, in 16 bits each from the second byte on.
pub fn frame_layout(bytes: &[u8]) {
    let number = |at: usize| {
        let pair = [bytes.get(at).copied(), bytes.get(at + 1).copied()].map(Option::unwrap_or_default);
        usize::from(u16::from_le_bytes(pair))
    };
    let format = PixelFormat::ALL[usize::from(bytes.first().copied().unwrap_or_default()) % PixelFormat::ALL.len()];
    let Ok(spec) = FrameSpec::new(format, number(1), number(3)) else { return };
    let strides = [number(5), number(7), number(9)];
    let spec = spec.with_stride_bytes(&strides[..format.plane_count()]).unwrap_or(spec);
    if spec.buffer_bytes() > 1 << 22 {
        return;
    }
    let mut buffer = vec![3; spec.buffer_bytes().saturating_sub(number(11))];
    if let Ok(view) = FrameView::from_buffer(spec, &buffer, Timestamp::ZERO) {
        let mut owned = Frame::new(spec);
        owned.copy_from(&view);
        for plane in 0..format.plane_count() {
            assert_eq!(view.row(plane, spec.plane_rows(plane) - 1).len(), spec.plane_row_bytes(plane));
        }
    }
    if let Ok(mut view) = FrameViewMut::from_buffer(spec, &mut buffer) {
        view.fill(frosted::Rgb::new(1, 2, 3));
    }
}

/// Y4M: what is read can be written and read again.
pub fn y4m(bytes: &[u8]) {
    let Ok(mut reader) = Y4mReader::new(bytes, rate()) else { return };
    let info = reader.info().clone();
    let mut frame = Frame::new(info.spec);
    let mut writer = Y4mWriter::new(Vec::new(), &info).ok();
    for _ in 0..3 {
        match reader.next(&mut frame) {
            Ok(true) => {
                assert!(frame.spec().same_picture(&info.spec), "a frame is of its stream's spec");
                if let Some(writer) = &mut writer {
                    writer.write(&frame.view()).expect("memory takes every frame");
                }
            }
            Ok(false) | Err(_) => break,
        }
    }
    if let Some(writer) = writer {
        let written = writer.into_inner();
        Y4mReader::new(&written[..], rate()).expect("what was written can be read");
    }
}

/// Raw MJPEG: no picture is accepted that is not of the stream's size.
pub fn mjpeg(bytes: &[u8]) {
    let Ok(mut reader) = MjpegReader::new(bytes, rate()) else { return };
    let spec = reader.info().spec;
    let mut frame = Frame::new(spec);
    for _ in 0..3 {
        match reader.next(&mut frame) {
            Ok(true) => assert!(frame.spec().same_picture(&spec), "a frame is of its stream's spec"),
            Ok(false) | Err(_) => break,
        }
    }
}

/// Model specs: what is accepted has a name, and states that fit into memory.
pub fn model_spec(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(spec) = ModelSpec::from_toml(text) {
        assert!(!spec.name().is_empty());
        let values = |shape: &[usize]| shape.iter().try_fold(1, |size: usize, &side| size.checked_mul(side));
        let sizes = spec.states().iter().map(|state| values(state.shape()).expect("a state has a size"));
        assert!(sizes.sum::<usize>() <= 1 << 24, "the states are bounded");
    }
}

fn rate() -> Rate {
    Rate::new(25, 1).expect("25 frames a second is a rate")
}
