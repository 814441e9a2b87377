use std::cmp::Reverse;
use std::fmt;

use frosted_core::{PixelFormat, Rate};

/// How a camera codes its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Pixels as they lie in memory.
    Raw(PixelFormat),
    /// One JPEG picture a frame.
    Mjpeg,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(format) => format.fmt(f),
            Self::Mjpeg => f.write_str("mjpeg"),
        }
    }
}

/// One way in which a camera can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode {
    /// How frames are coded.
    pub encoding: Encoding,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Frames a second at most; `None` where the device does not say.
    pub rate: Option<Rate>,
}

impl fmt::Display for Mode {
    /// "1280x720 mjpeg at 29.97 fps".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{} {}", self.width, self.height, self.encoding)?;
        let Some(rate) = self.rate else {
            return Ok(());
        };
        let fps = f64::from(rate.numerator()) / f64::from(rate.denominator());
        write!(f, " at {} fps", (fps * 100.0).round() / 100.0)
    }
}

/// What is wanted of a camera; it gives what comes nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Width in pixels. Default: 1280.
    pub width: usize,
    /// Height in pixels. Default: 720.
    pub height: usize,
    /// Frames a second. Default: 30.
    pub rate: Rate,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            rate: Rate::THIRTY,
        }
    }
}

impl Wish {
    /// The mode that comes nearest: first by size, then by rate, then raw before MJPEG,
    /// because a raw frame need not be decoded. `None` if there is no mode.
    ///
    /// Of other sizes than the wanted one the nearest in area is taken, of the same shape
    /// where there is one.
    ///
    /// ```
    /// use frosted_camera::{Encoding, Mode, Wish};
    /// use frosted_core::{PixelFormat, Rate};
    ///
    /// let mode = |encoding, fps| Mode { encoding, width: 1280, height: 720, rate: Rate::new(fps, 1).ok() };
    /// let yuyv = Encoding::Raw(PixelFormat::Yuyv);
    /// // Over USB 2, 720p comes at 30 frames a second only as MJPEG.
    /// let modes = [mode(yuyv, 10), mode(Encoding::Mjpeg, 30)];
    /// assert_eq!(Wish::default().choose(&modes), Some(modes[1]));
    /// let modes = [mode(Encoding::Mjpeg, 30), mode(yuyv, 30)];
    /// assert_eq!(Wish::default().choose(&modes), Some(modes[1]));
    /// ```
    pub fn choose(&self, modes: &[Mode]) -> Option<Mode> {
        modes.iter().copied().max_by_key(|mode| self.merit(mode))
    }

    /// Larger is better.
    fn merit(&self, mode: &Mode) -> impl Ord + use<> {
        let shape = mode.width * self.height == mode.height * self.width;
        let area = (mode.width * mode.height).abs_diff(self.width * self.height);
        let near = (
            (mode.width, mode.height) == (self.width, self.height),
            shape,
            Reverse(area),
        );
        (
            near,
            self.rate_merit(mode.rate),
            encoding_merit(mode.encoding),
        )
    }

    /// A rate that is fast enough beats every slower one; of fast ones the slowest, of slow
    /// ones the fastest, in whole millihertz. An unknown rate comes last.
    fn rate_merit(&self, rate: Option<Rate>) -> (bool, i64) {
        let wanted = millihertz(self.rate);
        let Some(rate) = rate.map(millihertz) else {
            return (false, -1);
        };
        // 29.97 does where 30 is wanted.
        if rate * 100 >= wanted * 99 {
            (true, -rate)
        } else {
            (false, rate)
        }
    }
}

fn millihertz(rate: Rate) -> i64 {
    i64::from(rate.numerator()) * 1000 / i64::from(rate.denominator())
}

/// Larger is better: what is composited as it is, then what is repacked, then RGB, which is
/// half as long again or more, then what must be decoded.
fn encoding_merit(encoding: Encoding) -> u8 {
    match encoding {
        Encoding::Raw(PixelFormat::Nv12) => 5,
        Encoding::Raw(PixelFormat::I420 | PixelFormat::Yuyv) => 4,
        Encoding::Raw(format) if format.is_yuv() => 3,
        Encoding::Raw(_) => 2,
        Encoding::Mjpeg => 1,
    }
}
