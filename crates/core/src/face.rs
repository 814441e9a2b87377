use std::fmt;

use crate::reduced::Reduced;
use crate::seam::FrameId;

/// A face in a reduced picture.
///
/// All lengths are in pixels of that picture as it is stored, not turned upright, pixel
/// centres at .5. A face that is cut by the picture's edge may reach beyond it.
///
/// A face says where a head is, not what may be shown: it never uncovers anything.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Face {
    /// The box's centre, from brow to chin and ear to ear.
    pub centre: Point,
    /// The box's width along the stored rows.
    pub width: f32,
    /// The box's height across the stored rows.
    pub height: f32,
    /// How sure the network is, 0 to 1.
    pub score: f32,
    /// Where the parts of the face are.
    pub points: FacePoints,
}

/// A place in a reduced picture, in its pixels from the top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

/// The key points of a face; right and left are the person's own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FacePoints {
    /// Right eye.
    pub right_eye: Point,
    /// Left eye.
    pub left_eye: Point,
    /// Tip of the nose.
    pub nose: Point,
    /// Middle of the mouth.
    pub mouth: Point,
    /// The small flap before the right ear's canal.
    pub right_tragion: Point,
    /// The small flap before the left ear's canal.
    pub left_tragion: Point,
}

/// The faces of one frame, the surest first.
///
/// A list belongs to the frame whose picture it was begun for: whoever puts it beside a
/// mask compares both frames.
#[derive(Default)]
pub struct Faces {
    list: Vec<Face>,
    frame: FrameId,
}

/// Room that a list makes at once, so that a person who comes in does not allocate.
const ROOM: usize = 32;

impl Faces {
    /// A list of no frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Becomes the empty list of `picture`'s frame. Allocates only to grow.
    pub fn begin(&mut self, picture: &Reduced) {
        self.list.clear();
        self.list.reserve(ROOM);
        self.frame = picture.frame();
    }

    /// Adds a face behind those that are there.
    pub fn push(&mut self, face: Face) {
        self.list.push(face);
    }

    /// The faces.
    pub fn as_slice(&self) -> &[Face] {
        &self.list
    }

    /// The frame that they were found in.
    #[doc(hidden)]
    pub fn frame(&self) -> FrameId {
        self.frame
    }
}

// Where people are is nobody's business in a log.
impl fmt::Debug for Faces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faces({} of {:?})", self.list.len(), self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FrameSpec, PixelFormat};

    #[test]
    fn a_list_is_of_the_last_frame_that_it_was_begun_for() {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 64, 64).unwrap();
        let mut faces = Faces::new();
        assert_eq!(faces.frame(), FrameId(0));
        for id in [3, 4] {
            let mut picture = Reduced::default();
            picture.prepare(&spec, 4, FrameId(id));
            faces.begin(&picture);
            assert_eq!((faces.frame(), faces.as_slice().len()), (FrameId(id), 0));
            faces.push(Face::default());
            assert_eq!(faces.as_slice(), [Face::default()]);
        }
        assert_eq!(format!("{faces:?}"), "Faces(1 of FrameId(4))");
    }
}
