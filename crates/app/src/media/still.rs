//! Still pictures: PNG and JPEG in, PNG and JPEG out, as packed RGB or RGBA.
//!
//! Pictures are turned upright by their EXIF and then nothing but pixels is left of them.
//! Colour profiles are dropped, because a profile can name the device: pixels are taken as
//! sRGB. Where a PNG is transparent, it is taken as lying on black.

use std::io::{Cursor, Write};

use frosted::{Frame, FrameSpec, FrameView, Picture, PixelFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::exif::Orientation;
use super::jpeg::{FrameEncoder, damaged};
use super::{MediaError, Sink, Source, StreamInfo, Timing};

/// The largest file that is read as a still picture, in bytes.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// One picture as a stream of one frame.
#[derive(Debug)]
pub struct Still {
    info: StreamInfo,
    frame: Option<Frame>,
}

impl Still {
    /// Decodes a whole PNG or JPEG file.
    ///
    /// # Errors
    /// [`MediaError`] if it is neither, damaged, or smaller or larger than a frame may be.
    pub fn decode(file: &[u8]) -> Result<Self, MediaError> {
        let (rgb, width, height) = decode_rgb(file, frame_size)?;
        let spec = frame_size(width, height)?;
        let mut frame = Frame::new(spec);
        frame.bytes_mut().copy_from_slice(&rgb);
        let mut info = StreamInfo::new(spec, Timing::Still);
        info.frames = Some(1);
        Ok(Self {
            info,
            frame: Some(frame),
        })
    }
}

impl Source for Still {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        let still = self.frame.take();
        let there = still.is_some();
        if let Some(still) = still {
            *frame = still;
        }
        Ok(there)
    }
}

/// Decodes a PNG or JPEG file to a background picture.
///
/// # Errors
/// As [`Still::decode`], but sides go from 1 to 16384.
pub fn decode_picture(file: &[u8]) -> Result<Picture, MediaError> {
    let refused = |error: frosted::FrameError| MediaError::unsupported(error.to_string());
    let (rgb, width, height) = decode_rgb(file, |width, height| {
        const MAX_SIDE: usize = 16384;
        const MAX_PIXELS: usize = 1 << 26;
        if width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS {
            return Err(MediaError::unsupported(format!(
                "picture is {width}x{height}, sides end at {MAX_SIDE} and pixels at {MAX_PIXELS}: \
                 scale it down first"
            )));
        }
        Ok(())
    })?;
    Picture::new(width, height, rgb).map_err(refused)
}

/// Whether this is how a PNG file begins.
pub fn is_png(begin: &[u8]) -> bool {
    begin.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Whether this is how a JPEG file begins.
pub fn is_jpeg(begin: &[u8]) -> bool {
    begin.starts_with(&[0xFF, 0xD8, 0xFF])
}

/// Extensions of pictures that are neither read nor clips.
pub const UNREAD: [&str; 8] = ["webp", "bmp", "heic", "heif", "avif", "gif", "tif", "tiff"];

/// Whether this is how a picture in one of the formats of [`UNREAD`] begins; 12 bytes tell.
pub fn is_unread(begin: &[u8]) -> bool {
    let simple: [&[u8]; 4] = [b"BM", b"GIF8", b"II*\0", b"MM\0*"];
    let brands: [&[u8]; 6] = [b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"];
    let kind = begin.get(8..12).unwrap_or_default();
    simple.iter().any(|magic| begin.starts_with(magic))
        || (begin.starts_with(b"RIFF") && kind == b"WEBP")
        || (begin.get(4..8) == Some(b"ftyp") && brands.contains(&kind))
}

fn frame_size(width: usize, height: usize) -> Result<FrameSpec, MediaError> {
    FrameSpec::new(PixelFormat::Rgb8, width, height)
        .map_err(|error| MediaError::unsupported(format!("{error}: scale it first")))
}

/// Packed RGB, turned upright. `check` sees the stored size before the pixels are decoded.
fn decode_rgb<T>(
    file: &[u8],
    check: impl Fn(usize, usize) -> Result<T, MediaError>,
) -> Result<(Vec<u8>, usize, usize), MediaError> {
    if is_png(file) {
        decode_png(file, check)
    } else if is_jpeg(file) {
        decode_jpeg(file, check)
    } else if file.is_empty() {
        Err(MediaError::damaged(
            "is empty, a PNG or JPEG picture was expected",
        ))
    } else {
        Err(MediaError::unsupported(
            "is neither PNG nor JPEG: convert it to one of them first",
        ))
    }
}

fn decode_png<T>(
    file: &[u8],
    check: impl Fn(usize, usize) -> Result<T, MediaError>,
) -> Result<(Vec<u8>, usize, usize), MediaError> {
    let wrong = |error: png::DecodingError| {
        MediaError::damaged(format!("the PNG picture is damaged or cut off ({error})"))
    };
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let (width, height) = decoder.read_header_info().map_err(wrong)?.size();
    check(width as usize, height as usize)?;
    let mut reader = decoder.read_info().map_err(wrong)?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| MediaError::unsupported("the PNG picture is too large"))?;
    let mut samples = vec![0; size];
    let output = reader.next_frame(&mut samples).map_err(wrong)?;
    samples.truncate(output.buffer_size());
    // EXIF may stand behind the pixels.
    reader.finish().map_err(wrong)?;
    let exif = reader.info().exif_metadata.clone().unwrap_or_default();
    let channels = output.color_type.samples();
    let has_alpha = matches!(
        output.color_type,
        png::ColorType::Rgba | png::ColorType::GrayscaleAlpha
    );
    if has_alpha
        && samples
            .chunks_exact(channels)
            .any(|p| p[channels - 1] < 255)
    {
        log::warn!("the PNG picture has transparent pixels, they are taken as lying on black");
    }
    let rgb = match output.color_type {
        png::ColorType::Rgb => samples,
        png::ColorType::Rgba => samples
            .chunks_exact(4)
            .flat_map(|p| on_black([p[0], p[1], p[2]], p[3]))
            .collect(),
        png::ColorType::GrayscaleAlpha => samples
            .chunks_exact(2)
            .flat_map(|p| on_black([p[0]; 3], p[1]))
            .collect(),
        _ => samples.iter().flat_map(|&grey| [grey; 3]).collect(),
    };
    Ok(Orientation::of_exif(&exif).apply(rgb, width as usize, height as usize))
}

fn on_black(colour: [u8; 3], alpha: u8) -> [u8; 3] {
    colour.map(|part| ((u16::from(part) * u16::from(alpha) + 127) / 255) as u8)
}

fn decode_jpeg<T>(
    file: &[u8],
    check: impl Fn(usize, usize) -> Result<T, MediaError>,
) -> Result<(Vec<u8>, usize, usize), MediaError> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(u16::MAX.into())
        .set_max_height(u16::MAX.into());
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    // Else a file that is cut off decodes to a picture that is half grey.
    decoder.set_incremental_mode(true);
    decoder.decode_headers().map_err(|error| damaged(&error))?;
    let (width, height) = decoder
        .dimensions()
        .ok_or_else(|| MediaError::damaged("the JPEG picture has no size"))?;
    check(width, height)?;
    let rgb = decoder.decode().map_err(|error| damaged(&error))?;
    if rgb.len() != 3 * width * height {
        return Err(MediaError::unsupported(
            "the JPEG picture is neither grey nor colour: convert it to RGB first",
        ));
    }
    let orientation = decoder
        .exif()
        .map_or(Orientation::default(), |exif| Orientation::of_exif(exif));
    Ok(orientation.apply(rgb, width, height))
}

/// What a still picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StillFormat {
    /// Lossless; RGB or RGBA.
    Png,
    /// RGB, quality 92.
    Jpeg,
}

/// Writes one picture: its pixels and nothing else.
#[derive(Debug)]
pub struct StillWriter<W> {
    output: W,
    format: StillFormat,
}

impl<W: Write> StillWriter<W> {
    const QUALITY: u8 = 92;

    /// A writer for one picture.
    pub fn new(output: W, format: StillFormat) -> Self {
        Self { output, format }
    }
}

impl<W: Write> Sink for StillWriter<W> {
    fn write(&mut self, frame: &FrameView<'_>) -> Result<(), MediaError> {
        let mut file = Vec::new();
        match self.format {
            StillFormat::Png => encode_png(frame, &mut file)?,
            StillFormat::Jpeg => FrameEncoder::new(Self::QUALITY).encode(frame, &mut file)?,
        }
        self.output
            .write_all(&file)
            .map_err(|error| MediaError::write(&error))
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        self.output
            .flush()
            .map_err(|error| MediaError::write(&error))
    }

    fn describe(&self) -> String {
        match self.format {
            StillFormat::Png => "PNG, lossless".to_owned(),
            StillFormat::Jpeg => format!("JPEG, quality {}", Self::QUALITY),
        }
    }
}

/// Appends `frame`, RGB or RGBA, as a PNG file of pixels alone.
///
/// # Errors
/// [`MediaError`] if the frame has another format.
pub fn encode_png(frame: &FrameView<'_>, file: &mut Vec<u8>) -> Result<(), MediaError> {
    let spec = frame.spec();
    let colour = match spec.format() {
        PixelFormat::Rgb8 => png::ColorType::Rgb,
        PixelFormat::Rgba8 => png::ColorType::Rgba,
        other => {
            return Err(MediaError::unsupported(format!(
                "PNG cannot hold {other}, it holds rgb24 and rgba"
            )));
        }
    };
    let rows = (0..spec.height()).flat_map(|y| frame.row(0, y)).copied();
    let samples: Vec<u8> = rows.collect();
    write_png(&samples, (spec.width(), spec.height()), colour, None, file)
}

/// Appends 8-bit grey `samples`, row by row without gaps, as a PNG file.
///
/// # Errors
/// [`MediaError`] if there are not `width * height` of them.
pub fn encode_grey_png(
    samples: &[u8],
    width: usize,
    height: usize,
    file: &mut Vec<u8>,
) -> Result<(), MediaError> {
    let (colour, text) = (png::ColorType::Grayscale, None);
    write_png(samples, (width, height), colour, text, file)
}

/// As [`encode_grey_png`], with one text beside the pixels: its keyword and what it says.
///
/// # Errors
/// As [`encode_grey_png`], or if the text cannot be coded: it has to be Latin-1, the keyword
/// 1 to 79 bytes of it.
pub fn encode_grey_png_with_text(
    samples: &[u8],
    (width, height): (usize, usize),
    text: (&str, &str),
    file: &mut Vec<u8>,
) -> Result<(), MediaError> {
    let (colour, text) = (png::ColorType::Grayscale, Some(text));
    write_png(samples, (width, height), colour, text, file)
}

fn write_png(
    samples: &[u8],
    (width, height): (usize, usize),
    colour: png::ColorType,
    text: Option<(&str, &str)>,
    file: &mut Vec<u8>,
) -> Result<(), MediaError> {
    let wrong = |error: png::EncodingError| {
        MediaError::unsupported(format!("PNG cannot be coded: {error}"))
    };
    let side = |side: usize| u32::try_from(side).expect("frames are at most 7680 long");
    let mut encoder = png::Encoder::new(file, side(width), side(height));
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    if let Some((keyword, said)) = text {
        let added = encoder.add_text_chunk(keyword.to_owned(), said.to_owned());
        added.map_err(wrong)?;
    }
    let mut writer = encoder.write_header().map_err(wrong)?;
    writer.write_image_data(samples).map_err(wrong)?;
    writer.finish().map_err(wrong)
}
