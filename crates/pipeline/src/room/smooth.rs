use frosted_core::internal::{Level, Work};
use frosted_core::{Range, Reduced};

/// A reduced picture without its noise and finest detail, by which frames are compared.
///
/// Each value is the mean of its neighbours by 1 2 1 across and down.
#[derive(Debug, Default)]
pub(crate) struct Smooth {
    size: (usize, usize),
    planes: [Vec<u8>; 3],
    across: Vec<u8>,
    /// The planes are Y, Cb, Cr and not R, G, B.
    yuv: bool,
    /// The code of black in each plane, or of no colour.
    dark: [u8; 3],
}

impl Smooth {
    /// Becomes that of `picture`. Allocates only to grow.
    pub(crate) fn take(&mut self, picture: &Reduced) {
        self.size = (picture.width(), picture.height());
        self.yuv = picture.colour().is_some();
        self.dark = match picture.colour() {
            None => [0; 3],
            Some(colour) if colour.range == Range::Full => [0, 128, 128],
            Some(_) => [16, 128, 128],
        };
        Level::chosen().run(Take(self, picture));
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        self.size
    }

    pub(crate) fn planes(&self) -> [&[u8]; 3] {
        self.planes.each_ref().map(Vec::as_slice)
    }

    pub(crate) fn is_yuv(&self) -> bool {
        self.yuv
    }

    /// The code of black in each plane, or of no colour: what light does not change.
    pub(crate) fn dark(&self) -> [u8; 3] {
        self.dark
    }

    /// Luma, or green, which carries most of it.
    pub(crate) fn luma(&self) -> &[u8] {
        &self.planes[self.luma_plane()]
    }

    pub(crate) fn luma_plane(&self) -> usize {
        usize::from(!self.yuv)
    }
}

struct Take<'a>(&'a mut Smooth, &'a Reduced);

impl Work for Take<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Smooth {
            size: (width, height),
            planes,
            across,
            ..
        } = self.0;
        let (width, height) = (*width, *height);
        across.resize(width * height, 0);
        for (source, target) in self.1.planes().into_iter().zip(planes) {
            target.resize(width * height, 0);
            let rows = source.chunks_exact(width.max(1));
            for (row, out) in rows.zip(across.chunks_exact_mut(width.max(1))) {
                smooth_row(row, out);
            }
            for (y, out) in target.chunks_exact_mut(width.max(1)).enumerate() {
                let row = |y: usize| &across[y * width..(y + 1) * width];
                let (above, below) = (row(y.saturating_sub(1)), row((y + 1).min(height - 1)));
                means_of(above, row(y), below, out);
            }
        }
    }
}

#[inline(always)]
fn smooth_row(row: &[u8], out: &mut [u8]) {
    let last = row.len() - 1;
    if last > 1 {
        means_of(
            &row[..last - 1],
            &row[1..last],
            &row[2..],
            &mut out[1..last],
        );
    }
    out[0] = mean_of(row[0], row[0], row[1.min(last)]);
    out[last] = mean_of(row[last.saturating_sub(1)], row[last], row[last]);
}

#[inline(always)]
fn means_of(before: &[u8], here: &[u8], after: &[u8], out: &mut [u8]) {
    let taps = before.iter().zip(here).zip(after);
    for (out, ((&before, &here), &after)) in out.iter_mut().zip(taps) {
        *out = mean_of(before, here, after);
    }
}

#[inline(always)]
fn mean_of(before: u8, here: u8, after: u8) -> u8 {
    ((u16::from(before) + 2 * u16::from(here) + u16::from(after) + 2) >> 2) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::picture;

    #[test]
    fn means_are_those_of_the_definition_at_every_level() {
        let noise = |x: usize, y: usize| (x * 71 + y * 37 + x * y * 13) as u8;
        for (width, height) in [(16, 16), (17, 19), (64, 16), (65, 17), (130, 18)] {
            let picture = picture(width, height, noise);
            let mean = |[before, here, after]: [u32; 3]| (before + 2 * here + after + 2) / 4;
            // The pixels before and after one, or itself at the edges.
            let near = |at: usize, len: usize| [at.saturating_sub(1), at, (at + 1).min(len - 1)];
            let across = |x, y| mean(near(x, width).map(|x| u32::from(noise(x, y))));
            for level in Level::all() {
                let mut smooth = Smooth {
                    size: (width, height),
                    ..Smooth::default()
                };
                level.run(Take(&mut smooth, &picture));
                for plane in smooth.planes() {
                    assert_eq!(plane.len(), width * height);
                    for (at, &value) in plane.iter().enumerate() {
                        let (x, y) = (at % width, at / width);
                        let wanted = mean(near(y, height).map(|y| across(x, y)));
                        assert_eq!(
                            u32::from(value),
                            wanted,
                            "{x},{y} of {width}x{height}, {level}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_dot_is_spread_by_one_two_one_and_an_edge_goes_on() {
        let mut smooth = Smooth::default();
        smooth.take(&picture(
            16,
            16,
            |x, y| if (x, y) == (5, 7) { 160 } else { 0 },
        ));
        let at = |x: usize, y: usize| smooth.planes()[1][y * 16 + x];
        assert_eq!([at(4, 7), at(5, 7), at(6, 7), at(7, 7)], [20, 40, 20, 0]);
        assert_eq!([at(5, 6), at(4, 6), at(5, 5)], [20, 10, 0]);
        smooth.take(&picture(16, 16, |x, _| if x == 0 { 100 } else { 0 }));
        assert_eq!(smooth.planes()[0][..3], [75, 25, 0]);
    }
}
