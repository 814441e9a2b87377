use frosted_core::{SegmentError, SegmentErrorKind};

use crate::placement::Placement;
use crate::spec::{AnchorGrid, FACE_NUMBERS};

/// A box that may be a face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// 0 to 1.
    pub(super) score: f32,
    /// Its anchor's number among all of a picture, which settles the order of equal scores.
    pub(super) anchor: usize,
    /// Left, top, right, bottom, and the six key points as x, y.
    pub(super) places: [f32; FACE_NUMBERS],
}

impl Candidate {
    pub(super) fn sides(&self) -> [f32; 4] {
        let [left, top, right, bottom, ..] = self.places;
        [left, top, right, bottom]
    }

    pub(super) fn points(&self) -> [(f32, f32); 6] {
        std::array::from_fn(|i| (self.places[4 + 2 * i], self.places[5 + 2 * i]))
    }

    /// From pixels of a network's input to those of the reduced picture.
    fn in_picture(mut self, placement: &Placement) -> Self {
        let [left, top, right, bottom] = self.sides();
        let centre = placement.point_in_picture((left + right) / 2.0, (top + bottom) / 2.0);
        let (width, height) = placement.size_in_picture(right - left, bottom - top);
        let (sides, points) = self.places.split_at_mut(4);
        sides.copy_from_slice(&[
            centre.x - width / 2.0,
            centre.y - height / 2.0,
            centre.x + width / 2.0,
            centre.y + height / 2.0,
        ]);
        for point in points.chunks_exact_mut(2) {
            let place = placement.point_in_picture(point[0], point[1]);
            point.copy_from_slice(&[place.x, place.y]);
        }
        self
    }
}

/// The centres from which a network tells its boxes, in its input's pixels.
#[derive(Debug)]
pub(super) struct Anchors {
    centres: Vec<(f32, f32)>,
    /// Width and height of the input.
    size: (f32, f32),
}

/// Logits beyond this are as sure as it gets; MediaPipe clamps there too.
const LOGIT_LIMIT: f32 = 100.0;

impl Anchors {
    pub(super) fn new(grids: &[AnchorGrid], (width, height): (usize, usize)) -> Self {
        let mut centres = Vec::new();
        for grid in grids {
            let middle = |cell: usize| (cell as f32 + 0.5) * grid.stride_px as f32;
            for y in 0..height / grid.stride_px {
                for x in 0..width / grid.stride_px {
                    let centre = (middle(x), middle(y));
                    centres.extend(std::iter::repeat_n(centre, grid.per_cell));
                }
            }
        }
        Self {
            centres,
            size: (width as f32, height as f32),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.centres.len()
    }

    /// How many numbers all boxes are together.
    pub(super) fn numbers(&self) -> usize {
        self.centres.len() * FACE_NUMBERS
    }

    /// Adds what has at least the score `least`, in pixels of the reduced picture, as look
    /// number `look` at it was placed. `boxes` and `scores` are finite and have a row for
    /// each anchor.
    pub(super) fn candidates(
        &self,
        (boxes, scores): (&[f32], &[f32]),
        least: f32,
        (look, placement): (usize, &Placement),
        found: &mut Vec<Candidate>,
    ) -> Result<(), SegmentError> {
        let (boxes, _) = boxes.as_chunks::<FACE_NUMBERS>();
        let rows = self.centres.iter().zip(boxes).zip(scores).enumerate();
        for (anchor, ((&centre, numbers), &logit)) in rows {
            let score = 1.0 / (1.0 + (-logit.clamp(-LOGIT_LIMIT, LOGIT_LIMIT)).exp());
            if score >= least {
                self.check(centre, numbers)?;
                let candidate = Candidate {
                    score,
                    anchor: look * self.count() + anchor,
                    places: places(centre, numbers),
                };
                found.push(candidate.in_picture(placement));
            }
        }
        Ok(())
    }

    /// Refuses a box that no face has: sizes that are none or twice the input, centres that
    /// lie further outside than half of it. A face that the edge cuts is well within.
    fn check(&self, (x, y): (f32, f32), numbers: &[f32; FACE_NUMBERS]) -> Result<(), SegmentError> {
        let (width, height) = self.size;
        let size_fits = |length: f32, side: f32| length > 0.0 && length <= 2.0 * side;
        let centre_fits = |at: f32, side: f32| (-0.5 * side..=1.5 * side).contains(&at);
        let [from_x, from_y, box_width, box_height, ..] = *numbers;
        if size_fits(box_width, width)
            && size_fits(box_height, height)
            && centre_fits(x + from_x, width)
            && centre_fits(y + from_y, height)
        {
            return Ok(());
        }
        Err(SegmentError::new(
            SegmentErrorKind::OutOfRange,
            format!(
                "the network's output holds a face of {box_width}x{box_height} pixels at {}, {}, \
                 which its input of {width}x{height} cannot have",
                x + from_x,
                y + from_y
            ),
        ))
    }
}

fn places((x, y): (f32, f32), numbers: &[f32; FACE_NUMBERS]) -> [f32; FACE_NUMBERS] {
    let [from_x, from_y, width, height, ..] = *numbers;
    let (half_width, half_height) = (width / 2.0, height / 2.0);
    let mut places = *numbers;
    places[..4].copy_from_slice(&[
        x + from_x - half_width,
        y + from_y - half_height,
        x + from_x + half_width,
        y + from_y + half_height,
    ]);
    for point in places[4..].chunks_exact_mut(2) {
        point[0] += x;
        point[1] += y;
    }
    places
}
