use super::fixed::WEIGHT_BITS;

/// Where frame pixels stand between the centres of reduced ones.
///
/// Reduced pixel i has its centre at frame pixel (i + .5) * `square_px` - .5. Gap g lies
/// between the centres g - 1 and g; before the first and behind the last centre the value
/// stays what it is there.
#[derive(Debug)]
pub struct Placement {
    square_px: usize,
    /// The weight of a gap's right centre in 1/32768 for each of its `square_px` pixels.
    weights_q15: Vec<u16>,
}

impl Placement {
    /// For squares of `square_px`, at least 1.
    pub fn new(square_px: usize) -> Self {
        // A gap's first pixel stands on the left centre if the square is odd, half a pixel
        // to the right of it if it is even.
        let late = 1 - square_px % 2;
        let weight = |pixel: usize| {
            ((((2 * pixel + late) << WEIGHT_BITS) + square_px) / (2 * square_px)) as u16
        };
        Self {
            square_px,
            weights_q15: (0..square_px).map(weight).collect(),
        }
    }

    /// Side of the square, in frame pixels.
    pub fn square_px(&self) -> usize {
        self.square_px
    }

    /// The weight of a gap's right centre in 1/32768 for each of its pixels.
    pub fn weights(&self) -> &[u16] {
        &self.weights_q15
    }

    /// The gap that `pixel` (a column or a row) is in, and its place there.
    pub fn gap(&self, pixel: usize) -> (usize, usize) {
        let from_first_gap = pixel + self.square_px.div_ceil(2);
        (
            from_first_gap / self.square_px,
            from_first_gap % self.square_px,
        )
    }

    /// The two of `count` reduced pixels that frame pixel `pixel` lies between, and the
    /// weight of the second in 1/32768.
    pub fn neighbours(&self, pixel: usize, count: usize) -> (usize, usize, u16) {
        let (gap, place) = self.gap(pixel);
        let last = count - 1;
        (
            gap.saturating_sub(1).min(last),
            gap.min(last),
            self.weights_q15[place],
        )
    }
}
