//! JPEG pictures: straight between their coded planes and a frame's.

use frosted::camera::{CameraError, CameraErrorKind};
use frosted::{Colour, FrameView, PixelFormat};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};

use super::MediaError;

pub use frosted::camera::JpegDecoder as PlaneDecoder;

impl From<CameraError> for MediaError {
    fn from(error: CameraError) -> Self {
        match error.kind() {
            CameraErrorKind::Damaged => Self::damaged(error.to_string()),
            _ => Self::unsupported(error.to_string()),
        }
    }
}

pub(crate) fn damaged(error: &zune_jpeg::errors::DecodeErrors) -> MediaError {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().trim();
    MediaError::damaged(format!("the JPEG picture is damaged or cut off ({line})"))
}

/// Encodes frames as baseline JPEG that holds the picture and nothing else.
///
/// I420 and I422 keep their chroma sampling; RGB is coded as 4:4:4. Y'CbCr of another range
/// or matrix than JPEG's is converted, pixel by pixel.
#[derive(Debug)]
pub struct FrameEncoder {
    /// 1 = smallest file, 100 = best picture.
    quality: u8,
}

impl FrameEncoder {
    /// An encoder of this quality: 1 = smallest file, 100 = best picture.
    pub fn new(quality: u8) -> Self {
        Self {
            quality: quality.clamp(1, 100),
        }
    }

    /// Appends one picture to `jpeg`.
    ///
    /// # Errors
    /// [`MediaError`] if the format cannot be coded.
    pub fn encode(&self, frame: &FrameView<'_>, jpeg: &mut Vec<u8>) -> Result<(), MediaError> {
        let sampling = match frame.spec().format() {
            PixelFormat::I420 => SamplingFactor::F_2_2,
            PixelFormat::I422 => SamplingFactor::F_2_1,
            PixelFormat::Rgb8 => SamplingFactor::F_1_1,
            other => {
                return Err(MediaError::unsupported(format!(
                    "JPEG cannot hold {other} here, it holds i420, i422 and rgb24"
                )));
            }
        };
        let mut encoder = Encoder::new(jpeg, self.quality);
        encoder.set_sampling_factor(sampling);
        encoder
            .encode_image(Picture(frame))
            .map_err(|error| MediaError::unsupported(format!("JPEG cannot be coded: {error}")))
    }
}

struct Picture<'a, 'f>(&'a FrameView<'f>);

impl ImageBuffer for Picture<'_, '_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        u16::try_from(self.0.spec().width()).expect("frames are at most 7680 wide")
    }

    fn height(&self) -> u16 {
        u16::try_from(self.0.spec().height()).expect("frames are at most 7680 high")
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (frame, y) = (self.0, usize::from(y));
        let spec = frame.spec();
        let [luma, cb, cr, _] = buffers;
        if spec.format() == PixelFormat::Rgb8 {
            for rgb in frame.row(0, y).chunks_exact(3) {
                let rgb = frosted::Rgb::new(rgb[0], rgb[1], rgb[2]);
                let codes = Colour::JPEG.yuv_of(rgb);
                push(codes, luma, cb, cr);
            }
            return;
        }
        let chroma_y = if spec.format() == PixelFormat::I420 {
            y / 2
        } else {
            y
        };
        let (row, row_cb, row_cr) = (
            frame.row(0, y),
            frame.row(1, chroma_y),
            frame.row(2, chroma_y),
        );
        for (x, &code) in row.iter().enumerate() {
            let codes = [code, row_cb[x / 2], row_cr[x / 2]];
            let codes = if spec.colour() == Colour::JPEG {
                codes
            } else {
                Colour::JPEG.yuv_of(spec.colour().rgb_of(codes))
            };
            push(codes, luma, cb, cr);
        }
    }
}

fn push(codes: [u8; 3], luma: &mut Vec<u8>, cb: &mut Vec<u8>, cr: &mut Vec<u8>) {
    luma.push(codes[0]);
    cb.push(codes[1]);
    cr.push(codes[2]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted::{Frame, FrameSpec, Timestamp};

    fn gradient(format: PixelFormat, width: usize, height: usize) -> Frame {
        let spec = FrameSpec::new(format, width, height)
            .unwrap()
            .with_colour(Colour::JPEG);
        let mut frame = Frame::new(spec);
        let mut view = frame.view_mut();
        for plane in 0..format.plane_count() {
            for y in 0..spec.plane_rows(plane) {
                for (x, sample) in view.row_mut(plane, y).iter_mut().enumerate() {
                    *sample = (60 + plane * 20 + x / 2 + y / 2) as u8;
                }
            }
        }
        frame
    }

    fn coded(frame: &Frame) -> Vec<u8> {
        let mut jpeg = Vec::new();
        FrameEncoder::new(95)
            .encode(&frame.view(), &mut jpeg)
            .unwrap();
        jpeg
    }

    #[test]
    fn planes_survive_coding_at_even_and_odd_sizes() {
        for format in [PixelFormat::I420, PixelFormat::I422] {
            for (width, height) in [(64, 48), (17, 19), (33, 16)] {
                let frame = gradient(format, width, height);
                let mut back = Frame::new(*frame.spec());
                PlaneDecoder::default()
                    .decode(&coded(&frame), &mut back)
                    .unwrap();
                assert_eq!(back.spec(), frame.spec());
                let worst = frame
                    .bytes()
                    .iter()
                    .zip(back.bytes())
                    .map(|(a, b)| a.abs_diff(*b))
                    .max();
                assert!(worst.unwrap() <= 6, "{format} {width}x{height}: {worst:?}");
            }
        }
    }

    #[test]
    fn four_four_four_becomes_i422_and_grey_becomes_neutral() {
        let rgb = Frame::new(FrameSpec::new(PixelFormat::Rgb8, 33, 17).unwrap());
        let mut frame = Frame::new(*rgb.spec());
        PlaneDecoder::default()
            .decode(&coded(&rgb), &mut frame)
            .unwrap();
        assert_eq!(frame.spec().format(), PixelFormat::I422);
        let mut grey = Vec::new();
        Encoder::new(&mut grey, 90)
            .encode(&[200; 20 * 18], 20, 18, jpeg_encoder::ColorType::Luma)
            .unwrap();
        PlaneDecoder::default().decode(&grey, &mut frame).unwrap();
        assert_eq!(frame.spec().format(), PixelFormat::I420);
        let view = frame.view();
        assert!(view.row(0, 5).iter().all(|&y| y.abs_diff(200) <= 2));
        assert!(view.row(1, 3).iter().all(|&c| c == 128));
    }

    #[test]
    fn limited_range_is_stretched_to_jpegs_full_range() {
        let mut frame = Frame::new(FrameSpec::new(PixelFormat::I420, 32, 32).unwrap());
        frame.view_mut().fill(frosted::Rgb::new(255, 255, 255));
        let mut back = Frame::new(*frame.spec());
        PlaneDecoder::default()
            .decode(&coded(&frame), &mut back)
            .unwrap();
        assert!(back.view().row(0, 9).iter().all(|&y| y >= 254));
        assert_eq!(back.captured_at(), Timestamp::ZERO);
    }

    #[test]
    fn every_cut_is_an_error() {
        let jpeg = coded(&gradient(PixelFormat::I420, 64, 48));
        let mut frame = Frame::new(FrameSpec::new(PixelFormat::I420, 64, 48).unwrap());
        for len in (0..jpeg.len() - 16).step_by(7) {
            let read = PlaneDecoder::default().decode(&jpeg[..len], &mut frame);
            assert!(
                read.is_err(),
                "{len} of {} bytes were taken for whole",
                jpeg.len()
            );
        }
    }
}
