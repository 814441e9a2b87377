//! Where a matte says that the person ends, and how two of them agree.

use crate::shape;

/// How far apart two boundaries may be, pixels at 720 lines; at least one pixel.
const REACH_PX_AT_720: f64 = 3.0;

/// The boundary of one frame's person, and what is near it.
#[derive(Debug)]
pub(super) struct Boundaries {
    width: usize,
    disc: Vec<usize>,
    /// 1 for pixels of the person with one beside, above or below them that is not.
    line: Vec<u8>,
    /// 1 for pixels within reach of the line.
    near: Vec<u8>,
    scratch: Vec<u8>,
}

impl Boundaries {
    pub(super) fn new((width, height): (usize, usize)) -> Self {
        let reach = (REACH_PX_AT_720 * height as f64 / 720.0).round().max(1.0);
        Self {
            width,
            disc: shape::disc(reach as usize),
            line: vec![0; width * height],
            near: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Finds the boundary of those pixels for which `is_person` holds. The frame's border is
    /// none.
    pub(super) fn of(&mut self, alpha: &[u8], is_person: impl Fn(u8) -> bool) {
        let width = self.width;
        for (at, line) in self.line.iter_mut().enumerate() {
            let x = at % width;
            let ends_at = |inside: bool, beside: usize| inside && !is_person(alpha[beside]);
            let ends = is_person(alpha[at])
                && (ends_at(x > 0, at.saturating_sub(1))
                    || ends_at(x + 1 < width, at + 1)
                    || ends_at(at >= width, at.saturating_sub(width))
                    || ends_at(at + width < alpha.len(), at + width));
            *line = u8::from(ends);
        }
        self.near.clone_from(&self.line);
        shape::grow(&mut self.near, width, &self.disc, &mut self.scratch);
    }

    /// The harmonic mean of how much of each line is near the other; none without any line.
    pub(super) fn agreement(&self, other: &Self) -> Option<f64> {
        let count = |line: &[u8]| line.iter().map(|&on| f64::from(on)).sum::<f64>();
        let found = |line: &[u8], near: &[u8]| {
            let pairs = line.iter().zip(near);
            pairs.map(|(on, near)| f64::from(on & near)).sum::<f64>()
        };
        let (of_one, of_other) = (count(&self.line), count(&other.line));
        if of_one == 0.0 && of_other == 0.0 {
            return None;
        }
        if of_one == 0.0 || of_other == 0.0 {
            return Some(0.0);
        }
        let recall = found(&self.line, &other.near) / of_one;
        let precision = found(&other.line, &self.near) / of_other;
        if recall + precision == 0.0 {
            return Some(0.0);
        }
        Some(2.0 * recall * precision / (recall + precision))
    }
}
