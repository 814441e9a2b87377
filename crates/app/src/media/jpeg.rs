//! JPEG pictures: straight between their coded planes and a frame's.

use frosted::{Colour, Frame, FrameSpec, FrameView, PixelFormat};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::MediaError;

/// Decodes JPEG pictures to Y'CbCr frames without a detour by RGB.
///
/// 4:2:0 becomes I420 and 4:2:2 becomes I422 as they are. 4:4:4 becomes I422 and 4:4:0
/// becomes I420 by averaging chroma in pairs of columns; grey becomes I420 with neutral
/// chroma. Other samplings, CMYK and RGB are refused.
#[derive(Debug, Default)]
pub struct PlaneDecoder {
    wide_chroma: [Vec<u8>; 2],
}

/// How a picture's chroma gets into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chroma {
    AsCoded,
    HalveWidth,
    Neutral,
}

impl PlaneDecoder {
    /// Decodes one picture to `frame`, which takes on its size.
    ///
    /// # Errors
    /// [`MediaError`] if the picture is damaged, cut off, too large or of a sort that is not
    /// supported; what `frame` holds is undefined then.
    pub fn decode(&mut self, jpeg: &[u8], frame: &mut Frame) -> Result<(), MediaError> {
        // Strict: a damaged frame has to be an error and not a grey patch.
        let options = DecoderOptions::default().set_strict_mode(true);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        decoder.decode_headers().map_err(|error| damaged(&error))?;
        let (width, height) = decoder
            .dimensions()
            .ok_or_else(|| MediaError::damaged("the JPEG picture has no size"))?;
        let mut raw = decoder.raw_output();
        let count = raw.num_components().unwrap_or(0);
        let layout = raw
            .layout()
            .ok_or_else(|| MediaError::damaged("the JPEG picture has no planes"))?;
        let rgb = raw.component_ids().is_some_and(|ids| ids == *b"RGB");
        let factors: Vec<_> = layout
            .iter()
            .take(count)
            .map(|plane| {
                (
                    plane.horizontal_sampling_factor,
                    plane.vertical_sampling_factor,
                )
            })
            .collect();
        let (format, chroma) = arrangement(&factors, rgb)?;
        let spec = FrameSpec::new(format, width, height)
            .map_err(|error| MediaError::unsupported(format!("{error}: scale it first")))?
            .with_colour(Colour::JPEG);
        frame.reshape(spec);
        let (luma, rest) = frame.bytes_mut().split_at_mut(width * height);
        let (cb, cr) = rest.split_at_mut(rest.len() / 2);
        match chroma {
            Chroma::AsCoded => {
                let strides = [width, spec.plane_row_bytes(1), spec.plane_row_bytes(2)];
                raw.decode_into_planes_strided(&mut [luma, cb, cr], &strides)
                    .map_err(|error| damaged(&error))
            }
            Chroma::Neutral => {
                rest.fill(128);
                raw.decode_into_planes_strided(&mut [luma], &[width])
                    .map_err(|error| damaged(&error))
            }
            Chroma::HalveWidth => {
                let [wide_cb, wide_cr] = &mut self.wide_chroma;
                for wide in [&mut *wide_cb, &mut *wide_cr] {
                    wide.resize(width * spec.plane_rows(1), 0);
                }
                raw.decode_into_planes_strided(&mut [luma, wide_cb, wide_cr], &[width; 3])
                    .map_err(|error| damaged(&error))?;
                halve_width(wide_cb, width, cb);
                halve_width(wide_cr, width, cr);
                Ok(())
            }
        }
    }
}

/// Which format a picture of these sampling factors becomes.
fn arrangement(factors: &[(usize, usize)], rgb: bool) -> Result<(PixelFormat, Chroma), MediaError> {
    let ratio = match factors {
        [_] => return Ok((PixelFormat::I420, Chroma::Neutral)),
        [luma, cb, cr] if cb == cr && !rgb && luma.0 % cb.0.max(1) == 0 => (
            luma.0 / cb.0.max(1),
            luma.1 / cb.1.max(1),
            luma.1 % cb.1.max(1),
        ),
        _ => (0, 0, 0),
    };
    Ok(match ratio {
        (2, 2, 0) => (PixelFormat::I420, Chroma::AsCoded),
        (2, 1, 0) => (PixelFormat::I422, Chroma::AsCoded),
        (1, 1, 0) => (PixelFormat::I422, Chroma::HalveWidth),
        (1, 2, 0) => (PixelFormat::I420, Chroma::HalveWidth),
        _ => {
            return Err(MediaError::unsupported(
                "the JPEG picture is neither grey nor Y'CbCr of 4:2:0, 4:2:2, 4:4:0 or 4:4:4: \
                 code it anew, such as with ffmpeg -i IN -pix_fmt yuvj420p OUT.mjpeg",
            ));
        }
    })
}

fn halve_width(wide: &[u8], width: usize, out: &mut [u8]) {
    let rows = wide.chunks_exact(width);
    for (row, out) in rows.zip(out.chunks_exact_mut(width.div_ceil(2))) {
        for (pair, sample) in row.chunks(2).zip(out) {
            let last = pair[pair.len() - 1];
            *sample = u8::midpoint(pair[0], last);
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
    use frosted::Timestamp;

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
