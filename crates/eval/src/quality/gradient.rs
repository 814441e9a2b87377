//! Magnitudes of a matte's gradient.

/// Standard deviation of the Gaussian, pixels, and where it is cut off: beyond this its
/// density is under .01.
const SIGMA_PX: f64 = 1.4;
const REACH: usize = 4;
const TAPS: usize = 2 * REACH + 1;

/// |∇α| of each pixel of a frame, α in 0 to 1.
#[derive(Debug)]
pub(super) struct Gradients {
    width: usize,
    magnitudes: Vec<f32>,
    /// The Gaussian and its derivative, each of the L2 norm 1: so is their outer product.
    smooth: [f32; TAPS],
    slope: [f32; TAPS],
    /// Each row smoothed and differentiated along itself.
    smoothed: Vec<f32>,
    sloped: Vec<f32>,
    padded: Vec<f32>,
}

impl Gradients {
    pub(super) fn new((width, height): (usize, usize)) -> Self {
        let at = |tap: usize| tap as f64 - REACH as f64;
        let gauss = |x: f64| (-0.5 * (x / SIGMA_PX).powi(2)).exp();
        let plane = || vec![0.0; width * height];
        Self {
            width,
            magnitudes: plane(),
            smooth: of_norm_1(std::array::from_fn(|tap| gauss(at(tap)))),
            slope: of_norm_1(std::array::from_fn(|tap| at(tap) * gauss(at(tap)))),
            smoothed: plane(),
            sloped: plane(),
            padded: vec![0.0; width + 2 * REACH],
        }
    }

    /// Measures `alpha`; beyond the frame its border goes on.
    pub(super) fn of(&mut self, alpha: &[u8]) {
        let width = self.width;
        let rows = alpha.chunks_exact(width);
        let outs = self
            .smoothed
            .chunks_exact_mut(width)
            .zip(self.sloped.chunks_exact_mut(width));
        for (row, (smoothed, sloped)) in rows.zip(outs) {
            let value = |alpha: u8| f32::from(alpha) / 255.0;
            self.padded.fill(value(row[0]));
            self.padded[REACH + width..].fill(value(row[width - 1]));
            for (padded, &alpha) in self.padded[REACH..].iter_mut().zip(row) {
                *padded = value(alpha);
            }
            smoothed.fill(0.0);
            sloped.fill(0.0);
            for tap in 0..TAPS {
                add(smoothed, &self.padded[tap..][..width], self.smooth[tap]);
                add(sloped, &self.padded[tap..][..width], self.slope[tap]);
            }
        }
        self.combine();
    }

    fn combine(&mut self) {
        let width = self.width;
        let height = self.magnitudes.len() / width;
        let (mut down, mut along) = (vec![0.0; width], vec![0.0; width]);
        for y in 0..height {
            down.fill(0.0);
            along.fill(0.0);
            for tap in 0..TAPS {
                let from = (y + tap).saturating_sub(REACH).min(height - 1) * width;
                add(&mut down, &self.smoothed[from..][..width], self.slope[tap]);
                add(&mut along, &self.sloped[from..][..width], self.smooth[tap]);
            }
            let out = &mut self.magnitudes[y * width..][..width];
            for ((out, down), along) in out.iter_mut().zip(&down).zip(&along) {
                *out = (down * down + along * along).sqrt();
            }
        }
    }

    /// Σ(|∇α| - |∇α*|)².
    pub(super) fn squared_difference(&self, other: &Self) -> f64 {
        let pairs = self.magnitudes.iter().zip(&other.magnitudes);
        pairs
            .map(|(one, other)| f64::from(one - other).powi(2))
            .sum()
    }
}

fn of_norm_1(taps: [f64; TAPS]) -> [f32; TAPS] {
    let norm = taps.iter().map(|tap| tap * tap).sum::<f64>().sqrt();
    taps.map(|tap| (tap / norm) as f32)
}

fn add(out: &mut [f32], from: &[f32], weight: f32) {
    for (out, from) in out.iter_mut().zip(from) {
        *out += from * weight;
    }
}
