//! The one thing that is taken from EXIF: which way up the picture is.

/// How stored pixels become the picture that is meant (EXIF 2.32, tag 0x0112).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Rows and columns change places first.
    pub transpose: bool,
    /// Then columns are turned about.
    pub flip_x: bool,
    /// And rows are turned about.
    pub flip_y: bool,
}

impl Orientation {
    /// The orientation that a TIFF block says (EXIF without its "Exif\0\0"); upright if it
    /// says none or is damaged.
    pub fn of_exif(tiff: &[u8]) -> Self {
        orientation_value(tiff).map_or(Self::default(), Self::of_value)
    }

    /// The orientation of a value, 1 to 8; upright for any other.
    pub fn of_value(value: u16) -> Self {
        let (transpose, flip_x, flip_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self {
            transpose,
            flip_x,
            flip_y,
        }
    }

    /// Turns a packed RGB picture upright; its new width and height beside it.
    pub fn apply(self, rgb: Vec<u8>, width: usize, height: usize) -> (Vec<u8>, usize, usize) {
        if self == Self::default() {
            return (rgb, width, height);
        }
        let (new_width, new_height) = if self.transpose {
            (height, width)
        } else {
            (width, height)
        };
        let mut upright = Vec::with_capacity(rgb.len());
        for y in 0..new_height {
            for x in 0..new_width {
                let x = if self.flip_x { new_width - 1 - x } else { x };
                let y = if self.flip_y { new_height - 1 - y } else { y };
                let (x, y) = if self.transpose { (y, x) } else { (x, y) };
                let at = 3 * (y * width + x);
                upright.extend_from_slice(&rgb[at..at + 3]);
            }
        }
        (upright, new_width, new_height)
    }
}

fn orientation_value(tiff: &[u8]) -> Option<u16> {
    const TAG: u16 = 0x0112;
    const SHORT: u16 = 3;
    const ENTRY_BYTES: usize = 12;
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let first = u32::from(u16_at(4)?);
    let second = u32::from(u16_at(6)?);
    let directory = usize::try_from(if little {
        second << 16 | first
    } else {
        first << 16 | second
    })
    .ok()?;
    let entries = usize::from(u16_at(directory)?);
    (0..entries)
        .map(|entry| directory + 2 + ENTRY_BYTES * entry)
        .find(|&at| u16_at(at) == Some(TAG))
        .filter(|&at| u16_at(at + 2) == Some(SHORT))
        .and_then(|at| u16_at(at + 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif(order: &[u8; 4], value: u16) -> Vec<u8> {
        let little = order[0] == b'I';
        let two = |v: u16| {
            if little {
                v.to_le_bytes()
            } else {
                v.to_be_bytes()
            }
        };
        let four = |v: u32| {
            if little {
                v.to_le_bytes()
            } else {
                v.to_be_bytes()
            }
        };
        let mut tiff = order.to_vec();
        tiff.extend(four(8));
        tiff.extend(two(1));
        tiff.extend(two(0x0112));
        tiff.extend(two(3));
        tiff.extend(four(1));
        tiff.extend(two(value));
        tiff.extend(two(0));
        tiff
    }

    /// A 3x2 picture numbered 0 to 5 by rows, as each orientation means it.
    #[test]
    fn all_eight_orientations_turn_a_picture_upright() {
        let cases: [(u16, usize, [u8; 6]); 8] = [
            (1, 3, [0, 1, 2, 3, 4, 5]),
            (2, 3, [2, 1, 0, 5, 4, 3]),
            (3, 3, [5, 4, 3, 2, 1, 0]),
            (4, 3, [3, 4, 5, 0, 1, 2]),
            (5, 2, [0, 3, 1, 4, 2, 5]),
            (6, 2, [3, 0, 4, 1, 5, 2]),
            (7, 2, [5, 2, 4, 1, 3, 0]),
            (8, 2, [2, 5, 1, 4, 0, 3]),
        ];
        for (value, new_width, expected) in cases {
            for order in [b"II*\0", b"MM\0*"] {
                let stored: Vec<u8> = (0..6).flat_map(|v| [v; 3]).collect();
                let (upright, width, height) =
                    Orientation::of_exif(&exif(order, value)).apply(stored, 3, 2);
                assert_eq!((width, width * height), (new_width, 6), "{value}");
                let seen: Vec<u8> = upright.chunks_exact(3).map(|p| p[0]).collect();
                assert_eq!(seen, expected, "orientation {value}");
            }
        }
    }

    #[test]
    fn damaged_exif_means_upright() {
        let whole = exif(b"II*\0", 6);
        for len in 0..whole.len() - 4 {
            assert_eq!(
                Orientation::of_exif(&whole[..len]),
                Orientation::default(),
                "{len}"
            );
        }
        let mut far = whole;
        far[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Orientation::of_exif(&far), Orientation::default());
    }
}
