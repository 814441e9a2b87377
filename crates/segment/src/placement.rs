use frosted_core::{FrameSpec, Point, Reduced, Rotation};

use crate::resample::Grid;
use crate::spec::{Fit, ModelSpec};

/// A part of a reduced picture, in its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Column and row of the first cell.
    pub(crate) first: (usize, usize),
    /// Columns and rows.
    pub(crate) cells: (usize, usize),
}

impl Part {
    pub(crate) fn whole(picture: &Reduced) -> Self {
        Self {
            first: (0, 0),
            cells: (picture.width(), picture.height()),
        }
    }
}

/// Where a reduced picture, or a part of it, lies in a network's input.
///
/// The picture is scaled in its stored orientation to the content's size there, and each
/// pixel is then put where it belongs upright: sizes change in one place, turns in another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    /// Columns and rows of what is seen of the reduced picture, as it is stored.
    pub(crate) picture: (Grid, Grid),
    /// Column and row of the picture at which that begins.
    pub(crate) first: (usize, usize),
    /// Columns of the whole picture.
    pub(crate) picture_width: usize,
    /// Columns and rows of the scaled picture in the stored orientation.
    pub(crate) content: (usize, usize),
    /// The content's way into a plane of the network's size.
    pub(crate) turn: Turn,
    /// Width and height of the network's plane.
    pub(crate) network: (usize, usize),
    /// How the picture is turned to stand upright in the plane.
    rotation: Rotation,
}

/// Where pixel (x, y) of the content lies in a plane in rows: at
/// `first + x * step_x + y * step_y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) first: usize,
    pub(crate) step_x: isize,
    pub(crate) step_y: isize,
}

impl Turn {
    /// Index of the first pixel of row `y`.
    pub(crate) fn row(&self, y: usize) -> usize {
        self.first.wrapping_add_signed(self.step_y * y as isize)
    }
}

impl Placement {
    pub(crate) fn new(picture: &Reduced, spec: &ModelSpec) -> Self {
        Self::of_part(picture, Part::whole(picture), spec)
    }

    /// `part` has at least one cell and lies within `picture`.
    pub(crate) fn of_part(picture: &Reduced, part: Part, spec: &ModelSpec) -> Self {
        let square_px = picture.square_px();
        // The part's length in pixels of the frame, whose last square may be a smaller one.
        let length = |frame_px: usize, first: usize, cells: usize| {
            frame_px.min((first + cells) * square_px) - first * square_px
        };
        let frame = picture.frame_size();
        let width = length(frame.0, part.first.0, part.cells.0);
        let height = length(frame.1, part.first.1, part.cells.1);
        let grid = |cells, length_px| Grid {
            cells,
            extent: length_px as f64 / square_px as f64,
        };
        let upright = picture.rotation().upright((width, height));
        let network = (spec.width(), spec.height());
        let size = content_size(upright, network, spec.fit());
        Self {
            picture: (grid(part.cells.0, width), grid(part.cells.1, height)),
            first: part.first,
            picture_width: picture.width(),
            // Swapping twice is no change, so the same call leads back.
            content: picture.rotation().upright(size),
            turn: turn(picture.rotation(), size, network),
            network,
            rotation: picture.rotation(),
        }
    }

    /// Where the point (x, y) of the network's plane lies in the reduced picture.
    pub(crate) fn point_in_picture(&self, x: f32, y: f32) -> Point {
        let upright = self.rotation.upright(self.content);
        let (left, top) = corner(upright, self.network);
        let stored = (self.content.0 as f32, self.content.1 as f32);
        let (x, y) = self
            .rotation
            .stored_point(stored, x - left as f32, y - top as f32);
        let (across, down) = self.enlargement();
        Point {
            x: self.first.0 as f32 + x * across,
            y: self.first.1 as f32 + y * down,
        }
    }

    /// Width and height in the reduced picture of what is so large in the network's plane.
    pub(crate) fn size_in_picture(&self, width: f32, height: f32) -> (f32, f32) {
        let (across, down) = self.enlargement();
        if self.rotation.swaps_sides() {
            (height * across, width * down)
        } else {
            (width * across, height * down)
        }
    }

    /// Reduced pixels for a pixel of the content, across and down.
    fn enlargement(&self) -> (f32, f32) {
        let ratio = |grid: Grid, content: usize| (grid.extent / content as f64) as f32;
        (
            ratio(self.picture.0, self.content.0),
            ratio(self.picture.1, self.content.1),
        )
    }

    /// Whether scaling changes nothing and the rows lie one behind the other.
    pub(crate) fn keeps_size(&self) -> bool {
        let (width, height) = self.content;
        self.picture == (Grid::whole(width), Grid::whole(height))
            && self.first == (0, 0)
            && self.picture_width == width
    }

    /// Whether the content is the network's whole plane, row by row.
    pub(crate) fn is_whole_plane(&self) -> bool {
        let (width, height) = self.network;
        let straight = Turn {
            first: 0,
            step_x: 1,
            step_y: width as isize,
        };
        self.content == (width, height) && self.turn == straight
    }
}

/// The size in pixels, in a frame's own orientation, at which the network sees it.
pub(crate) fn wanted_size(frame: &FrameSpec, spec: &ModelSpec) -> (usize, usize) {
    let upright = frame.rotation().upright((frame.width(), frame.height()));
    let size = content_size(upright, (spec.width(), spec.height()), spec.fit());
    frame.rotation().upright(size)
}

/// What an upright frame takes of the network's plane, in whole pixels so that no pixel is
/// half picture, half border.
fn content_size(upright: (usize, usize), network: (usize, usize), fit: Fit) -> (usize, usize) {
    if fit == Fit::Stretch {
        return network;
    }
    let (width, height) = (upright.0 as f64, upright.1 as f64);
    let scale = (network.0 as f64 / width).min(network.1 as f64 / height);
    let side = |length: f64, limit| ((length * scale).round() as usize).clamp(1, limit);
    (side(width, network.0), side(height, network.1))
}

/// Left and top of content of upright `size`, centred in the plane.
fn corner(size: (usize, usize), network: (usize, usize)) -> (usize, usize) {
    ((network.0 - size.0) / 2, (network.1 - size.1) / 2)
}

/// The way of content of upright `size`, centred, into the plane: the inverse of
/// [`Rotation::stored_point`].
fn turn(rotation: Rotation, size: (usize, usize), network: (usize, usize)) -> Turn {
    let stride = network.0 as isize;
    let (left, top) = corner(size, network);
    let (right, bottom) = (left + size.0 - 1, top + size.1 - 1);
    let (x, y, step_x, step_y) = match rotation {
        Rotation::None => (left, top, 1, stride),
        Rotation::Clockwise90 => (right, top, stride, -1),
        Rotation::Half => (right, bottom, -1, -stride),
        Rotation::Clockwise270 => (left, bottom, -stride, 1),
    };
    Turn {
        first: y * network.0 + x,
        step_x,
        step_y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letterboxed_content_keeps_its_aspect_and_is_never_empty() {
        let cases = [
            ((1280, 720), (256, 144), (256, 144)),
            ((640, 480), (256, 144), (192, 144)),
            ((720, 1280), (256, 144), (81, 144)),
            ((1919, 1081), (256, 144), (256, 144)),
            ((640, 480), (256, 256), (256, 192)),
            ((16, 4320), (256, 144), (1, 144)),
            ((7680, 16), (256, 144), (256, 1)),
        ];
        for (frame, network, expected) in cases {
            let size = content_size(frame, network, Fit::Letterbox);
            assert_eq!(size, expected, "{frame:?} in {network:?}");
            assert_eq!(content_size(frame, network, Fit::Stretch), network);
        }
    }

    /// Content pixels must land where `stored_point` says that they come from.
    #[test]
    fn turns_are_the_inverse_of_the_rotation() {
        let network = (9, 7);
        for rotation in [
            Rotation::None,
            Rotation::Clockwise90,
            Rotation::Half,
            Rotation::Clockwise270,
        ] {
            let size = (5, 4);
            let turn = turn(rotation, size, network);
            let stored = rotation.upright(size);
            for (x, y) in (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y))) {
                let (sx, sy) = rotation.stored_point(
                    (stored.0 as f32, stored.1 as f32),
                    x as f32 + 0.5,
                    y as f32 + 0.5,
                );
                let index = turn
                    .row(sy as usize)
                    .wrapping_add_signed(turn.step_x * sx as isize);
                assert_eq!(index, (y + 1) * 9 + x + 2, "{rotation:?} ({x}, {y})");
            }
        }
    }
}
