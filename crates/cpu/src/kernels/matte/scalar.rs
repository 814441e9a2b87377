use std::ops::Range;

/// Where frame pixels stand between the centres of reduced ones.
///
/// Reduced pixel i has its centre at frame pixel (i + .5) * `square_px` - .5. Gap g lies
/// between the centres g - 1 and g; before the first and behind the last centre the value
/// stays what it is there.
#[derive(Debug)]
pub(crate) struct Placement {
    square_px: usize,
    /// The weight of a gap's right centre in 1/32768 for each of its `square_px` pixels.
    weights_q15: Vec<u16>,
}

impl Placement {
    /// For squares of `square_px`, at least 1.
    pub(crate) fn new(square_px: usize) -> Self {
        // A gap's first pixel stands on the left centre if the square is odd, half a pixel
        // to the right of it if it is even.
        let late = 1 - square_px % 2;
        let weight =
            |pixel: usize| ((((2 * pixel + late) << 15) + square_px) / (2 * square_px)) as u16;
        Self {
            square_px,
            weights_q15: (0..square_px).map(weight).collect(),
        }
    }

    pub(crate) fn square_px(&self) -> usize {
        self.square_px
    }

    /// The gap that `pixel` (a column or a row) is in, and its place there.
    fn gap(&self, pixel: usize) -> (usize, usize) {
        let from_first_gap = pixel + self.square_px.div_ceil(2);
        (
            from_first_gap / self.square_px,
            from_first_gap % self.square_px,
        )
    }

    /// The two of `count` reduced pixels that frame pixel `pixel` lies between, and the
    /// weight of the second in 1/32768.
    pub(crate) fn neighbours(&self, pixel: usize, count: usize) -> (usize, usize, u16) {
        let (gap, place) = self.gap(pixel);
        let last = count - 1;
        (
            gap.saturating_sub(1).min(last),
            gap.min(last),
            self.weights_q15[place],
        )
    }
}

/// Interpolates two rows of the reduced matte, `weight_q15` of `lower` in 1/32768, to
/// 1/256 of a value. `out` gets one value more at each end, the same as its neighbour.
pub(crate) fn between_rows(upper: &[u8], lower: &[u8], weight_q15: u16, out: &mut [u16]) {
    let columns = upper.len();
    let weight = u32::from(weight_q15);
    for ((out, &upper), &lower) in out[1..=columns].iter_mut().zip(upper).zip(lower) {
        let sum = u32::from(upper) * (32768 - weight) + u32::from(lower) * weight;
        *out = ((sum + 64) >> 7) as u16;
    }
    out[0] = out[1];
    out[columns + 1] = out[columns];
}

/// The alphas of `columns` of a frame row, from `values` as [`between_rows`] makes them.
///
/// Every step is a weighted mean whose weights sum to a power of two: a value between
/// neighbours that are all covered, or all shown, is so too.
pub(crate) fn along_row(
    values: &[u16],
    placement: &Placement,
    table: &[u8; 256],
    columns: Range<usize>,
    alpha: &mut [u8],
) {
    let (mut gap, mut place) = placement.gap(columns.start);
    let mut rest = &mut alpha[..columns.len()];
    while !rest.is_empty() {
        let weights = &placement.weights_q15[place..];
        let (here, after) = rest.split_at_mut(weights.len().min(rest.len()));
        let (left, right) = (i32::from(values[gap]), i32::from(values[gap + 1]));
        let (start, slope) = ((left << 15) + (1 << 22), right - left);
        for (alpha, &weight) in here.iter_mut().zip(weights) {
            let value = (start + slope * i32::from(weight)) >> 23;
            *alpha = table[usize::from(value as u8)];
        }
        rest = after;
        gap += 1;
        place = 0;
    }
}
