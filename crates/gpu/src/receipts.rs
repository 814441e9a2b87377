use frosted_core::{ComposeError, MAX_PLANES};

use crate::device::failed;
use crate::packing::{HEADER_WORDS, WORD};

/// Words that one workgroup of the check sums up: so many by each invocation, of which there are
/// so many.
pub(crate) const CHECK_WORDS: u32 = 8;
pub(crate) const CHECK_GROUP: u32 = 64;

/// What a word's place and the word itself are multiplied by: the golden ratio's fraction, and a
/// factor of MurmurHash3's last step.
pub(crate) const PLACE_FACTOR: u32 = 0x9e37_79b9;
pub(crate) const WORD_FACTOR: u32 = 0x85eb_ca6b;
/// Bits by which it is shifted between two factors.
pub(crate) const FOLD_BITS: u32 = 15;

/// What `bytes`, which lie from word `first_word` of the tables on, add to the sum that
/// `check.wgsl` makes of the tables. What lacks to a whole last word is 0.
pub(crate) fn sum(bytes: &[u8], first_word: usize) -> u32 {
    let (words, rest) = bytes.as_chunks::<WORD>();
    let mut last = [0; WORD];
    last[..rest.len()].copy_from_slice(rest);
    let last = (!rest.is_empty()).then_some(&last);
    (first_word as u32..)
        .zip(words.iter().chain(last))
        .fold(0, |sum: u32, (place, word)| {
            sum.wrapping_add(share(u32::from_le_bytes(*word), place))
        })
}

/// What one word adds to the sum: another one for every word, at every place.
fn share(word: u32, place: u32) -> u32 {
    let mixed = word.wrapping_add(place.wrapping_mul(PLACE_FACTOR));
    let mixed = mixed.wrapping_mul(WORD_FACTOR);
    (mixed ^ (mixed >> FOLD_BITS)).wrapping_mul(PLACE_FACTOR)
}

/// What a pass is to leave behind if it ran to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// What each of its workgroups adds.
    pub(crate) receipt: u32,
    /// The sum of the tables and the matte; 0 where no matte is looked at.
    pub(crate) sum: u32,
}

impl Wanted {
    /// Whether every workgroup of `groups`, one pass a plane, left its receipt in `header`, the
    /// beginning of a painted frame, and the matte arrived before.
    pub(crate) fn check(&self, header: &[u8], groups: &[(u32, u32)]) -> Result<(), ComposeError> {
        check(&header[..groups.len() * WORD], self.receipt, groups)?;
        if header[MAX_PLANES * WORD..HEADER_WORDS * WORD] == self.sum.to_le_bytes() {
            return Ok(());
        }
        Err(failed("finish the frame", "the matte did not arrive"))
    }
}

/// Whether every workgroup of `groups`, one pass each, left `receipt`.
pub(crate) fn check(
    receipts: &[u8],
    receipt: u32,
    groups: &[(u32, u32)],
) -> Result<(), ComposeError> {
    let sums = receipts.chunks_exact(WORD);
    let wanted = groups
        .iter()
        .map(|(across, down)| receipt.wrapping_mul(across * down).to_le_bytes());
    if sums.eq(wanted) {
        return Ok(());
    }
    Err(failed("finish the frame", "a pass did not run to its end"))
}

#[cfg(test)]
mod tests {
    use frosted_core::ComposeErrorKind;

    use super::*;

    #[test]
    fn a_pass_that_left_no_receipt_or_too_few_did_not_run() {
        let groups = [(3, 2), (1, 1)];
        let sums = |sums: [u32; 2]| sums.map(u32::to_le_bytes).concat();
        assert_eq!(check(&sums([42, 7]), 7, &groups), Ok(()));
        for wrong in [[35, 7], [42, 0], [0, 7], [30, 5], [49, 7]] {
            let error = check(&sums(wrong), 7, &groups).unwrap_err();
            assert_eq!(error.kind(), ComposeErrorKind::Device, "{wrong:?}");
        }
    }

    #[test]
    fn a_matte_with_another_sum_did_not_arrive() {
        let wanted = Wanted { receipt: 7, sum: 9 };
        let header = |words: [u32; HEADER_WORDS]| words.map(u32::to_le_bytes).concat();
        assert_eq!(wanted.check(&header([7, 0, 0, 9]), &[(1, 1)]), Ok(()));
        for wrong in [[7, 0, 0, 0], [7, 0, 9, 0], [7, 0, 0, 18]] {
            let error = wanted.check(&header(wrong), &[(1, 1)]).unwrap_err();
            assert!(error.to_string().contains("did not arrive"), "{error}");
        }
    }

    #[test]
    fn the_sum_knows_every_byte_and_its_place() {
        let bytes: Vec<u8> = (0..=102).collect();
        let whole = sum(&bytes, 5);
        assert_eq!(
            whole,
            sum(&bytes[..60], 5).wrapping_add(sum(&bytes[60..], 5 + 60 / WORD))
        );
        assert_ne!(whole, sum(&bytes, 6));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_ne!(whole, sum(&other, 5), "{at}");
            other[at] ^= 1;
            other.swap(at, (at + WORD) % bytes.len());
            assert_ne!(whole, sum(&other, 5), "{at}");
        }
    }
}
