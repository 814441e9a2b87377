use crate::background::Rgb;

/// The matrix that turns Y'CbCr into R'G'B'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601, what webcams and JPEG use.
    #[default]
    Bt601,
    /// ITU-R BT.709, what high-definition video uses.
    Bt709,
}

/// Which 8-bit codes Y'CbCr samples use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// Luma 16 to 235, chroma 16 to 240.
    #[default]
    Limited,
    /// 0 to 255, as in JPEG.
    Full,
}

/// What the numbers of a YUV frame mean; RGB formats ignore it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Colour {
    /// Matrix between Y'CbCr and R'G'B'.
    pub matrix: Matrix,
    /// Codes in use.
    pub range: Range,
}

impl Colour {
    /// JPEG's colours: BT.601, full range.
    pub const JPEG: Self = Self {
        matrix: Matrix::Bt601,
        range: Range::Full,
    };

    /// The matrix's weights of red and blue in luma (ITU-R BT.601-7 2.5.1, BT.709-6 3.2).
    pub const fn luma_weights(self) -> (f32, f32) {
        match self.matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        }
    }

    /// Offset and span of luma, and span of chroma around 128, in 8-bit codes.
    const fn spans(self) -> (f32, f32, f32) {
        match self.range {
            Range::Limited => (16.0, 219.0, 224.0),
            Range::Full => (0.0, 255.0, 255.0),
        }
    }

    /// The Y, Cb and Cr codes of an R'G'B' colour.
    ///
    /// ```
    /// use frosted_core::{Colour, Rgb};
    /// assert_eq!(Colour::default().yuv_of(Rgb::new(255, 255, 255)), [235, 128, 128]);
    /// assert_eq!(Colour::JPEG.yuv_of(Rgb::new(0, 0, 0)), [0, 128, 128]);
    /// ```
    pub fn yuv_of(self, rgb: Rgb) -> [u8; 3] {
        let (kr, kb) = self.luma_weights();
        let (y0, y_span, c_span) = self.spans();
        let [r, g, b] = [rgb.r, rgb.g, rgb.b].map(|v| f32::from(v) / 255.0);
        let y = kr * r + (1.0 - kr - kb) * g + kb * b;
        let cb = (b - y) / (2.0 * (1.0 - kb));
        let cr = (r - y) / (2.0 * (1.0 - kr));
        // `as` saturates, and the sums cannot leave 0..=255 by more than rounding.
        [y0 + y_span * y, 128.0 + c_span * cb, 128.0 + c_span * cr].map(|v| v.round() as u8)
    }

    /// The coefficients of R'G'B' from codes: `[y_gain, y_offset, r_cr, g_cb, g_cr, b_cb]`.
    ///
    /// With y = `y_gain` (Y - `y_offset`) and chroma taken from 128: R = y + `r_cr` Cr,
    /// G = y + `g_cb` Cb + `g_cr` Cr, B = y + `b_cb` Cb, all in 0 to 255 before clamping.
    pub fn rgb_coefficients(self) -> [f32; 6] {
        let (kr, kb) = self.luma_weights();
        let kg = 1.0 - kr - kb;
        let (y0, y_span, c_span) = self.spans();
        let chroma = 255.0 / c_span;
        let r_cr = 2.0 * (1.0 - kr) * chroma;
        let b_cb = 2.0 * (1.0 - kb) * chroma;
        [
            255.0 / y_span,
            y0,
            r_cr,
            -b_cb * kb / kg,
            -r_cr * kr / kg,
            b_cb,
        ]
    }

    /// The R'G'B' colour of Y, Cb and Cr codes, clamped to what RGB can hold.
    pub fn rgb_of(self, [y, cb, cr]: [u8; 3]) -> Rgb {
        let [y_gain, y_offset, r_cr, g_cb, g_cr, b_cb] = self.rgb_coefficients();
        let y = (f32::from(y) - y_offset) * y_gain;
        let (cb, cr) = (f32::from(cb) - 128.0, f32::from(cr) - 128.0);
        let [r, g, b] =
            [y + r_cr * cr, y + g_cb * cb + g_cr * cr, y + b_cb * cb].map(|v| v.round() as u8);
        Rgb::new(r, g, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_survive_the_way_to_yuv_and_back() {
        for matrix in [Matrix::Bt601, Matrix::Bt709] {
            for (range, tolerance) in [(Range::Full, 2), (Range::Limited, 3)] {
                let colour = Colour { matrix, range };
                for rgb in [
                    Rgb::new(255, 0, 0),
                    Rgb::new(12, 200, 99),
                    Rgb::new(128, 128, 128),
                ] {
                    let back = colour.rgb_of(colour.yuv_of(rgb));
                    for (a, b) in [(back.r, rgb.r), (back.g, rgb.g), (back.b, rgb.b)] {
                        assert!(a.abs_diff(b) <= tolerance, "{colour:?} {rgb:?} {back:?}");
                    }
                }
            }
        }
    }
}
