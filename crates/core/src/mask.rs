use std::fmt;

use crate::reduced::Reduced;
use crate::seam::FrameId;

/// Where the person is in one frame: a byte for each pixel of its reduced picture,
/// 0 = surely background, 255 = surely person.
///
/// A mask belongs to the frame whose picture it was begun for and is refused for any other.
#[derive(Default)]
pub struct Mask {
    width: usize,
    height: usize,
    values: Vec<u8>,
    frame: FrameId,
}

impl Mask {
    /// A mask of nothing, which covers no frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Becomes the mask of `picture`'s frame, all background, and hands out its values in
    /// rows from the top. Allocates only to grow.
    pub fn begin(&mut self, picture: &Reduced) -> &mut [u8] {
        self.width = picture.width();
        self.height = picture.height();
        self.frame = picture.frame();
        self.values.clear();
        self.values.resize(self.width * self.height, 0);
        &mut self.values
    }

    /// Becomes the same mask of the same frame as `other`. Allocates only to grow.
    pub fn copy_from(&mut self, other: &Self) {
        self.width = other.width;
        self.height = other.height;
        self.frame = other.frame;
        self.values.clone_from(&other.values);
    }

    /// Width in reduced pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in reduced pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All values in rows from the top.
    pub fn values(&self) -> &[u8] {
        &self.values
    }

    /// All values for writing.
    pub fn values_mut(&mut self) -> &mut [u8] {
        &mut self.values
    }

    /// The frame that it was computed from.
    #[doc(hidden)]
    pub fn frame(&self) -> FrameId {
        self.frame
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Mask({}x{} of {:?})",
            self.width, self.height, self.frame
        )
    }
}
