//! What is left of the room's detail, octave by octave, in the mean of all frames.
//!
//! Somebody who averages a clip gets rid of noise and dither; what is left is the blur. Each
//! octave's gain is the slope of the protected mean's band on the original's, and a Gaussian
//! of standard deviation s passes exp(-2π²s²/L²) of wavelength L.
//!
//! Octaves are not cut off sharply: in a room of large shapes alone longer waves come into
//! them, and the blur is taken for weaker than it is, by up to half.

use crate::filter::{Kernel, Smoother};

const OCTAVES: usize = 7;
/// Wavelength that the first band passes best, pixels.
const FIRST_WAVELENGTH_PX: f64 = 5.0;
/// Bands of less power say nothing, levels squared.
const LEAST_POWER: f64 = 0.25;
/// A protected band of less power is flat but for rounding and correlates with nothing.
const FLAT_POWER: f64 = 0.01;
const LEAST_PIXELS: u32 = 50;
const LEAST_SIDE: usize = 24;
/// Below this correlation a band shows another picture and not the room.
const RELATED: f64 = 0.3;
/// A wavelength survives with at least this gain and correlation.
const SURVIVING: (f64, f64) = (0.15, 0.5);

/// How much of the room's detail of one octave is in the mean of the protected frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Wavelength in the middle of the octave, pixels.
    pub wavelength_px: f64,
    /// 1 = all of it, 0 = none.
    pub gain: f64,
    /// 1 = the same picture, 0 = another one.
    pub correlation: f64,
}

/// What is left of the room's detail in the mean of all frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// From the shortest wavelength to the longest.
    pub bands: Vec<Band>,
}

impl Detail {
    /// Standard deviation of the Gaussian blur that fits the bands best, pixels; none if
    /// what is shown has nothing to do with the room.
    pub fn sigma_px(&self) -> Option<f64> {
        let bands: Vec<_> = self
            .bands
            .iter()
            .filter(|band| band.correlation > RELATED)
            .collect();
        let quarters = (0..40).map(|step| f64::from(step) * 0.25);
        let candidates = quarters.chain((10..80).map(f64::from));
        let error = |sigma: f64| -> f64 {
            let of_band = |band: &&Band| {
                let passed =
                    (-2.0 * (std::f64::consts::PI * sigma / band.wavelength_px).powi(2)).exp();
                (passed - band.gain.clamp(0.0, 1.0)).powi(2)
            };
            bands.iter().map(of_band).sum()
        };
        if bands.is_empty() {
            return None;
        }
        candidates.min_by(|a, b| error(*a).total_cmp(&error(*b)))
    }

    /// The shortest wavelength of which more than 15 % is left, pixels.
    pub fn finest_px(&self) -> Option<f64> {
        let survives = |band: &&Band| band.gain > SURVIVING.0 && band.correlation > SURVIVING.1;
        self.bands
            .iter()
            .find(survives)
            .map(|band| band.wavelength_px)
    }
}

/// Means of all frames where the room was shown, and where that is.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) size: (usize, usize),
    pub(crate) original: Vec<f32>,
    pub(crate) protected: Vec<f32>,
    /// 1 = known.
    pub(crate) known: Vec<f32>,
}

impl Level {
    pub(crate) fn detail(mut self) -> Detail {
        let mut smoother = Smoother::default();
        let mut detail = Detail::default();
        let mut wavelength_px = FIRST_WAVELENGTH_PX;
        for _ in 0..OCTAVES {
            if self.size.0.min(self.size.1) < LEAST_SIDE {
                break;
            }
            detail.bands.extend(self.band(&mut smoother, wavelength_px));
            self = self.halved(&mut smoother);
            wavelength_px *= 2.0;
        }
        detail
    }

    /// A plane's mean over known pixels.
    fn low(
        &self,
        smoother: &mut Smoother,
        kernel: &Kernel,
        plane: &[f32],
        cover: &[f32],
    ) -> Vec<f32> {
        let mut out = Vec::new();
        let width = self.size.0;
        let fill = |y: usize, row: &mut [f32]| {
            let pixels = plane[y * width..].iter().zip(&self.known[y * width..]);
            for (out, (value, known)) in row.iter_mut().zip(pixels) {
                *out = value * known;
            }
        };
        smoother.plane(kernel, self.size, fill, &mut out);
        for (out, cover) in out.iter_mut().zip(cover) {
            *out /= cover.max(1e-3);
        }
        out
    }

    fn cover(&self, smoother: &mut Smoother, kernel: &Kernel) -> Vec<f32> {
        let mut out = Vec::new();
        let width = self.size.0;
        let fill =
            |y: usize, row: &mut [f32]| row.copy_from_slice(&self.known[y * width..][..width]);
        smoother.plane(kernel, self.size, fill, &mut out);
        out
    }

    fn band(&self, smoother: &mut Smoother, wavelength_px: f64) -> Option<Band> {
        let kernel = Kernel::gaussian(1.6);
        let cover = self.cover(smoother, &kernel);
        let low_o = self.low(smoother, &kernel, &self.original, &cover);
        let low_p = self.low(smoother, &kernel, &self.protected, &cover);
        let (mut oo, mut op, mut pp, mut count) = (0.0, 0.0, 0.0, 0);
        for at in 0..cover.len() {
            if self.known[at] > 0.9 && cover[at] > 0.8 {
                let o = f64::from(self.original[at] - low_o[at]);
                let p = f64::from(self.protected[at] - low_p[at]);
                oo += o * o;
                op += o * p;
                pp += p * p;
                count += 1;
            }
        }
        let pixels = f64::from(count);
        (count > LEAST_PIXELS && oo > LEAST_POWER * pixels).then(|| Band {
            wavelength_px,
            gain: op / oo,
            correlation: if pp > FLAT_POWER * pixels {
                op / (oo * pp).sqrt()
            } else {
                0.0
            },
        })
    }

    fn halved(&self, smoother: &mut Smoother) -> Self {
        let kernel = Kernel::gaussian(1.0);
        let cover = self.cover(smoother, &kernel);
        let size = (self.size.0.div_ceil(2), self.size.1.div_ceil(2));
        let every_other = |plane: &[f32]| -> Vec<f32> {
            let rows = plane.chunks_exact(self.size.0).step_by(2);
            rows.flat_map(|row| row.iter().step_by(2))
                .copied()
                .collect()
        };
        let original = self.low(smoother, &kernel, &self.original, &cover);
        let protected = self.low(smoother, &kernel, &self.protected, &cover);
        let is_known = |cover: f32| f32::from(u8::from(cover > 0.6));
        Self {
            size,
            original: every_other(&original),
            protected: every_other(&protected),
            known: every_other(&cover).into_iter().map(is_known).collect(),
        }
    }
}
