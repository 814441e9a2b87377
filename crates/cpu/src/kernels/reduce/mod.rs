//! Means over squares of pixels.

mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::ops::Range;

use frosted_core::internal::Level;
use frosted_core::internal::layout::Channel;

/// Above this, the sums of a column do not fit 16 bits.
const NARROW_ROWS: usize = 257;
/// What a kernel may read behind the last sum.
const BEHIND: usize = 64;

/// The sums of each byte's column over the rows of a square.
#[derive(Debug)]
pub(crate) enum ColumnSums {
    /// For squares of at most 257 rows: twice as fast.
    Narrow(Vec<u16>),
    /// For any square.
    Wide(Vec<u32>),
}

impl ColumnSums {
    /// For rows of up to `row_bytes` and squares of `square_px`.
    pub(crate) fn new(row_bytes: usize, square_px: usize) -> Self {
        if square_px <= NARROW_ROWS {
            Self::Narrow(vec![0; row_bytes + BEHIND])
        } else {
            Self::Wide(vec![0; row_bytes + BEHIND])
        }
    }

    /// Sums `rows`, all of the same length.
    ///
    /// One after another, as they lie in memory: with all rows of a square at once there is
    /// less to add up, but the processor fetches ahead of one stream better than of five, and
    /// 1280x720 NV12 took 1.7 times as long.
    pub(crate) fn sum<'a>(&mut self, level: Level, rows: impl Iterator<Item = &'a [u8]>) {
        let level = level.up_to_avx2();
        for (index, row) in rows.enumerate() {
            let anew = index == 0;
            match self {
                Self::Narrow(sums) => level.run(scalar::SumRow { row, sums, anew }),
                Self::Wide(sums) => level.run(scalar::SumRow { row, sums, anew }),
            }
        }
    }

    /// The means of `squares` over `rows` summed rows.
    pub(crate) fn means(&self, level: Level, squares: &Squares, rows: usize, out: &mut [u8]) {
        match self {
            Self::Narrow(sums) => {
                #[cfg(target_arch = "x86_64")]
                let done = x86::means(level, squares, sums, rows, out);
                #[cfg(not(target_arch = "x86_64"))]
                let done = 0;
                level.run(scalar::Means {
                    squares,
                    sums,
                    rows,
                    done,
                    out,
                });
            }
            Self::Wide(sums) => level.run(scalar::Means {
                squares,
                sums,
                rows,
                done: 0,
                out,
            }),
        }
    }
}

/// The squares of frame pixels along a row, seen by one channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Squares {
    channel: Channel,
    square_px: usize,
    /// Values of the channel in a row, and rows.
    size: (usize, usize),
}

impl Squares {
    /// Of a frame of `width` by `height`.
    pub(crate) fn new(channel: Channel, square_px: usize, width: usize, height: usize) -> Self {
        Self {
            channel,
            square_px,
            size: (
                width.div_ceil(channel.columns_px),
                height.div_ceil(channel.rows_px),
            ),
        }
    }

    pub(crate) fn channel(&self) -> &Channel {
        &self.channel
    }

    /// The channel's rows that square row `index` is the mean of: every one that it touches.
    pub(crate) fn rows(&self, index: usize) -> Range<usize> {
        touched(index, self.square_px, self.channel.rows_px, self.size.1)
    }

    fn columns(&self, index: usize) -> Range<usize> {
        touched(index, self.square_px, self.channel.columns_px, self.size.0)
    }

    /// The sum that square `index` begins with, were the channel the first.
    #[inline(always)]
    fn first_sum(&self, index: usize) -> usize {
        // By 1 or 2; a division would take as long as the rest of a square.
        let column = (index * self.square_px) >> (self.channel.columns_px - 1);
        column * self.channel.step_bytes
    }
}

/// Which of `count` values, each standing for `value_px` pixels, square `index` touches.
fn touched(index: usize, square_px: usize, value_px: usize, count: usize) -> Range<usize> {
    let start = index * square_px / value_px;
    let end = ((index + 1) * square_px).div_ceil(value_px);
    start..end.min(count)
}

#[cfg(test)]
mod tests {
    use frosted_core::internal::layout;
    use frosted_core::{FrameSpec, PixelFormat};

    use super::*;

    /// Rows of a square.
    type Rows = [Vec<u8>];

    fn wanted(squares: &Squares, rows: &Rows, index: usize) -> u8 {
        let channel = squares.channel();
        let columns = squares.columns(index);
        let values = rows.iter().flat_map(|row| {
            let places = columns
                .clone()
                .map(|column| channel.offset + column * channel.step_bytes);
            places.map(|place| u64::from(row[place]))
        });
        let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value, count + 1));
        ((2 * sum + count) / (2 * count)) as u8
    }

    /// Compares the means of one row of squares at every level, and whether a kernel made them.
    fn check(
        format: PixelFormat,
        (width, height): (usize, usize),
        square_px: usize,
        byte: impl Fn(usize) -> u8,
    ) {
        let spec = FrameSpec::new(format, width, height.max(16)).unwrap();
        let planes = layout::planes(format).unwrap();
        for channel in 0..3 {
            let channel = layout::channel(planes, channel);
            let squares = Squares::new(channel, square_px, width, height);
            let row_bytes = spec.plane_row_bytes(channel.plane);
            let count = squares.rows(0).len();
            let rows: Vec<Vec<u8>> = (0..count)
                .map(|row| {
                    (0..row_bytes)
                        .map(|at| byte(row * row_bytes + at))
                        .collect()
                })
                .collect();
            let indices = 0..width.div_ceil(square_px);
            let wanted: Vec<u8> = indices
                .map(|index| wanted(&squares, &rows, index))
                .collect();
            let mut out = vec![0; wanted.len()];
            for level in Level::all() {
                let mut sums = ColumnSums::new(row_bytes, square_px);
                // What is left of other rows counts no more.
                let white = vec![255; row_bytes];
                sums.sum(level, rows.iter().map(|_| &white[..]));
                sums.sum(level, rows.iter().map(|row| &row[..]));
                out.fill(0x55);
                sums.means(level, &squares, count, &mut out);
                assert!(
                    out == wanted,
                    "{format} {width}x{height}, squares of {square_px}, {level}: {out:?} for \
                     {wanted:?}"
                );
                #[cfg(target_arch = "x86_64")]
                if let ColumnSums::Narrow(sums) = &sums {
                    let columns = squares.columns(0).len();
                    let words = channel.offset + (columns - 1) * channel.step_bytes + 1;
                    let few = columns * count <= 256 && words <= BEHIND && count <= 128;
                    let eights = (out.len() - 1) / 8 * 8;
                    let done = x86::means(level, &squares, sums, count, &mut out);
                    let by_kernel = level > Level::COMMON && few;
                    assert_eq!(done, if by_kernel { eights } else { 0 }, "{format} {level}");
                }
            }
        }
    }

    #[test]
    fn means_are_exact_at_every_level_up_to_the_last_square_of_any_row() {
        let noise = |at: usize| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8;
        for format in PixelFormat::DIRECT {
            for square_px in (1usize..=17).chain([32, 128, 129]) {
                for squares in [1, 8, 9, 10, 16, 17, 25] {
                    let width = square_px * squares;
                    for width in [width, width + 1, width + square_px / 2] {
                        let width = width.clamp(16, 7680);
                        // The last squares may have fewer rows than the others.
                        for height in [square_px, square_px.div_ceil(3)] {
                            check(format, (width, height), square_px, |_| 255);
                            check(format, (width, height), square_px, noise);
                        }
                    }
                }
            }
            for (width, square_px) in [(7680, 1), (7679, 16), (7680, 30), (7677, 5)] {
                check(format, (width, square_px), square_px, noise);
            }
        }
    }

    #[test]
    fn chroma_squares_touch_every_value_that_they_cover_in_part() {
        assert_eq!(touched(0, 5, 2, 640), 0..3);
        assert_eq!(touched(1, 5, 2, 640), 2..5);
        assert_eq!(touched(255, 5, 2, 640), 637..640);
        assert_eq!(touched(16, 1, 2, 9), 8..9);
        assert_eq!(touched(3, 5, 1, 17), 15..17);
    }
}
