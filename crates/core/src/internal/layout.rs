use crate::format::PixelFormat;

/// The index that stands for the alpha sample, behind the three colour channels.
pub const ALPHA: usize = 3;

/// One sample of a plane's repeating pattern.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// 0 to 2: Y, Cb, Cr or R, G, B; or [`ALPHA`].
    pub channel: usize,
    /// Frame pixels to the right of the pattern's first.
    pub x_px: usize,
}

/// How the samples of one plane follow one another.
#[derive(Clone, Copy, Debug)]
pub struct PlaneLayout {
    /// The pattern that a row repeats, 1 to 4 samples.
    pub samples: &'static [Sample],
    /// Frame columns that one pattern stands for, 1 or 2.
    pub columns_px: usize,
    /// Frame rows that one row stands for, 1 or 2.
    pub rows_px: usize,
}

impl PlaneLayout {
    /// Whether pixels carry their own alpha.
    pub fn has_alpha(&self) -> bool {
        self.samples.iter().any(|sample| sample.channel == ALPHA)
    }

    /// Rows of this plane that stand for frame rows before `y`, an even number or the last.
    pub fn rows_before(&self, y: usize) -> usize {
        y.div_ceil(self.rows_px)
    }
}

/// Where the values of one colour channel lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    pub plane: usize,
    /// The first value's place in a row.
    pub offset: usize,
    /// Bytes from one value to the next.
    pub step_bytes: usize,
    /// Frame columns that one value stands for, 1 or 2.
    pub columns_px: usize,
    /// Frame rows that one value stands for, 1 or 2.
    pub rows_px: usize,
}

const fn sample(channel: usize, x_px: usize) -> Sample {
    Sample { channel, x_px }
}

const fn full(samples: &'static [Sample]) -> PlaneLayout {
    PlaneLayout {
        samples,
        columns_px: 1,
        rows_px: 1,
    }
}

const fn quarter(samples: &'static [Sample]) -> PlaneLayout {
    PlaneLayout {
        samples,
        columns_px: 2,
        rows_px: 2,
    }
}

const LUMA: PlaneLayout = full(&[sample(0, 0)]);
const NV12: &[PlaneLayout] = &[LUMA, quarter(&[sample(1, 0), sample(2, 0)])];
const I420: &[PlaneLayout] = &[LUMA, quarter(&[sample(1, 0)]), quarter(&[sample(2, 0)])];
const YUYV: &[PlaneLayout] = &[PlaneLayout {
    samples: &[sample(0, 0), sample(1, 0), sample(0, 1), sample(2, 0)],
    columns_px: 2,
    rows_px: 1,
}];
const RGB: &[PlaneLayout] = &[full(&[sample(0, 0), sample(1, 0), sample(2, 0)])];
const BGR: &[PlaneLayout] = &[full(&[sample(2, 0), sample(1, 0), sample(0, 0)])];
const RGBA: &[PlaneLayout] = &[full(&[
    sample(0, 0),
    sample(1, 0),
    sample(2, 0),
    sample(ALPHA, 0),
])];
const BGRA: &[PlaneLayout] = &[full(&[
    sample(2, 0),
    sample(1, 0),
    sample(0, 0),
    sample(ALPHA, 0),
])];

/// The planes of `format`; `None` for a format that is not composited as it is.
pub fn planes(format: PixelFormat) -> Option<&'static [PlaneLayout]> {
    match format {
        PixelFormat::Nv12 => Some(NV12),
        PixelFormat::I420 => Some(I420),
        PixelFormat::Yuyv => Some(YUYV),
        PixelFormat::Rgb8 => Some(RGB),
        PixelFormat::Bgr8 => Some(BGR),
        PixelFormat::Rgba8 => Some(RGBA),
        PixelFormat::Bgra8 => Some(BGRA),
        _ => None,
    }
}

/// Where `channel` (0 to 2) lies in a frame of `planes`.
pub fn channel(planes: &[PlaneLayout], channel: usize) -> Channel {
    let has_it = |layout: &PlaneLayout| layout.samples.iter().any(|s| s.channel == channel);
    let plane = planes
        .iter()
        .position(has_it)
        .expect("every layout has the three colour channels");
    let PlaneLayout {
        samples,
        columns_px,
        rows_px,
    } = planes[plane];
    let its_places = || (0..samples.len()).filter(|&place| samples[place].channel == channel);
    let count = its_places().count();
    Channel {
        plane,
        offset: its_places().next().unwrap_or_default(),
        step_bytes: samples.len() / count,
        columns_px: columns_px / count,
        rows_px,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_direct_formats_have_a_layout_that_fits_their_planes() {
        for format in PixelFormat::ALL {
            let layout = planes(format);
            assert_eq!(layout.is_some(), PixelFormat::DIRECT.contains(&format));
            for (plane, layout) in layout.unwrap_or_default().iter().enumerate() {
                let size = (
                    17usize.div_ceil(layout.columns_px) * layout.samples.len(),
                    layout.rows_before(19),
                );
                assert_eq!(size, format.plane_size(plane, 17, 19), "{format}");
            }
        }
    }

    #[test]
    fn channels_are_found_in_their_planes() {
        let at = |plane, offset, step_bytes, columns_px, rows_px| Channel {
            plane,
            offset,
            step_bytes,
            columns_px,
            rows_px,
        };
        assert_eq!(channel(NV12, 0), at(0, 0, 1, 1, 1));
        assert_eq!(channel(NV12, 2), at(1, 1, 2, 2, 2));
        assert_eq!(channel(I420, 2), at(2, 0, 1, 2, 2));
        assert_eq!(channel(YUYV, 0), at(0, 0, 2, 1, 1));
        assert_eq!(channel(YUYV, 1), at(0, 1, 4, 2, 1));
        assert_eq!(channel(YUYV, 2), at(0, 3, 4, 2, 1));
        assert_eq!(channel(BGR, 0), at(0, 2, 3, 1, 1));
        assert_eq!(channel(BGRA, 2), at(0, 0, 4, 1, 1));
    }
}
