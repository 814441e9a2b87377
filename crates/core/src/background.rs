use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{FrameError, FrameErrorKind};

/// An R'G'B' colour, 8 bits a channel, 0 = none, 255 = full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rgb {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Rgb {
    /// The green of a chroma-key studio.
    pub const KEY_GREEN: Self = Self::new(0, 177, 64);

    /// A colour of its three parts.
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b }
    }
}

impl FromStr for Rgb {
    type Err = FrameError;

    /// Reads `#RRGGBB`.
    fn from_str(text: &str) -> Result<Self, FrameError> {
        let wrong = || {
            FrameError::new(
                FrameErrorKind::Value,
                format!("colour \"{text}\" is not of the form #RRGGBB, such as #2E5266"),
            )
        };
        let digits = text.strip_prefix('#').ok_or_else(wrong)?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong());
        Ok(Self::new(part(0)?, part(2)?, part(4)?))
    }
}

/// The tallest capital letters of the room that must stay unreadable.
///
/// Everything that conceals is scaled by it. The default, a 17th of the frame's upright
/// height, is about 9 cm letters 2 m in front of the camera. Whatever is asked for, it is
/// held to a 34th to half of the frame, so that no value shows the room as it is: even then
/// letters of the default height are smoothed by more than half of their height.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum TextHeight {
    /// A share of the frame's upright height.
    OfFrame(f32),
    /// Pixels of the frame.
    Pixels(u32),
}

impl Default for TextHeight {
    fn default() -> Self {
        Self::OfFrame(1.0 / 17.0)
    }
}

impl TextHeight {
    /// The smallest share of the frame's height that is protected.
    const LEAST: f32 = 1.0 / 34.0;
    /// The largest.
    const MOST: f32 = 0.5;

    /// The height in pixels in a frame whose upright height is `frame_height_px`: a 34th to
    /// half of it, and at least 1.
    pub fn in_pixels(self, frame_height_px: usize) -> u32 {
        let frame = frame_height_px as f32;
        let share = match self {
            Self::OfFrame(share) if share.is_finite() => share,
            Self::OfFrame(_) => 1.0 / 17.0,
            Self::Pixels(pixels) => pixels as f32 / frame,
        };
        let pixels = share.clamp(Self::LEAST, Self::MOST) * frame;
        // A share that came from whole pixels must not grow by rounding.
        (pixels - 1e-3).ceil().max(1.0) as u32
    }
}

impl fmt::Display for TextHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfFrame(share) => write!(f, "1/{}", (1.0 / share).round()),
            Self::Pixels(pixels) => write!(f, "{pixels}px"),
        }
    }
}

impl FromStr for TextHeight {
    type Err = FrameError;

    /// Reads `1/17` (a share of the frame's height) or `64px`.
    fn from_str(text: &str) -> Result<Self, FrameError> {
        let wrong = |why: &str| {
            FrameError::new(
                FrameErrorKind::Value,
                format!(
                    "text height \"{text}\" {why}: give a share of the frame's height such as 1/17 (1/34 to 1/2) or pixels such as 64px"
                ),
            )
        };
        if let Some(pixels) = text.strip_suffix("px") {
            return match pixels.trim().parse() {
                Ok(0) => Err(wrong("is nothing")),
                Ok(pixels) => Ok(Self::Pixels(pixels)),
                Err(_) => Err(wrong("is not a number of pixels")),
            };
        }
        let (over, under) = text.split_once('/').ok_or_else(|| wrong("has no unit"))?;
        match (over.trim().parse::<f32>(), under.trim().parse::<f32>()) {
            (Ok(over), Ok(under)) => {
                let share = over / under;
                // 1/34 as it is read may fall short of the constant by a rounding.
                if (Self::LEAST - 1e-6..=Self::MOST).contains(&share) {
                    Ok(Self::OfFrame(share))
                } else {
                    Err(wrong("is outside 1/34 to 1/2"))
                }
            }
            _ => Err(wrong("is not a fraction")),
        }
    }
}

/// A still picture that can stand where the room was: packed R'G'B', rows top to bottom.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Arc<[u8]>,
}

impl Picture {
    /// A picture of `width` by `height` pixels, three bytes each.
    ///
    /// # Errors
    /// [`FrameErrorKind::Size`] if a side is 0 or more than 16384,
    /// [`FrameErrorKind::Buffer`] if `rgb` is not `3 * width * height` bytes long.
    pub fn new(width: usize, height: usize, rgb: impl Into<Arc<[u8]>>) -> Result<Self, FrameError> {
        const MAX_SIDE: usize = 16384;
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(FrameError::new(
                FrameErrorKind::Size,
                format!("background picture is {width}x{height}, sides must be 1 to {MAX_SIDE}"),
            ));
        }
        let rgb = rgb.into();
        let needed = 3 * width * height;
        if rgb.len() != needed {
            return Err(FrameError::new(
                FrameErrorKind::Buffer,
                format!(
                    "background picture has {} bytes, {width}x{height} RGB needs {needed}",
                    rgb.len()
                ),
            ));
        }
        Ok(Self { width, height, rgb })
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The packed bytes, `3 * width * height` of them.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}

/// What is shown instead of the room.
///
/// ```
/// use frosted_core::{Background, TextHeight};
/// assert_eq!(Background::default(), Background::Blur(TextHeight::default()));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Background {
    /// The room in cells of twice the text height, 5 bits a channel, smoothed by more than
    /// the text height. A cell is taken from frames in which nobody is in it and follows the
    /// room when it changes by more than a step of the 5 bits. Text up to that height is not
    /// legible; what was tried against it is in `docs/PRIVACY.md` of the repository.
    Blur(TextHeight),
    /// The room in cells of four text heights, 5 bits a channel, held still and changed
    /// rarely: at most as many bits about the room as the report of each frame counts.
    Frost(TextHeight),
    /// One colour; nothing of the room.
    Colour(Rgb),
    /// A picture, scaled to cover the frame; nothing of the room.
    Image(Picture),
    /// Nothing: covered pixels are transparent black. For formats with an alpha channel.
    Transparent,
}

impl Default for Background {
    fn default() -> Self {
        Self::Blur(TextHeight::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_heights_are_read_or_refused_with_the_remedy() {
        assert_eq!("1/17".parse(), Ok(TextHeight::OfFrame(1.0 / 17.0)));
        assert_eq!("64px".parse(), Ok(TextHeight::Pixels(64)));
        for wrong in [
            "", "17", "0px", "-3px", "1/1", "1/0", "0/5", "1/35", "nan/1", "px", "1/x",
        ] {
            let error = wrong.parse::<TextHeight>().unwrap_err();
            assert!(error.to_string().contains("1/17"), "{wrong}: {error}");
        }
    }

    #[test]
    fn text_heights_stay_inside_the_frame() {
        assert_eq!(TextHeight::default().in_pixels(720), 43);
        assert_eq!(TextHeight::Pixels(u32::MAX).in_pixels(16), 8);
        assert_eq!(TextHeight::OfFrame(f32::NAN).in_pixels(720), 43);
        assert_eq!(TextHeight::OfFrame(0.0).in_pixels(720), 22);
        assert_eq!(TextHeight::Pixels(1).in_pixels(720), 22);
        assert_eq!(TextHeight::Pixels(64).in_pixels(720), 64);
        assert_eq!("1/34".parse(), Ok(TextHeight::OfFrame(1.0 / 34.0)));
    }

    #[test]
    fn colours_are_read_or_refused() {
        assert_eq!("#2E5266".parse(), Ok(Rgb::new(0x2E, 0x52, 0x66)));
        for wrong in ["2E5266", "#2E526", "#2E52666", "#GG5266", "#é5266", ""] {
            assert!(wrong.parse::<Rgb>().is_err(), "{wrong}");
        }
    }
}
