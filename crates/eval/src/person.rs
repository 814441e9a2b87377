//! What the protection did to the person: similarity, and pixels that are lost.

use crate::filter::{Kernel, Smoother};
use crate::matte::{self, Region};
use crate::shape;

/// A pixel of the person is lost if its luma is off by more.
const LOST: u8 = 20;
/// Fewer pixels of person than this, or of its inside, are not judged.
const LEAST_PERSON: usize = 500;
const LEAST_INSIDE: usize = 200;
/// Constants of SSIM for 8 bits (Wang et al. 2004): (.01 * 255)² and (.03 * 255)².
const C1: f32 = 6.5;
const C2: f32 = 58.5;
const SSIM_SIGMA_PX: f32 = 1.5;

/// Similarity is dear to measure and, other than what is lost, changes slowly: it is had on
/// every third frame.
const SSIM_EVERY: u64 = 3;

/// Harm to the person in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PersonFigures {
    /// Structural similarity to the original inside the person, mean; 1 = untouched. On every
    /// third frame.
    pub ssim: Option<f64>,
    /// Share of the person's pixels whose luma is off by more than 20 of 255: painted over.
    pub lost: f64,
}

#[derive(Debug)]
pub(crate) struct PersonMeter {
    size: (usize, usize),
    edge: Vec<usize>,
    kernel: Kernel,
    smoother: Smoother,
    inside: Vec<u8>,
    scratch: Vec<u8>,
    moments: [Vec<f32>; 4],
}

impl PersonMeter {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        let scale = size.1 as f64 / 720.0;
        Self {
            size,
            edge: shape::disc((3.0 * scale).round_ties_even() as usize),
            kernel: Kernel::gaussian(SSIM_SIGMA_PX),
            smoother: Smoother::default(),
            inside: Vec::new(),
            scratch: Vec::new(),
            moments: Default::default(),
        }
    }

    /// 1 for pixels that are person and not near an edge (3 px at 720 lines), of the last
    /// frame that was looked at.
    pub(crate) fn inside(&self) -> &[u8] {
        &self.inside
    }

    /// None if there is too little person.
    pub(crate) fn look(
        &mut self,
        number: u64,
        original: &[u8],
        protected: &[u8],
        alpha: &[u8],
    ) -> Option<PersonFigures> {
        self.inside.clear();
        self.inside
            .extend(alpha.iter().map(|&alpha| u8::from(matte::is_person(alpha))));
        if count(&self.inside) <= LEAST_PERSON {
            self.inside.fill(0);
            return None;
        }
        shape::shrink(&mut self.inside, self.size.0, &self.edge, &mut self.scratch);
        let pixels = count(&self.inside);
        if pixels <= LEAST_INSIDE {
            return None;
        }
        let lost = original.iter().zip(protected).zip(&self.inside);
        let lost = lost.filter(|((o, p), inside)| **inside != 0 && o.abs_diff(**p) > LOST);
        Some(PersonFigures {
            lost: lost.count() as f64 / pixels as f64,
            ssim: if number.is_multiple_of(SSIM_EVERY) {
                self.ssim(original, protected)
            } else {
                None
            },
        })
    }

    fn ssim(&mut self, original: &[u8], protected: &[u8]) -> Option<f64> {
        let width = self.size.0;
        let region = Region::around(&self.inside, width, |value| value != 0)?
            .grown(self.kernel.radius(), self.size);
        let crop = |plane: &[u8], y: usize, x: usize| {
            f32::from(plane[(region.top + y) * width + region.left + x])
        };
        type Moment = fn(f32, f32) -> f32;
        // Of the variances only their sum is needed.
        let moments: [Moment; 4] = [|o, _| o, |_, p| p, |o, p| o * o + p * p, |o, p| o * p];
        for (out, moment) in self.moments.iter_mut().zip(moments) {
            let fill = |y: usize, row: &mut [f32]| {
                for (x, out) in row.iter_mut().enumerate() {
                    *out = moment(crop(original, y, x), crop(protected, y, x));
                }
            };
            self.smoother.plane(&self.kernel, region.size(), fill, out);
        }
        let (mut sum, mut count) = (0.0, 0u64);
        let [mean_o, mean_p, squares, op] = &self.moments;
        for y in 0..region.size().1 {
            for x in 0..region.size().0 {
                if self.inside[(region.top + y) * width + region.left + x] == 0 {
                    continue;
                }
                let at = y * region.size().0 + x;
                let (o, p) = (mean_o[at], mean_p[at]);
                let (variances, cov) = (squares[at] - o * o - p * p, op[at] - o * p);
                let ssim = (2.0 * o * p + C1) * (2.0 * cov + C2)
                    / ((o * o + p * p + C1) * (variances + C2));
                sum += f64::from(ssim);
                count += 1;
            }
        }
        (count > 0).then(|| sum / count as f64)
    }
}

fn count(map: &[u8]) -> usize {
    map.iter().map(|&value| usize::from(value)).sum()
}
