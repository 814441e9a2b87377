//! The true alpha of a frame and the three parts it cuts the frame into.

/// Alpha of a pixel counts as room below this (.02 of 255, rounded up).
pub(crate) const ROOM_BELOW: u8 = 6;
/// Alpha of a pixel counts as person from this on (.98 of 255, rounded up).
pub(crate) const PERSON_FROM: u8 = 250;

/// Where the room is: true for alpha under .02.
pub(crate) fn is_room(alpha: u8) -> bool {
    alpha < ROOM_BELOW
}

/// Where the person is: true for alpha over .98.
pub(crate) fn is_person(alpha: u8) -> bool {
    alpha >= PERSON_FROM
}

/// Where both are, such as hair.
pub(crate) fn is_fringe(alpha: u8) -> bool {
    !is_room(alpha) && !is_person(alpha)
}

/// A part of a frame, in pixels: from (left, top) to before (right, bottom).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) right: usize,
    pub(crate) bottom: usize,
}

impl Region {
    /// The smallest region that holds every pixel of `values` for which `holds` is true;
    /// none if there is no such pixel.
    pub(crate) fn around(values: &[u8], width: usize, holds: impl Fn(u8) -> bool) -> Option<Self> {
        let mut found: Option<Self> = None;
        for (y, row) in values.chunks_exact(width).enumerate() {
            let Some(first) = row.iter().position(|&value| holds(value)) else {
                continue;
            };
            let last = row.iter().rposition(|&value| holds(value)).unwrap_or(first);
            let region = found.get_or_insert(Self {
                left: first,
                top: y,
                right: last + 1,
                bottom: y + 1,
            });
            region.left = region.left.min(first);
            region.right = region.right.max(last + 1);
            region.bottom = y + 1;
        }
        found
    }

    /// So much larger on each side, within a frame of `width` times `height`.
    pub(crate) fn grown(self, by: usize, (width, height): (usize, usize)) -> Self {
        Self {
            left: self.left.saturating_sub(by),
            top: self.top.saturating_sub(by),
            right: (self.right + by).min(width),
            bottom: (self.bottom + by).min(height),
        }
    }

    pub(crate) fn size(self) -> (usize, usize) {
        (self.right - self.left, self.bottom - self.top)
    }
}
