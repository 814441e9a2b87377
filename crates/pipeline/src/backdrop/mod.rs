//! What stands where the room was, made from the reduced picture alone.
//!
//! All of it happens on a grid of a few hundred cells, the same for every compositor.

mod cells;
mod picture;
mod plate;
mod spline;

use frosted_core::internal::{Backdrop, ConcealPlan, Field};
use frosted_core::{Background, Frame, FrameSpec, Mask, Reduced, Timestamp};

use crate::error::Error;
use cells::{Cells, Weigh};
use plate::{Hold, Plate};
use spline::Spline;

/// Makes the backdrop of frame after frame.
#[derive(Debug)]
pub(crate) struct BackdropMaker {
    spec: FrameSpec,
    kind: Kind,
    cells: Cells,
    spline: Spline,
    field: Field,
    /// What `field` was made of, if that is held.
    expanded: (Grid, [Vec<u16>; 3]),
}

/// Columns and rows of cells.
type Grid = (usize, usize);

#[derive(Debug)]
enum Kind {
    /// Blur and frost: both are held, they differ in the size of cells and in how long.
    Held {
        cell: usize,
        plate: Box<Plate>,
    },
    Flat([u8; 3]),
    Picture(Frame),
    Transparent {
        cell: usize,
    },
}

impl BackdropMaker {
    /// Gets ready for frames of `spec`.
    ///
    /// # Errors
    /// [`ErrorKind::Picture`](crate::ErrorKind::Picture) if the background picture cannot be
    /// scaled.
    pub(crate) fn new(
        spec: &FrameSpec,
        background: &Background,
        plan: &ConcealPlan,
    ) -> Result<Self, Error> {
        let held = |cell, hold| Kind::Held {
            cell,
            plate: Box::new(Plate::new(hold)),
        };
        let kind = match background {
            Background::Blur(_) => held(plan.blur_cell, Hold::Cell),
            Background::Frost(_) => held(plan.frost_cell, Hold::Plate),
            Background::Colour(rgb) if spec.format().is_yuv() => {
                Kind::Flat(spec.colour().yuv_of(*rgb))
            }
            Background::Colour(rgb) => Kind::Flat([rgb.r, rgb.g, rgb.b]),
            Background::Image(image) => Kind::Picture(picture::cover(spec, image)?),
            // `Background` may grow; what this version does not know shows nothing at all.
            Background::Transparent | _ => Kind::Transparent {
                cell: plan.blur_cell,
            },
        };
        Ok(Self {
            spec: *spec,
            kind,
            cells: Cells::default(),
            spline: Spline::default(),
            field: Field::default(),
            expanded: Default::default(),
        })
    }

    /// Forgets the room.
    pub(crate) fn reset(&mut self) {
        if let Kind::Held { plate, .. } = &mut self.kind {
            plate.reset();
        }
    }

    /// Bits that what is held tells about the room, and how many plates were taken.
    pub(crate) fn plate_bits(&self) -> (u32, u32) {
        match &self.kind {
            Kind::Held { plate, .. } => (plate.bits(), plate.number()),
            _ => (0, 0),
        }
    }

    /// Takes in a frame with a mask that is trusted. `people` are everybody whom the network
    /// found, before the subject is chosen: what is held of the room holds nobody.
    pub(crate) fn observe(&mut self, picture: &Reduced, people: &Mask, at: Timestamp) {
        if let Kind::Held { cell, plate } = &mut self.kind {
            self.cells.measure(picture, *cell, Weigh::Room(people));
            plate.update(&self.cells, at);
        }
    }

    /// The backdrop behind the subject of `mask`.
    pub(crate) fn make(&mut self, picture: &Reduced, mask: &Mask) -> Backdrop<'_> {
        match &self.kind {
            Kind::Flat(samples) => Backdrop::Flat(*samples),
            Kind::Picture(frame) => Backdrop::Picture(frame),
            Kind::Transparent { cell } => {
                self.cells.measure(picture, *cell, Weigh::Person(mask));
                Backdrop::Transparent(self.cells.expand(
                    &self.spec,
                    &mut self.spline,
                    &mut self.field,
                ))
            }
            Kind::Held { plate, .. } => match plate.grid() {
                // Nothing was observed since the start.
                (0, 0) => Backdrop::Flat([128; 3]),
                grid => {
                    // What is held is mostly what it was.
                    let (last_grid, last) = &mut self.expanded;
                    let means = plate.means();
                    if *last_grid != grid || last.each_ref().map(Vec::as_slice) != means {
                        *last_grid = grid;
                        for (last, means) in last.iter_mut().zip(means) {
                            last.clear();
                            last.extend_from_slice(means);
                        }
                        self.spline.expand(&self.spec, grid, means, &mut self.field);
                    }
                    Backdrop::Field(&self.field)
                }
            },
        }
    }
}

#[cfg(test)]
mod held;
#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use frosted_core::internal::FrameId;
    use frosted_core::{PixelFormat, TextHeight};

    /// A picture whose reduced pixels are the frame's, grey by `value`.
    pub(crate) fn picture(
        width: usize,
        height: usize,
        value: impl Fn(usize, usize) -> u8,
    ) -> Reduced {
        let spec = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
        let mut picture = Reduced::default();
        for plane in picture.prepare(&spec, 1, FrameId(1)) {
            for (at, slot) in plane.iter_mut().enumerate() {
                *slot = value(at % width, at / width);
            }
        }
        picture
    }

    /// A mask of `picture` that is certain everywhere.
    pub(crate) fn mask(picture: &Reduced, person: impl Fn(usize, usize) -> bool) -> Mask {
        let mut mask = Mask::new();
        for (at, slot) in mask.begin(picture).iter_mut().enumerate() {
            *slot = if person(at % picture.width(), at / picture.width()) {
                255
            } else {
                0
            };
        }
        mask
    }

    const SIZE: (usize, usize) = (256, 144);

    fn maker(background: Background) -> BackdropMaker {
        let spec = FrameSpec::new(PixelFormat::Rgb8, SIZE.0, SIZE.1).unwrap();
        let plan = ConcealPlan::new(&spec, SIZE, TextHeight::default());
        BackdropMaker::new(&spec, &background, &plan).unwrap()
    }

    fn field(maker: &mut BackdropMaker, picture: &Reduced, mask: &Mask) -> Field {
        match maker.make(picture, mask) {
            Backdrop::Field(field) => field.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Whoever sees the backdrop of a camera at rest, however long, in front of whatever
    /// movements, learns nothing finer than a cell: two rooms that differ only inside the
    /// cells give the same backdrops.
    #[test]
    fn what_moves_in_front_of_a_room_uncovers_nothing_finer_than_a_cell() {
        for background in [
            Background::Blur(TextHeight::default()),
            Background::Frost(TextHeight::default()),
        ] {
            let (mut one, mut other) = (maker(background.clone()), maker(background));
            let Kind::Held { cell, .. } = one.kind else {
                panic!("blur and frost are held")
            };
            let (columns, rows) = (SIZE.0 / cell, SIZE.1 / cell);
            // Dark and bright halves that change places inside each cell: stripes across in
            // the one room, checks in the other, with the same mean in every cell.
            let place = |x: usize, all: usize, cells: usize| {
                let index = (0..cells).rev().find(|i| i * all / cells <= x).unwrap_or(0);
                let (from, to) = (index * all / cells, (index + 1) * all / cells);
                (x - from, to - from)
            };
            let stripes = |x: usize, y: usize| {
                let ((x, width), (_, height)) = (place(x, SIZE.0, columns), place(y, SIZE.1, rows));
                let even = width % 2 == 0 && height % 2 == 0;
                if even && x < width / 2 {
                    220
                } else if even {
                    40
                } else {
                    130
                }
            };
            let checks = |x: usize, y: usize| {
                let ((x, width), (y, height)) = (place(x, SIZE.0, columns), place(y, SIZE.1, rows));
                let even = width % 2 == 0 && height % 2 == 0;
                if even && (x + y) % 2 == 0 {
                    220
                } else if even {
                    40
                } else {
                    130
                }
            };
            for frame in 0..150u64 {
                let centre = 128.0 + 90.0 * (frame as f64 * 0.19).sin();
                let person = |x: usize, y: usize| {
                    let across = (x as f64 - centre).abs();
                    y > 30 && across < 20.0 + (y as f64 - 30.0) / 3.0
                };
                let at = Timestamp::from_millis(33 * frame);
                let seen = |room: &dyn Fn(usize, usize) -> u8| {
                    picture(
                        SIZE.0,
                        SIZE.1,
                        |x, y| if person(x, y) { 250 } else { room(x, y) },
                    )
                };
                let (room, twin) = (seen(&stripes), seen(&checks));
                assert!(room.planes() != twin.planes());
                let (mask_one, mask_other) = (mask(&room, person), mask(&twin, person));
                one.observe(&room, &mask_one, at);
                other.observe(&twin, &mask_other, at);
                let same =
                    field(&mut one, &room, &mask_one) == field(&mut other, &twin, &mask_other);
                assert!(same, "frame {frame} tells the rooms apart");
            }
        }
    }

    #[test]
    fn rooms_that_differ_from_cell_to_cell_do_look_different() {
        let mut maker_one = maker(Background::default());
        let mut maker_other = maker(Background::default());
        let (dark, bright) = (
            picture(SIZE.0, SIZE.1, |_, _| 40),
            picture(SIZE.0, SIZE.1, |_, _| 200),
        );
        let (a, b) = (mask(&dark, |_, _| false), mask(&bright, |_, _| false));
        maker_one.observe(&dark, &a, Timestamp::ZERO);
        maker_other.observe(&bright, &b, Timestamp::ZERO);
        assert!(field(&mut maker_one, &dark, &a) != field(&mut maker_other, &bright, &b));
    }
}
