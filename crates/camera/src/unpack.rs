use std::fmt;

use frosted_core::{Frame, FrameSpec, FrameView, PixelFormat};

use crate::error::{CameraError, CameraErrorKind};
use crate::jpeg::JpegDecoder;
use crate::mode::Encoding;
use crate::source::Capture;

/// Makes frames of what a camera delivers: raw ones as they lie, MJPEG decoded straight to
/// what is composited, 4:2:0 to I420 and 4:2:2 to YUYV.
///
/// Keeps its buffers, so one serves a whole stream.
pub struct Unpacker {
    decoder: JpegDecoder,
    decoded: Frame,
}

impl Unpacker {
    /// An unpacker for any stream.
    pub fn new() -> Self {
        let smallest = FrameSpec::new(
            PixelFormat::I420,
            frosted_core::MIN_SIDE,
            frosted_core::MIN_SIDE,
        )
        .expect("the smallest frame is a frame");
        Self {
            decoder: JpegDecoder::packed(),
            decoded: Frame::new(smallest),
        }
    }

    /// The frame that `capture` holds.
    ///
    /// # Errors
    /// [`Damaged`](CameraErrorKind::Damaged) if it is shorter than a frame, or a JPEG picture
    /// that is broken, cut off or of another size than the mode's;
    /// [`Unsupported`](CameraErrorKind::Unsupported) for sizes and JPEG pictures that are not
    /// supported at all.
    pub fn frame<'a>(&'a mut self, capture: &Capture<'a>) -> Result<FrameView<'a>, CameraError> {
        let mode = capture.mode;
        let Encoding::Raw(format) = mode.encoding else {
            let fits = |width, height| {
                if (width, height) == (mode.width, mode.height) {
                    return Ok(());
                }
                Err(CameraError::new(
                    CameraErrorKind::Damaged,
                    format!(
                        "the camera sent a JPEG picture of {width}x{height} in a stream of {}x{}",
                        mode.width, mode.height
                    ),
                ))
            };
            self.decoder
                .decode_if(capture.bytes, &mut self.decoded, fits)?;
            self.decoded.set_captured_at(capture.captured_at);
            return Ok(self.decoded.view());
        };
        let strides = strides(format, capture);
        let spec = FrameSpec::new(format, mode.width, mode.height)?
            .with_stride_bytes(&strides[..format.plane_count()])?
            .with_colour(capture.colour);
        FrameView::from_buffer(spec, capture.bytes, capture.captured_at)
            .map_err(|error| CameraError::new(CameraErrorKind::Damaged, error.to_string()))
    }
}

impl Default for Unpacker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacker").finish_non_exhaustive()
    }
}

/// The strides of all planes from that of the first: V4L2's rule for formats in one buffer
/// (`bytesperline`, "Single-planar format structure"), chroma of half width at half of it.
fn strides(format: PixelFormat, capture: &Capture<'_>) -> [usize; 3] {
    let tight = format
        .plane_size(0, capture.mode.width, capture.mode.height)
        .0;
    let first = capture.stride_bytes.max(tight);
    let chroma = format
        .plane_size(1, capture.mode.width, capture.mode.height)
        .0;
    match format {
        PixelFormat::I420 | PixelFormat::I422 => {
            let half = if first == tight { chroma } else { first / 2 };
            [first, half.max(chroma), half.max(chroma)]
        }
        PixelFormat::Nv12 | PixelFormat::Nv21 => [first, first.max(chroma), 0],
        _ => [first, 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mode::Mode;

    fn mode(encoding: Encoding) -> Mode {
        Mode {
            encoding,
            width: 32,
            height: 16,
            rate: None,
        }
    }

    #[test]
    fn a_raw_frame_is_as_long_as_the_device_says_and_not_longer() {
        let mode = mode(Encoding::Raw(PixelFormat::Yuyv));
        let bytes = vec![7; 32 * 2 * 16];
        let whole = Capture::new(&bytes, mode, 0);
        assert_eq!(Unpacker::new().frame(&whole).unwrap().row(0, 15), [7; 64]);
        let cut = Capture::new(&bytes[..bytes.len() - 1], mode, 0);
        let error = Unpacker::new().frame(&cut).unwrap_err();
        assert_eq!(error.kind(), CameraErrorKind::Damaged);
    }

    #[test]
    fn strides_of_the_device_are_kept_in_every_plane() {
        let mode = mode(Encoding::Raw(PixelFormat::I420));
        let bytes: Vec<u8> = (0..40 * 16 + 2 * 20 * 8).map(|i| (i % 251) as u8).collect();
        let mut capture = Capture::new(&bytes, mode, 0);
        capture.stride_bytes = 40;
        let mut unpacker = Unpacker::new();
        let frame = unpacker.frame(&capture).unwrap();
        assert_eq!(frame.row(0, 1), &bytes[40..72]);
        assert_eq!(frame.row(2, 1), &bytes[40 * 16 + 20 * 8 + 20..][..16]);
    }

    #[test]
    fn pictures_that_are_broken_or_of_another_size_are_damaged() {
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 90)
            .encode(&[90; 48 * 16 * 3], 48, 16, jpeg_encoder::ColorType::Ycbcr)
            .unwrap();
        for bytes in [&jpeg[..], &jpeg[..jpeg.len() / 2], b"", b"\xff\xd8\xff\xd9"] {
            let capture = Capture::new(bytes, mode(Encoding::Mjpeg), 0);
            let error = Unpacker::new().frame(&capture).unwrap_err();
            assert_eq!(error.kind(), CameraErrorKind::Damaged, "{error}");
        }
        let fitting = Mode {
            width: 48,
            ..mode(Encoding::Mjpeg)
        };
        let capture = Capture::new(&jpeg, fitting, 0);
        let mut unpacker = Unpacker::new();
        assert_eq!(
            unpacker.frame(&capture).unwrap().captured_at(),
            capture.captured_at
        );
    }
}
