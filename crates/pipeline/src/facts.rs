use frosted_core::{Mask, Reduced};

/// What the policy needs to know of a mask and its picture, in whole numbers so that no
/// two machines decide differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Pixels that are rather the person's than not, per mille of the picture.
    pub person_permille: u16,
    /// Undecided pixels (mask value 64 to 191), per mille of those that are not surely
    /// background (64 and up).
    pub undecided_permille: u16,
    /// Mean of luma (or green) over the picture, 0 to 255.
    pub brightness: u8,
}

/// Mask values from here on count as the person's: .5.
pub(crate) const PERSON: u8 = 128;

impl Facts {
    pub(crate) fn of(mask: &Mask, picture: &Reduced) -> Self {
        let (mut person, mut maybe, mut undecided) = (0u64, 0u64, 0u64);
        for &value in mask.values() {
            person += u64::from(value >= PERSON);
            maybe += u64::from(value >= 64);
            undecided += u64::from((64..192).contains(&value));
        }
        // Green carries most of luma, so that one plane does for RGB.
        let plane = picture.planes()[usize::from(picture.colour().is_none())];
        let sum: u64 = plane.iter().map(|&v| u64::from(v)).sum();
        let permille = |part: u64, whole: u64| (1000 * part / whole.max(1)) as u16;
        Self {
            person_permille: permille(person, mask.values().len() as u64),
            undecided_permille: permille(undecided, maybe),
            brightness: (sum / (plane.len() as u64).max(1)) as u8,
        }
    }
}
