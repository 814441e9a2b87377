use frosted_core::{Colour, Frame, FrameSpec, PixelFormat};
use zune_core::bytestream::ZCursor;
use zune_core::options::DecoderOptions;
use zune_jpeg::{JpegDecoder as Decoder, RawDecodeSession, RawImcuRowStatus};

use crate::error::{CameraError, CameraErrorKind};
use crate::packed::interleave;

/// Decodes JPEG pictures to Y'CbCr frames without a detour by RGB.
///
/// 4:2:0 becomes I420 and 4:2:2 becomes I422 as they are. 4:4:4 becomes I422 and 4:4:0
/// becomes I420 by averaging chroma in pairs of columns; grey becomes I420 with neutral
/// chroma. Other samplings, CMYK and RGB are refused.
///
/// It keeps its buffers, so one serves a whole stream.
#[derive(Debug, Default)]
pub struct JpegDecoder {
    chroma_422: Chroma422,
    wide_chroma: [Vec<u8>; 2],
    /// As many rows as are decoded at a time, and the halved chroma of one.
    stripe: [Vec<u8>; 3],
    halves: [Vec<u8>; 2],
}

/// How the samples of 4:2:2 lie in a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Chroma422 {
    /// I422.
    #[default]
    Planar,
    /// YUYV.
    Packed,
}

/// How a picture's chroma gets into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chroma {
    AsCoded,
    HalveWidth,
    Neutral,
}

impl JpegDecoder {
    /// A decoder for a pipeline: what would become I422 becomes YUYV, which is composited as
    /// it is. The samples are the same.
    pub fn packed() -> Self {
        Self {
            chroma_422: Chroma422::Packed,
            ..Self::default()
        }
    }

    /// Decodes one picture to `frame`, which takes on its size.
    ///
    /// # Errors
    /// [`CameraError`] if the picture is damaged, cut off, too large or of a sort that is not
    /// supported; what `frame` holds is undefined then.
    pub fn decode(&mut self, jpeg: &[u8], frame: &mut Frame) -> Result<(), CameraError> {
        self.decode_if(jpeg, frame, |_, _| Ok(()))
    }

    /// As [`decode`](Self::decode), if `fits` takes the picture's width and height, which it
    /// is asked before the work: a stream of small pictures must not be held up by a huge one.
    pub(crate) fn decode_if(
        &mut self,
        jpeg: &[u8],
        frame: &mut Frame,
        fits: impl FnOnce(usize, usize) -> Result<(), CameraError>,
    ) -> Result<(), CameraError> {
        // Strict: a damaged frame has to be an error and not a grey patch.
        let options = DecoderOptions::default().set_strict_mode(true);
        let mut decoder = Decoder::new_with_options(ZCursor::new(jpeg), options);
        decoder.decode_headers().map_err(|error| damaged(&error))?;
        let (width, height) = decoder
            .dimensions()
            .ok_or_else(|| damaged_because("the JPEG picture has no size"))?;
        fits(width, height)?;
        let mut raw = decoder.raw_output();
        let count = raw.num_components().unwrap_or(0);
        let layout = raw
            .layout()
            .ok_or_else(|| damaged_because("the JPEG picture has no planes"))?;
        let rgb = raw.component_ids().is_some_and(|ids| ids == *b"RGB");
        let factors = layout.map(|plane| {
            (
                plane.horizontal_sampling_factor,
                plane.vertical_sampling_factor,
            )
        });
        let factors = factors.get(..count).unwrap_or_default();
        let (format, chroma) = arrangement(factors, rgb)?;
        let format = match (format, self.chroma_422) {
            (PixelFormat::I422, Chroma422::Packed) => PixelFormat::Yuyv,
            (format, _) => format,
        };
        let spec = FrameSpec::new(format, width, height)
            .map_err(|error| unsupported(format!("{error}: scale it first")))?
            .with_colour(Colour::JPEG);
        frame.reshape(spec);
        if format == PixelFormat::Yuyv {
            let rows = 8 * factors.iter().map(|factor| factor.1).max().unwrap_or(1);
            return self.decode_packed(&mut raw, rows, chroma, frame);
        }
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

    /// Decodes to YUYV, `rows` at a time, which are packed while they are in the cache.
    fn decode_packed(
        &mut self,
        raw: &mut RawDecodeSession<'_, ZCursor<&[u8]>>,
        rows: usize,
        chroma: Chroma,
        frame: &mut Frame,
    ) -> Result<(), CameraError> {
        let (width, height) = (frame.spec().width(), frame.spec().height());
        let pairs = width.div_ceil(2);
        let chroma_width = if chroma == Chroma::AsCoded {
            pairs
        } else {
            width
        };
        let strides = [width, chroma_width, chroma_width];
        for (plane, stride) in self.stripe.iter_mut().zip(strides) {
            plane.resize(rows * stride, 0);
        }
        for half in &mut self.halves {
            half.resize(pairs, 0);
        }
        let mut view = frame.view_mut();
        let mut done = 0;
        loop {
            let mut planes = self.stripe.each_mut().map(Vec::as_mut_slice);
            let status = raw
                .decode_next_imcu_row(&mut planes, &strides)
                .map_err(|error| damaged(&error))?;
            let written = match status {
                RawImcuRowStatus::RowReady { rows_written } => rows_written,
                RawImcuRowStatus::Complete => break,
                _ => return Err(damaged_because("the JPEG picture is cut off")),
            };
            if written[..3] != [written[0]; 3] || done + written[0] > height {
                return Err(damaged_because("the JPEG picture's planes do not match"));
            }
            for row in 0..written[0] {
                let [luma, cb, cr] = [0, 1, 2].map(|plane| {
                    let stride = strides[plane];
                    &self.stripe[plane][row * stride..][..stride]
                });
                let packed = view.row_mut(0, done + row);
                if chroma == Chroma::AsCoded {
                    interleave(luma, cb, cr, packed);
                } else {
                    let [half_cb, half_cr] = &mut self.halves;
                    halve_width(cb, width, half_cb);
                    halve_width(cr, width, half_cr);
                    interleave(luma, half_cb, half_cr, packed);
                }
            }
            done += written[0];
        }
        if done < height {
            // The rest would be an earlier picture's.
            return Err(damaged_because(format!(
                "the JPEG picture ends after {done} of {height} rows"
            )));
        }
        Ok(())
    }
}

/// Which format a picture of these sampling factors becomes.
fn arrangement(
    factors: &[(usize, usize)],
    rgb: bool,
) -> Result<(PixelFormat, Chroma), CameraError> {
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
            return Err(unsupported(
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

fn damaged(error: &zune_jpeg::errors::DecodeErrors) -> CameraError {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().trim();
    damaged_because(format!("the JPEG picture is damaged or cut off ({line})"))
}

fn damaged_because(why: impl Into<String>) -> CameraError {
    CameraError::new(CameraErrorKind::Damaged, why)
}

fn unsupported(why: impl Into<String>) -> CameraError {
    CameraError::new(CameraErrorKind::Unsupported, why)
}
