//! The loops over pixels give the same at every level.

use super::*;
use crate::backdrop::tests::{mask, picture};
use crate::bits::tests::drawn;

/// Widths on either side of whole words.
const SIZES: [(usize, usize); 3] = [(17, 16), (65, 30), (131, 40)];

/// Says of each size that `work` gives the same at every level.
fn agree<T: PartialEq>(work: impl Fn(Level, (usize, usize)) -> T) {
    for size in SIZES {
        let wanted = work(Level::COMMON, size);
        for level in Level::all().skip(1) {
            assert!(work(level, size) == wanted, "{size:?}, {level}");
        }
    }
}

fn noise(x: usize, y: usize) -> u8 {
    (x * 71 + y * 37 + x * y * 13) as u8
}

/// A matte of every value, mostly somebody's.
fn matte((width, height): (usize, usize)) -> Mask {
    let mut matte = mask(&picture(width, height, |_, _| 90), |x, y| x / 4 + y / 4 > 3);
    for (at, value) in matte.values_mut().iter_mut().enumerate() {
        let drawn = noise(at % width, at / width);
        *value = if drawn < 100 { drawn * 2 } else { *value };
    }
    matte
}

#[test]
fn the_room_is_dropped_and_what_is_not_shown_is_cleared() {
    agree(|level, size| {
        let surely = drawn(size, |x, y| !noise(x, y).is_multiple_of(3));
        let like = drawn(size, |x, y| noise(x, y).is_multiple_of(4));
        [None, Some(FRINGE)].map(|fringe| {
            let (mut finder, mut matte) = (SubjectFinder::default(), matte(size));
            let before = matte.values().to_vec();
            finder.fit(size);
            level.run(DropRoom(&mut finder, &matte, &surely));
            assert!(finder.gone.has_any() && finder.firm.has_any());
            finder
                .last
                .combine([&finder.firm], |_, [firm]| firm & 0xffff_f0ff_0fff_ffff);
            level.run(Clear(&mut finder, &mut matte, &like, fringe));
            assert!(matte.values() != before);
            // Without a subject nobody is left.
            let left = matte.values().iter().any(|&value| value >= PERSON);
            assert_eq!(left, fringe.is_some());
            (matte.values().to_vec(), format!("{finder:?}"))
        })
    });
}

#[test]
fn faces_are_marked() {
    agree(|level, size| {
        let mut face = Bitmap::default();
        face.fit(size);
        let mut row = vec![0; size.0];
        for (x, y, width) in [(3.3, 4.1, 7.7), (15.6, 9.2, 9.4), (64.5, 14.0, 21.3)] {
            level.run(MarkFace {
                face: &mut face,
                row: &mut row,
                head: Head { x, y, width },
                upright: Upright::of(Rotation::Clockwise90),
            });
        }
        assert!(face.has_any() && face.count() < size.0 * size.1);
        face.marked().collect::<Vec<_>>()
    });
}
