/// How far a stored picture must be turned clockwise to stand upright.
///
/// Phones deliver the sensor's rows as they are and say beside them how the device was
/// held. Frames are never turned in memory: the rotation tells the network where up is
/// and the card how to write its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// Stored upright.
    #[default]
    None,
    /// Upright after a quarter turn clockwise.
    Clockwise90,
    /// Upright after half a turn.
    Half,
    /// Upright after three quarters of a turn clockwise.
    Clockwise270,
}

impl Rotation {
    /// Whether width and height change places when the picture is turned upright.
    pub const fn swaps_sides(self) -> bool {
        matches!(self, Self::Clockwise90 | Self::Clockwise270)
    }

    /// The size of a stored picture of `size` (width, height) once it stands upright.
    pub const fn upright(self, size: (usize, usize)) -> (usize, usize) {
        if self.swaps_sides() {
            (size.1, size.0)
        } else {
            size
        }
    }

    /// Where the point (x, y) of the upright picture lies in the stored one.
    ///
    /// `stored` is the stored picture's width and height; coordinates are continuous, so
    /// that pixel centres are at .5.
    pub fn stored_point(self, stored: (f32, f32), x: f32, y: f32) -> (f32, f32) {
        let (width, height) = stored;
        match self {
            Self::None => (x, y),
            Self::Clockwise90 => (y, height - x),
            Self::Half => (width - x, height - y),
            Self::Clockwise270 => (width - y, x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An upright 4x2 picture stored turned: its top left corner's place in the store.
    #[test]
    fn top_left_of_the_upright_picture_is_found_in_the_store() {
        let cases = [
            (Rotation::None, (4.0, 2.0), (0.5, 0.5)),
            (Rotation::Clockwise90, (2.0, 4.0), (0.5, 3.5)),
            (Rotation::Half, (4.0, 2.0), (3.5, 1.5)),
            (Rotation::Clockwise270, (2.0, 4.0), (1.5, 0.5)),
        ];
        for (rotation, stored, expected) in cases {
            assert_eq!(
                rotation.stored_point(stored, 0.5, 0.5),
                expected,
                "{rotation:?}"
            );
        }
    }
}
