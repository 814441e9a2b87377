use frosted_core::{Mask, Reduced};

/// Notices an engine that gives the mask of an earlier frame again.
///
/// Networks answer in floating point to pictures full of noise: two different pictures do not
/// give the same mask to the last bit. A mask that does come back while the picture moves on
/// was not computed from it.
#[derive(Debug, Default)]
pub(crate) struct StuckWatch {
    mask: Vec<u8>,
    /// Luma (or green) of the picture for which `mask` came first.
    luma: Vec<u8>,
}

/// Two pictures are different ones if they differ by so many levels on average; the noise of
/// a sensor, averaged over a reduced pixel, stays below half of it.
const MOVED_LEVELS: u64 = 1;

impl StuckWatch {
    /// Whether `mask` is that of another picture than `picture`. An empty mask shows nothing
    /// and is never stuck.
    pub(crate) fn is_stuck(&mut self, mask: &Mask, picture: &Reduced) -> bool {
        let luma = picture.planes()[usize::from(picture.colour().is_none())];
        if self.mask != mask.values() || self.luma.len() != luma.len() {
            self.mask.clear();
            self.mask.extend_from_slice(mask.values());
            self.luma.clear();
            self.luma.extend_from_slice(luma);
            return false;
        }
        let difference: u64 = self
            .luma
            .iter()
            .zip(luma)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        difference > MOVED_LEVELS * luma.len() as u64 && mask.values().iter().any(|&v| v > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::{mask, picture};

    #[test]
    fn only_the_same_mask_of_a_picture_that_moved_is_stuck() {
        let still = picture(64, 36, |x, _| x as u8);
        let noisy = picture(64, 36, |x, y| x as u8 + ((x + y) % 2) as u8);
        let moved = picture(64, 36, |x, _| x as u8 + 9);
        let person = mask(&still, |x, _| x > 30);
        let other = mask(&moved, |x, _| x > 31);
        let nobody = mask(&still, |_, _| false);
        let cases = [
            ("the first", &person, &still, false),
            ("a still scene", &person, &still, false),
            ("noise", &person, &noisy, false),
            ("a scene that moved", &person, &moved, true),
            ("and goes on", &person, &moved, true),
            ("a new mask", &other, &moved, false),
            ("nobody", &nobody, &still, false),
            ("nobody still", &nobody, &moved, false),
        ];
        let mut watch = StuckWatch::default();
        for (name, mask, picture, expected) in cases {
            assert_eq!(watch.is_stuck(mask, picture), expected, "{name}");
        }
    }
}
