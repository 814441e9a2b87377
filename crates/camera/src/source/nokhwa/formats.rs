//! nokhwa's formats and ours.

use ::nokhwa::error::NokhwaError;
use ::nokhwa::utils::{
    CameraFormat, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use frosted_core::{FrameSpec, PixelFormat, Rate};

use super::capture::Layout;
use super::extent::Extent;
use crate::error::CameraError;
use crate::mode::{Encoding, Mode};

/// Grey is left out: it has no colour, and cameras that have nothing else are for infrared.
const FORMATS: [(FrameFormat, Encoding); 5] = [
    (FrameFormat::NV12, Encoding::Raw(PixelFormat::Nv12)),
    (FrameFormat::YUYV, Encoding::Raw(PixelFormat::Yuyv)),
    (FrameFormat::MJPEG, Encoding::Mjpeg),
    (FrameFormat::RAWRGB, Encoding::Raw(PixelFormat::Rgb8)),
    (FrameFormat::RAWBGR, Encoding::Raw(PixelFormat::Bgr8)),
];

/// The encoding that nokhwa names so.
#[cfg_attr(
    target_os = "linux",
    allow(dead_code, reason = "the list of modes is the kernel's there")
)]
pub(super) fn encoding(format: FrameFormat) -> Option<Encoding> {
    let found = FORMATS.iter().find(|(known, _)| *known == format);
    found.map(|(_, encoding)| *encoding)
}

/// nokhwa's name of a mode; `None` if it has none, as for fractions of a frame a second.
///
/// 0 is its rate where it does not know one.
pub(super) fn named(mode: &Mode) -> Option<CameraFormat> {
    let (format, _) = FORMATS.iter().find(|(_, known)| *known == mode.encoding)?;
    let rate = match mode.rate {
        Some(rate) if rate.denominator() == 1 => rate.numerator(),
        Some(_) => return None,
        None => 0,
    };
    let resolution = Resolution::new(mode.width as u32, mode.height as u32);
    Some(CameraFormat::new(resolution, *format, rate))
}

/// The mode that nokhwa names so.
#[cfg_attr(
    target_os = "linux",
    allow(dead_code, reason = "the list of modes is the kernel's there")
)]
pub(super) fn mode(format: &CameraFormat) -> Option<Mode> {
    Some(Mode {
        encoding: encoding(format.format())?,
        width: format.width() as usize,
        height: format.height() as usize,
        rate: Rate::new(format.frame_rate(), 1).ok(),
    })
}

/// This format and no other; nokhwa's other ways of asking take sizes and rates that nobody
/// wants.
pub(super) fn exactly(format: CameraFormat) -> RequestedFormat<'static> {
    const ALL: [FrameFormat; 5] = [
        FrameFormat::NV12,
        FrameFormat::YUYV,
        FrameFormat::MJPEG,
        FrameFormat::RAWRGB,
        FrameFormat::RAWBGR,
    ];
    RequestedFormat::with_formats(RequestedFormatType::Exact(format), &ALL)
}

/// How much of nokhwa's buffers is the frame.
///
/// # Errors
/// [`Unsupported`](crate::CameraErrorKind::Unsupported) for sizes that no frame has.
pub(super) fn extent(layout: &Layout) -> Result<Extent, CameraError> {
    let mode = layout.mode;
    let Encoding::Raw(format) = mode.encoding else {
        return Ok(Extent::Jpeg);
    };
    let tight = FrameSpec::new(format, mode.width, mode.height)?;
    let rows = tight.plane_rows(0);
    let padding = layout.stride_bytes.saturating_sub(tight.plane_row_bytes(0));
    // Padded chroma rows of NV12 are as long as luma rows.
    let all_rows = (0..format.plane_count()).map(|plane| tight.plane_rows(plane));
    let padded_rows = all_rows.sum::<usize>().max(rows);
    Ok(Extent::Fixed(tight.buffer_bytes() + padding * padded_rows))
}

/// What nokhwa says, without what it says it in.
pub(super) fn words(error: &NokhwaError) -> String {
    let text = match error {
        NokhwaError::ReadFrameError(text)
        | NokhwaError::OpenStreamError(text)
        | NokhwaError::GeneralError(text)
        | NokhwaError::OpenDeviceError(_, text) => text.clone(),
        other => other.to_string(),
    };
    let end = text.find(" (os error").unwrap_or(text.len());
    // The text may come from a device: nothing in it may steer a terminal.
    let text: String = text[..end].chars().filter(|c| !c.is_control()).collect();
    text.trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::Colour;

    #[test]
    fn modes_have_names_unless_their_rate_is_a_fraction() {
        let thirty = Mode {
            encoding: Encoding::Mjpeg,
            width: 1280,
            height: 720,
            rate: Some(Rate::THIRTY),
        };
        let named_thirty = named(&thirty).unwrap();
        assert_eq!(named_thirty.frame_rate(), 30);
        assert_eq!(mode(&named_thirty), Some(thirty));
        let unknown = Mode {
            rate: None,
            ..thirty
        };
        assert_eq!(named(&unknown).and_then(|name| mode(&name)), Some(unknown));
        let ntsc = Mode {
            rate: Rate::new(30000, 1001).ok(),
            ..thirty
        };
        assert_eq!(named(&ntsc), None);
        let planar = Mode {
            encoding: Encoding::Raw(PixelFormat::I420),
            ..thirty
        };
        assert_eq!(named(&planar), None);
    }

    #[test]
    fn a_raw_frame_ends_with_its_last_padded_row() {
        for (format, stride_bytes, bytes) in [
            (PixelFormat::Yuyv, 64, 64 * 16),
            (PixelFormat::Yuyv, 80, 80 * 16),
            (PixelFormat::Nv12, 32, 32 * 24),
            (PixelFormat::Nv12, 48, 48 * 24),
        ] {
            let layout = Layout {
                mode: Mode {
                    encoding: Encoding::Raw(format),
                    width: 32,
                    height: 16,
                    rate: None,
                },
                stride_bytes,
                colour: Colour::default(),
            };
            assert_eq!(extent(&layout).unwrap(), Extent::Fixed(bytes), "{format}");
        }
    }

    #[test]
    fn words_are_one_line_without_numbers_of_the_system() {
        let error = NokhwaError::ReadFrameError("No such device (os error 19)\n".to_owned());
        assert_eq!(words(&error), "no such device");
    }
}
