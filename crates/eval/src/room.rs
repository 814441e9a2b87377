//! The empty room, as the fringe measure needs it.

use frosted_core::FrameView;

use crate::error::AuditError;
use crate::luma;
use crate::matte;

/// The luma of the empty room, where it is known.
#[derive(Clone, PartialEq)]
pub struct Room {
    size: (usize, usize),
    /// Not a number where the room was never seen.
    luma: Vec<f32>,
    origin: RoomOrigin,
}

/// Where a [`Room`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RoomOrigin {
    /// A picture of the empty room.
    Picture,
    /// The mean of the clip where its mattes say that nobody is.
    MeanOfClip,
}

impl std::fmt::Debug for Room {
    /// Shows no pixel.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room")
            .field("size", &self.size)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl Room {
    /// The room of a picture without anybody in it.
    pub fn from_picture(picture: &FrameView<'_>) -> Self {
        let mut bytes = Vec::new();
        luma::read(picture, &mut bytes);
        Self {
            size: (picture.spec().width(), picture.spec().height()),
            luma: bytes.into_iter().map(f32::from).collect(),
            origin: RoomOrigin::Picture,
        }
    }

    /// Where it comes from.
    pub fn origin(&self) -> RoomOrigin {
        self.origin
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    pub(crate) fn luma(&self) -> &[f32] {
        &self.luma
    }
}

/// Puts the empty room together from the frames of a clip and their true mattes.
///
/// ```
/// use frosted_core::{Frame, FrameSpec, PixelFormat, Rgb};
/// use frosted_eval::{RoomMean, RoomOrigin};
///
/// let mut frame = Frame::new(FrameSpec::new(PixelFormat::Rgb8, 32, 16)?);
/// frame.view_mut().fill(Rgb::new(90, 90, 90));
/// let mut mean = RoomMean::new(32, 16);
/// mean.add(&frame.view(), &[0; 32 * 16])?;
/// assert_eq!(mean.finish().origin(), RoomOrigin::MeanOfClip);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RoomMean {
    size: (usize, usize),
    sums: Vec<u32>,
    counts: Vec<u32>,
    scratch: Vec<u8>,
}

impl std::fmt::Debug for RoomMean {
    /// Shows no pixel.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomMean")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl RoomMean {
    /// For frames of this size in pixels.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            size: (width, height),
            sums: vec![0; width * height],
            counts: vec![0; width * height],
            scratch: Vec::new(),
        }
    }

    /// Adds a frame; `matte` has a byte a pixel, 0 = room, 255 = person.
    ///
    /// # Errors
    /// [`AuditErrorKind::Size`](crate::AuditErrorKind::Size) if frame or matte have another
    /// size.
    pub fn add(&mut self, frame: &FrameView<'_>, matte: &[u8]) -> Result<(), AuditError> {
        let size = (frame.spec().width(), frame.spec().height());
        if size != self.size {
            return Err(AuditError::size("a frame", size, self.size));
        }
        if matte.len() != self.sums.len() {
            return Err(AuditError::matte(matte.len(), self.size));
        }
        luma::read(frame, &mut self.scratch);
        let sums = self.sums.iter_mut().zip(&mut self.counts);
        for ((sum, count), (&luma, &alpha)) in sums.zip(self.scratch.iter().zip(matte)) {
            let is_room = u32::from(matte::is_room(alpha));
            *sum += u32::from(luma) * is_room;
            *count += is_room;
        }
        Ok(())
    }

    /// The room, of pixels that were free of people in at least three frames.
    pub fn finish(self) -> Room {
        const LEAST_FRAMES: u32 = 3;
        let means = self.sums.iter().zip(&self.counts);
        let mean = |(&sum, &count): (&u32, &u32)| match count {
            LEAST_FRAMES.. => sum as f32 / count as f32,
            _ => f32::NAN,
        };
        Room {
            size: self.size,
            luma: means.map(mean).collect(),
            origin: RoomOrigin::MeanOfClip,
        }
    }
}
