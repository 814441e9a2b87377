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
use plate::Plate;
use spline::Spline;

/// Makes the backdrop of frame after frame.
#[derive(Debug)]
pub(crate) struct BackdropMaker {
    spec: FrameSpec,
    kind: Kind,
    cells: Cells,
    spline: Spline,
    field: Field,
}

#[derive(Debug)]
enum Kind {
    Blur { cell: usize },
    Frost { cell: usize, plate: Box<Plate> },
    Flat([u8; 3]),
    Picture(Frame),
    Transparent { cell: usize },
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
        let kind = match background {
            Background::Blur(_) => Kind::Blur {
                cell: plan.blur_cell,
            },
            Background::Frost(_) => Kind::Frost {
                cell: plan.frost_cell,
                plate: Box::default(),
            },
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
        })
    }

    /// Forgets the room.
    pub(crate) fn reset(&mut self) {
        if let Kind::Frost { plate, .. } = &mut self.kind {
            plate.reset();
        }
    }

    /// Bits that a held plate tells about the room.
    pub(crate) fn plate_bits(&self) -> u32 {
        match &self.kind {
            Kind::Frost { plate, .. } => plate.bits(),
            _ => 0,
        }
    }

    /// Takes in a frame in which `people` are everybody whom the network found, before the
    /// subject is chosen: what is held of the room must hold nobody.
    pub(crate) fn observe(&mut self, picture: &Reduced, people: &Mask, at: Timestamp) {
        if let Kind::Frost { cell, plate } = &mut self.kind {
            self.cells.measure(picture, *cell, Weigh::Room(people));
            plate.update(&self.cells, at);
        }
    }

    /// The backdrop behind the subject of `mask`, or with no mask the backdrop that covers
    /// the whole frame, people included.
    pub(crate) fn make(&mut self, picture: &Reduced, mask: Option<&Mask>) -> Backdrop<'_> {
        match &self.kind {
            Kind::Blur { cell } => {
                self.cells
                    .measure(picture, *cell, mask.map_or(Weigh::All, Weigh::Room));
            }
            Kind::Transparent { cell } => {
                self.cells
                    .measure(picture, *cell, mask.map_or(Weigh::All, Weigh::Person));
            }
            Kind::Frost { .. } | Kind::Flat(_) | Kind::Picture(_) => {}
        }
        match &self.kind {
            Kind::Flat(samples) => Backdrop::Flat(*samples),
            Kind::Picture(frame) => Backdrop::Picture(frame),
            Kind::Blur { .. } => Backdrop::Field(self.cells.expand(
                &self.spec,
                &mut self.spline,
                &mut self.field,
            )),
            Kind::Transparent { .. } => Backdrop::Transparent(self.cells.expand(
                &self.spec,
                &mut self.spline,
                &mut self.field,
            )),
            Kind::Frost { plate, .. } => match plate.grid() {
                // Nothing was observed since the start.
                (0, 0) => Backdrop::Flat([128; 3]),
                grid => {
                    self.spline
                        .expand(&self.spec, grid, plate.means(), &mut self.field);
                    Backdrop::Field(&self.field)
                }
            },
        }
    }
}
