use frosted_core::Reduced;

use crate::placement::Part;

/// How a picture is shown to a network that finds faces.
///
/// Of a whole picture of 16:9 the network of short range finds nearly all faces that are an
/// eighth of its width, half of those that are a tenth, none at a fifteenth. Squares of the
/// picture's short side show faces 1.8 times as large, at a run of the network each. They
/// show things that are no faces larger too: with the least score .6 they are as rare as in
/// whole pictures with .5. The model's card has the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Look {
    /// All of it at once: one run.
    #[default]
    Whole,
    /// In squares that overlap by a fifth of their side or more: two runs at 16:9. A face
    /// as large as half the picture's height may lie in two of them and be sure in neither.
    Squares,
    /// Both: three runs at 16:9.
    WholeAndSquares,
}

/// The least overlap of neighbouring squares as a share of their side: what is no larger
/// lies wholly in one of them.
const OVERLAP: f64 = 0.2;
/// Strips of cells would be hundreds of squares.
const MOST: usize = 4;

impl Look {
    /// The parts of `picture` that are looked at, in order.
    pub(super) fn parts(self, picture: &Reduced) -> impl Iterator<Item = Part> + Clone + use<> {
        let whole = Part::whole(picture);
        let row = Row::of(
            whole.cells.0.max(whole.cells.1),
            whole.cells.0.min(whole.cells.1),
        );
        let with_squares = match self {
            Self::Whole => false,
            Self::Squares => true,
            // Of a square picture both are the same.
            Self::WholeAndSquares => row.count > 1,
        };
        let with_whole = self != Self::Squares;
        let count = if with_squares { row.count } else { 0 };
        let squares = (0..count).map(move |i| row.part(i, whole.cells));
        with_whole.then_some(whole).into_iter().chain(squares)
    }
}

/// Squares side by side along a picture.
#[derive(Clone, Copy, Debug)]
struct Row {
    count: usize,
    /// A square's length along the picture, in cells.
    length: usize,
}

impl Row {
    /// `long` and `short` are the picture's sides in cells.
    fn of(long: usize, short: usize) -> Self {
        let (side, overlap) = (short as f64, OVERLAP * short as f64);
        // A picture of a cell more than a square is one: rounding made it so.
        let count = ((long as f64 - 1.0 - overlap) / (side - overlap)).ceil();
        if count <= MOST as f64 {
            return Self {
                count: (count as usize).max(1),
                length: if count <= 1.0 { long } else { short },
            };
        }
        let most = MOST as f64;
        Self {
            count: MOST,
            length: (long as f64 / (most - (most - 1.0) * OVERLAP)).ceil() as usize,
        }
    }

    /// The square number `i` of a picture of `cells`.
    fn part(&self, i: usize, cells: (usize, usize)) -> Part {
        let gaps = (self.count - 1).max(1);
        let first = |long: usize| (i * (long - self.length) + gaps / 2) / gaps;
        if cells.0 > cells.1 {
            Part {
                first: (first(cells.0), 0),
                cells: (self.length, cells.1),
            }
        } else {
            Part {
                first: (0, first(cells.1)),
                cells: (cells.0, self.length),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use frosted_core::internal::FrameId;
    use frosted_core::{FrameSpec, PixelFormat};

    use super::*;

    fn parts(look: Look, width: usize, height: usize) -> Vec<(usize, usize, usize, usize)> {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 16 * width, 16 * height).unwrap();
        let mut picture = Reduced::default();
        picture.prepare(&spec, 16, FrameId(1));
        let part = |part: Part| (part.first.0, part.first.1, part.cells.0, part.cells.1);
        look.parts(&picture).map(part).collect()
    }

    #[test]
    fn pictures_are_cut_along_their_long_side() {
        let (left, right) = ((0, 0, 144, 144), (112, 0, 144, 144));
        assert_eq!(parts(Look::Whole, 256, 144), [(0, 0, 256, 144)]);
        assert_eq!(parts(Look::Squares, 256, 144), [left, right]);
        let both = [(0, 0, 256, 144), left, right];
        assert_eq!(parts(Look::WholeAndSquares, 256, 144), both);
        let upright = [(0, 0, 144, 144), (0, 112, 144, 144)];
        assert_eq!(parts(Look::Squares, 144, 256), upright);
        for look in [Look::Whole, Look::Squares, Look::WholeAndSquares] {
            assert_eq!(parts(look, 128, 128), [(0, 0, 128, 128)], "{look:?}");
            assert_eq!(parts(look, 129, 128), parts(Look::Whole, 129, 128));
        }
    }

    #[test]
    fn squares_cover_every_picture_and_overlap() {
        for (width, height) in [
            (192, 144),
            (130, 128),
            (256, 128),
            (336, 144),
            (480, 1),
            (256, 9),
        ] {
            let squares = parts(Look::Squares, width, height);
            assert!(squares.len() <= MOST, "{squares:?}");
            assert_eq!(squares[0].0, 0);
            let end = squares.last().map(|last| last.0 + last.2);
            assert_eq!(end, Some(width), "{width}x{height}: {squares:?}");
            for pair in squares.windows(2) {
                let overlap = pair[0].0 + pair[0].2 - pair[1].0;
                let wanted = (0.2 * pair[0].2 as f64).floor() as usize;
                assert!(overlap + 1 >= wanted, "{width}x{height}: {squares:?}");
            }
        }
    }
}
