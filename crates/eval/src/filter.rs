//! Separable smoothing of planes of numbers, mirrored at the border without repeating it.

/// Pixels that are worked on together; compilers turn a loop over so many into vectors.
const LANES: usize = 16;

/// A symmetrical kernel that is applied along both axes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kernel {
    /// The weight of the centre, then those at distance 1, 2 and so on.
    weights: Vec<f32>,
}

impl Kernel {
    /// A Gaussian of standard deviation `sigma_px`, cut off at four of them; weights sum to 1.
    pub(crate) fn gaussian(sigma_px: f32) -> Self {
        let side = (sigma_px * 8.0 + 1.0).round_ties_even() as usize | 1;
        let raw: Vec<f64> = (0..=side / 2)
            .map(|at| (-0.5 * (at as f64 / f64::from(sigma_px)).powi(2)).exp())
            .collect();
        let sum = raw[0] + 2.0 * raw[1..].iter().sum::<f64>();
        Self {
            weights: raw.iter().map(|weight| (weight / sum) as f32).collect(),
        }
    }

    /// The mean of a square of `side_px`, which is odd.
    pub(crate) fn mean(side_px: usize) -> Self {
        Self {
            weights: vec![1.0 / side_px as f32; side_px / 2 + 1],
        }
    }

    pub(crate) fn radius(&self) -> usize {
        self.weights.len() - 1
    }
}

/// The index that mirrors `at` into 0..`len`, the border itself not repeated.
pub(crate) fn mirrored(at: isize, len: usize) -> usize {
    if len == 1 {
        return 0;
    }
    let period = 2 * (len as isize - 1);
    let folded = at.rem_euclid(period);
    folded.min(period - folded) as usize
}

/// Smooths pictures and keeps what it needs for it.
#[derive(Debug, Default)]
pub(crate) struct Smoother {
    /// The rows in reach of the kernel, row y in slot y modulo their number.
    ring: Vec<f32>,
    /// One row smoothed along the columns, with its mirrored ends.
    padded: Vec<f32>,
    smooth: Vec<f32>,
}

impl Smoother {
    /// Hands each row of a picture of `width` times `height`, smoothed, to `take`, from the
    /// top. `fill` writes the row of this number into the slice.
    pub(crate) fn rows(
        &mut self,
        kernel: &Kernel,
        (width, height): (usize, usize),
        mut fill: impl FnMut(usize, &mut [f32]),
        mut take: impl FnMut(usize, &[f32]),
    ) {
        let radius = kernel.radius();
        let (slots, stride) = (2 * radius + 1, width.next_multiple_of(LANES));
        self.ring.clear();
        self.ring.resize(slots * stride, 0.0);
        self.padded.clear();
        self.padded.resize(stride + 2 * radius, 0.0);
        self.smooth.resize(stride, 0.0);
        let mut filled = 0;
        for y in 0..height {
            while filled < height.min(y + radius + 1) {
                let slot = filled % slots * stride;
                fill(filled, &mut self.ring[slot..slot + width]);
                filled += 1;
            }
            self.along_columns(kernel, y, height, stride);
            self.mirror_ends(radius, width);
            self.along_row(kernel, stride);
            take(y, &self.smooth[..width]);
        }
    }

    /// As [`Smoother::rows`], into `out`.
    pub(crate) fn plane(
        &mut self,
        kernel: &Kernel,
        size: (usize, usize),
        fill: impl FnMut(usize, &mut [f32]),
        out: &mut Vec<f32>,
    ) {
        out.resize(size.0 * size.1, 0.0);
        self.rows(kernel, size, fill, |y, row| {
            out[y * size.0..][..size.0].copy_from_slice(row);
        });
    }

    fn along_columns(&mut self, kernel: &Kernel, y: usize, height: usize, stride: usize) {
        let radius = kernel.radius();
        let slots = 2 * radius + 1;
        let row_at = |offset: isize| {
            let slot = mirrored(y as isize + offset, height) % slots * stride;
            &self.ring[slot..slot + stride]
        };
        let centre = row_at(0);
        let sides: Vec<_> = (1..=radius as isize)
            .map(|at| (row_at(-at), row_at(at)))
            .collect();
        let out = self.padded[radius..radius + stride].chunks_exact_mut(LANES);
        for (chunk, out) in out.enumerate() {
            let from = chunk * LANES;
            let mut sum = [0.0f32; LANES];
            for (sum, centre) in sum.iter_mut().zip(&centre[from..from + LANES]) {
                *sum = kernel.weights[0] * centre;
            }
            for ((above, below), weight) in sides.iter().zip(&kernel.weights[1..]) {
                let (above, below) = (&above[from..from + LANES], &below[from..from + LANES]);
                for lane in 0..LANES {
                    sum[lane] += weight * (above[lane] + below[lane]);
                }
            }
            out.copy_from_slice(&sum);
        }
    }

    fn mirror_ends(&mut self, radius: usize, width: usize) {
        for at in 1..=radius as isize {
            let left = mirrored(-at, width);
            let right = mirrored(width as isize - 1 + at, width);
            self.padded[radius - at as usize] = self.padded[radius + left];
            self.padded[radius + width - 1 + at as usize] = self.padded[radius + right];
        }
    }

    fn along_row(&mut self, kernel: &Kernel, stride: usize) {
        let radius = kernel.radius();
        for from in (0..stride).step_by(LANES) {
            let around = &self.padded[from..from + LANES + 2 * radius];
            let mut sum = [0.0f32; LANES];
            for (lane, sum) in sum.iter_mut().enumerate() {
                *sum = kernel.weights[0] * around[radius + lane];
            }
            for (at, weight) in kernel.weights.iter().enumerate().skip(1) {
                let left = &around[radius - at..radius - at + LANES];
                let right = &around[radius + at..radius + at + LANES];
                for lane in 0..LANES {
                    sum[lane] += weight * (left[lane] + right[lane]);
                }
            }
            self.smooth[from..from + LANES].copy_from_slice(&sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(kernel: &Kernel, size: (usize, usize), values: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        Smoother::default().plane(
            kernel,
            size,
            |y, row| row.copy_from_slice(&values[y * size.0..][..size.0]),
            &mut out,
        );
        out
    }

    /// The definition, pixel by pixel.
    fn naive(kernel: &Kernel, (width, height): (usize, usize), values: &[f32]) -> Vec<f32> {
        let radius = kernel.radius() as isize;
        let mut out = Vec::new();
        for y in 0..height as isize {
            for x in 0..width as isize {
                let mut sum = 0.0;
                for dy in -radius..=radius {
                    for dx in -radius..=radius {
                        let weight =
                            kernel.weights[dy.unsigned_abs()] * kernel.weights[dx.unsigned_abs()];
                        let (x, y) = (mirrored(x + dx, width), mirrored(y + dy, height));
                        sum += weight * values[y * width + x];
                    }
                }
                out.push(sum);
            }
        }
        out
    }

    #[test]
    fn planes_of_all_sizes_are_smoothed_by_definition() {
        for size in [(1, 1), (2, 3), (5, 4), (15, 17), (16, 9), (17, 33), (40, 3)] {
            let values: Vec<f32> = (0..size.0 * size.1)
                .map(|at| (at * 7919 % 251) as f32)
                .collect();
            for kernel in [
                Kernel::mean(5),
                Kernel::gaussian(2.0),
                Kernel::gaussian(0.7),
            ] {
                let (got, expected) = (
                    smoothed(&kernel, size, &values),
                    naive(&kernel, size, &values),
                );
                for (got, expected) in got.iter().zip(&expected) {
                    assert!(
                        (got - expected).abs() < 1e-2,
                        "{size:?} {kernel:?}: {got} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn kernels_keep_a_constant() {
        for kernel in [
            Kernel::mean(9),
            Kernel::gaussian(1.5),
            Kernel::gaussian(16.0),
        ] {
            let sum = kernel.weights[0] + 2.0 * kernel.weights[1..].iter().sum::<f32>();
            assert!((sum - 1.0).abs() < 1e-5, "{kernel:?}");
        }
    }

    #[test]
    fn the_border_is_mirrored_without_being_repeated() {
        let got: Vec<_> = (-4..8).map(|at| mirrored(at, 4)).collect();
        assert_eq!(got, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
    }
}
