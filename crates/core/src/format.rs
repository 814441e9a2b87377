use std::fmt;
use std::str::FromStr;

use crate::error::{FrameError, FrameErrorKind};

/// The most planes that any format has.
pub const MAX_PLANES: usize = 3;

/// How a frame's pixels lie in memory, 8 bits a sample.
///
/// Chroma planes of odd sizes are rounded up, as V4L2 and libyuv do: a 5x3 [`I420`]
/// frame has chroma planes of 3x2.
///
/// [`I420`]: PixelFormat::I420
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// A luma plane, then one of interleaved Cb, Cr at half width and height.
    Nv12,
    /// A luma plane, then a Cb and a Cr plane at half width and height.
    I420,
    /// Y0 Cb Y1 Cr, two pixels in four bytes.
    Yuyv,
    /// R, G, B.
    Rgb8,
    /// B, G, R.
    Bgr8,
    /// R, G, B, alpha (straight; 0 = transparent, 255 = opaque).
    Rgba8,
    /// B, G, R, alpha (straight; 0 = transparent, 255 = opaque).
    Bgra8,
    /// Cb Y0 Cr Y1, two pixels in four bytes. Repacked at the door.
    Uyvy,
    /// As [`PixelFormat::Nv12`] with Cr before Cb. Repacked at the door.
    Nv21,
    /// A luma plane, then a Cb and a Cr plane at half width and full height. Repacked at
    /// the door.
    I422,
}

impl PixelFormat {
    /// Every format, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::Nv12,
        Self::I420,
        Self::Yuyv,
        Self::Rgb8,
        Self::Bgr8,
        Self::Rgba8,
        Self::Bgra8,
        Self::Uyvy,
        Self::Nv21,
        Self::I422,
    ];

    /// The formats that are composited as they are; the others are repacked without loss.
    pub const DIRECT: [Self; 7] = [
        Self::Nv12,
        Self::I420,
        Self::Yuyv,
        Self::Rgb8,
        Self::Bgr8,
        Self::Rgba8,
        Self::Bgra8,
    ];

    /// The format that the pixel work is done in: itself, or for a format that is repacked
    /// at the door its lossless relative.
    pub const fn composited_as(self) -> Self {
        match self {
            Self::Uyvy | Self::I422 => Self::Yuyv,
            Self::Nv21 => Self::Nv12,
            other => other,
        }
    }

    /// How many planes, 1 to 3.
    pub const fn plane_count(self) -> usize {
        match self {
            Self::Nv12 | Self::Nv21 => 2,
            Self::I420 | Self::I422 => 3,
            _ => 1,
        }
    }

    /// Bytes of picture in a row, and rows, of `plane` in a picture of `width` by `height`
    /// pixels; (0, 0) for a plane that the format does not have.
    pub const fn plane_size(self, plane: usize, width: usize, height: usize) -> (usize, usize) {
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        match (self, plane) {
            (Self::Nv12 | Self::Nv21 | Self::I420 | Self::I422, 0) => (width, height),
            (Self::Nv12 | Self::Nv21, 1) => (2 * half_width, half_height),
            (Self::I420, 1 | 2) => (half_width, half_height),
            (Self::I422, 1 | 2) => (half_width, height),
            (Self::Yuyv | Self::Uyvy, 0) => (4 * half_width, height),
            (Self::Rgb8 | Self::Bgr8, 0) => (3 * width, height),
            (Self::Rgba8 | Self::Bgra8, 0) => (4 * width, height),
            _ => (0, 0),
        }
    }

    /// Whether the samples are Y'CbCr rather than R'G'B'.
    pub const fn is_yuv(self) -> bool {
        !matches!(self, Self::Rgb8 | Self::Bgr8 | Self::Rgba8 | Self::Bgra8)
    }

    /// Whether a pixel can be transparent.
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::Rgba8 | Self::Bgra8)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Nv12 => "nv12",
            Self::I420 => "i420",
            Self::Yuyv => "yuyv",
            Self::Rgb8 => "rgb24",
            Self::Bgr8 => "bgr24",
            Self::Rgba8 => "rgba",
            Self::Bgra8 => "bgra",
            Self::Uyvy => "uyvy",
            Self::Nv21 => "nv21",
            Self::I422 => "i422",
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PixelFormat {
    type Err = FrameError;

    /// Reads the names that [`Display`](fmt::Display) writes: `nv12`, `rgb24`, ...
    fn from_str(text: &str) -> Result<Self, FrameError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                FrameError::new(
                    FrameErrorKind::Value,
                    format!("pixel format \"{text}\" is unknown, choose one of {names}"),
                )
            })
    }
}
