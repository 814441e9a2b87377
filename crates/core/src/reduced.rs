use std::fmt;

use crate::colour::Colour;
use crate::rotation::Rotation;
use crate::seam::FrameId;
use crate::spec::FrameSpec;

/// A small picture of a whole frame: each pixel is the mean of a square of the frame's.
///
/// It is what a network sees and what backdrops are made from. Three planes of the same
/// size, in the frame's own colours: R, G, B or Y, Cb, Cr. The last column and row may
/// stand for fewer pixels of the frame than the others.
#[derive(Default)]
pub struct Reduced {
    width: usize,
    height: usize,
    square_px: usize,
    frame_size: (usize, usize),
    colour: Option<Colour>,
    rotation: Rotation,
    planes: [Vec<u8>; 3],
    frame: FrameId,
}

impl Reduced {
    /// Makes room for the picture of a frame of `spec`, one pixel for each square of
    /// `square_px` (at least 1), and hands out its planes to be filled. Allocates only to
    /// grow.
    #[doc(hidden)]
    pub fn prepare(
        &mut self,
        spec: &FrameSpec,
        square_px: usize,
        frame: FrameId,
    ) -> [&mut [u8]; 3] {
        self.square_px = square_px.max(1);
        self.frame_size = (spec.width(), spec.height());
        self.width = spec.width().div_ceil(self.square_px);
        self.height = spec.height().div_ceil(self.square_px);
        self.colour = spec.format().is_yuv().then(|| spec.colour());
        self.rotation = spec.rotation();
        self.frame = frame;
        let len = self.width * self.height;
        self.planes.each_mut().map(|plane| {
            plane.resize(len, 0);
            plane.as_mut_slice()
        })
    }

    /// Becomes the same picture of the same frame as `other`. Allocates only to grow.
    #[doc(hidden)]
    pub fn copy_from(&mut self, other: &Self) {
        // Named one by one, so that none is forgotten when another comes.
        let Self {
            width,
            height,
            square_px,
            frame_size,
            colour,
            rotation,
            planes,
            frame,
        } = other;
        self.width = *width;
        self.height = *height;
        self.square_px = *square_px;
        self.frame_size = *frame_size;
        self.colour = *colour;
        self.rotation = *rotation;
        self.frame = *frame;
        for (own, plane) in self.planes.iter_mut().zip(planes) {
            own.clone_from(plane);
        }
    }

    /// Width in reduced pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in reduced pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Side of the square of frame pixels behind one reduced pixel.
    pub fn square_px(&self) -> usize {
        self.square_px
    }

    /// Width and height of the frame, in its pixels.
    pub fn frame_size(&self) -> (usize, usize) {
        self.frame_size
    }

    /// Size of the picture in reduced pixels, counted in fractions where the last column or
    /// row stands for less than a whole square.
    pub fn exact_size(&self) -> (f32, f32) {
        let (width, height) = self.frame_size;
        (
            width as f32 / self.square_px as f32,
            height as f32 / self.square_px as f32,
        )
    }

    /// What Y, Cb, Cr mean; `None` if the planes are R, G, B.
    pub fn colour(&self) -> Option<Colour> {
        self.colour
    }

    /// How the picture must be turned to stand upright.
    pub fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// The three planes, `width * height` bytes each, rows top to bottom.
    pub fn planes(&self) -> [&[u8]; 3] {
        self.planes.each_ref().map(Vec::as_slice)
    }

    /// The frame that it is the picture of.
    #[doc(hidden)]
    pub fn frame(&self) -> FrameId {
        self.frame
    }
}

impl fmt::Debug for Reduced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Reduced({}x{} of {:?})",
            self.width, self.height, self.frame
        )
    }
}
