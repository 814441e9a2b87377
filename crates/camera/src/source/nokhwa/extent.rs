//! How much of a buffer is the frame: nokhwa hands out whole buffers and does not say.

/// The bytes of a buffer that are the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// This many, always.
    Fixed(usize),
    /// One JPEG picture, which says itself where it ends.
    Jpeg,
}

impl Extent {
    /// How many bytes of `buffer` are the frame; `None` if it does not hold a whole one.
    pub(super) fn of(self, buffer: &[u8]) -> Option<usize> {
        match self {
            Self::Fixed(bytes) => (bytes <= buffer.len()).then_some(bytes),
            Self::Jpeg => jpeg_end(buffer),
        }
    }
}

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// Where the JPEG picture that `buffer` begins with ends, by its markers (ITU-T T.81, annex
/// B.1.1): what lies behind it is of older frames.
fn jpeg_end(buffer: &[u8]) -> Option<usize> {
    if !buffer.starts_with(&[0xff, START_OF_IMAGE]) {
        return None;
    }
    let mut at = 2;
    loop {
        // Any number of fill bytes may come before a marker.
        while *buffer.get(at)? == 0xff && *buffer.get(at + 1)? == 0xff {
            at += 1;
        }
        if buffer[at] != 0xff {
            return None;
        }
        let marker = *buffer.get(at + 1)?;
        at += 2;
        match marker {
            END_OF_IMAGE => return Some(at),
            START_OF_IMAGE | 0x00 => return None,
            // Restart markers and TEM stand alone.
            0x01 | 0xd0..=0xd7 => {}
            _ => {
                let length = u16::from_be_bytes([*buffer.get(at)?, *buffer.get(at + 1)?]);
                // The length counts itself.
                at += usize::from(length).max(2);
                if marker == START_OF_SCAN {
                    at = scan_end(buffer, at)?;
                }
            }
        }
    }
}

/// Where the entropy-coded data from `at` on ends: before the next marker that is no restart.
fn scan_end(buffer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += buffer.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        match *buffer.get(at + 1)? {
            // A stuffed byte of data, or a restart.
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(quality: u8, progressive: bool) -> Vec<u8> {
        let mut jpeg = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, quality);
        encoder.set_progressive(progressive);
        encoder.set_restart_interval(3);
        let pixels: Vec<u8> = (0..64 * 48 * 3u32)
            .map(|i| ((i * 7919) >> 5) as u8)
            .collect();
        encoder
            .encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb)
            .unwrap();
        jpeg
    }

    #[test]
    fn a_picture_ends_at_its_own_end_and_not_at_that_of_an_older_one() {
        let older = picture(100, false);
        for (quality, progressive) in [(30, false), (100, false), (80, true)] {
            let young = picture(quality, progressive);
            let mut buffer = young.clone();
            buffer.extend_from_slice(&older[older.len() / 2..]);
            buffer.resize(buffer.len() + 1000, 0);
            assert_eq!(Extent::Jpeg.of(&buffer), Some(young.len()));
        }
    }

    #[test]
    fn a_picture_without_end_or_beginning_is_none() {
        let jpeg = picture(90, false);
        for cut in 0..jpeg.len() {
            assert_eq!(Extent::Jpeg.of(&jpeg[..cut]), None, "cut at {cut}");
        }
        assert_eq!(Extent::Jpeg.of(&jpeg[1..]), None);
        assert_eq!(Extent::Jpeg.of(&[0; 64]), None);
        // The next picture begins before this one ended.
        let mut buffer = jpeg[..jpeg.len() / 2].to_vec();
        buffer.extend_from_slice(&jpeg);
        assert_eq!(Extent::Jpeg.of(&buffer), None);
    }

    #[test]
    fn a_raw_frame_is_as_long_as_its_size_says() {
        assert_eq!(Extent::Fixed(100).of(&[1; 128]), Some(100));
        assert_eq!(Extent::Fixed(100).of(&[1; 99]), None);
    }
}
