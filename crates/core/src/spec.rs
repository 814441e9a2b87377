use crate::colour::Colour;
use crate::error::{FrameError, FrameErrorKind};
use crate::format::{MAX_PLANES, PixelFormat};
use crate::rotation::Rotation;

/// The shortest side of a frame, in pixels.
pub const MIN_SIDE: usize = 16;
/// The longest long side of a frame, in pixels (8K).
pub const MAX_LONG_SIDE: usize = 7680;
/// The longest short side of a frame, in pixels (8K).
pub const MAX_SHORT_SIDE: usize = 4320;

/// Strides above this are a mistake: eight times the longest RGBA row.
const MAX_STRIDE_BYTES: usize = 8 * 4 * MAX_LONG_SIDE;

/// What a frame is: size, format, strides, colour and rotation.
///
/// Sizes go from 16x16 to 7680x4320 (or 4320x7680), odd ones too. A `FrameSpec` that
/// exists is valid.
///
/// ```
/// use frosted_core::{FrameSpec, PixelFormat};
///
/// let spec = FrameSpec::new(PixelFormat::I420, 641, 361)?.with_stride_bytes(&[704, 352, 352])?;
/// assert_eq!(spec.plane_row_bytes(1), 321);
/// assert_eq!(spec.plane_rows(1), 181);
/// # Ok::<(), frosted_core::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameSpec {
    format: PixelFormat,
    width: usize,
    height: usize,
    stride_bytes: [usize; MAX_PLANES],
    colour: Colour,
    rotation: Rotation,
}

impl FrameSpec {
    /// A frame whose rows follow one another without gaps, BT.601 limited range, upright.
    ///
    /// # Errors
    /// [`FrameErrorKind::Size`] outside 16x16 to 7680x4320 (either way up).
    pub fn new(format: PixelFormat, width: usize, height: usize) -> Result<Self, FrameError> {
        let (long, short) = (width.max(height), width.min(height));
        if short < MIN_SIDE || long > MAX_LONG_SIDE || short > MAX_SHORT_SIDE {
            return Err(FrameError::new(
                FrameErrorKind::Size,
                format!(
                    "frame is {width}x{height}, supported are {MIN_SIDE}x{MIN_SIDE} to \
                     {MAX_LONG_SIDE}x{MAX_SHORT_SIDE}"
                ),
            ));
        }
        let mut stride_bytes = [0; MAX_PLANES];
        for (plane, stride) in stride_bytes.iter_mut().enumerate() {
            *stride = format.plane_size(plane, width, height).0;
        }
        Ok(Self {
            format,
            width,
            height,
            stride_bytes,
            colour: Colour::default(),
            rotation: Rotation::default(),
        })
    }

    /// The same with these strides, one per plane: the bytes from one row to the next.
    ///
    /// # Errors
    /// [`FrameErrorKind::Planes`] if their number differs from the format's planes,
    /// [`FrameErrorKind::Stride`] if one is shorter than its row or longer than 245760.
    pub fn with_stride_bytes(mut self, stride_bytes: &[usize]) -> Result<Self, FrameError> {
        let planes = self.format.plane_count();
        if stride_bytes.len() != planes {
            return Err(FrameError::new(
                FrameErrorKind::Planes,
                format!(
                    "{} strides were given, {} has {planes} planes",
                    stride_bytes.len(),
                    self.format
                ),
            ));
        }
        for (plane, &stride) in stride_bytes.iter().enumerate() {
            let row = self.plane_row_bytes(plane);
            if stride < row || stride > MAX_STRIDE_BYTES {
                return Err(FrameError::new(
                    FrameErrorKind::Stride,
                    format!(
                        "stride of plane {plane} is {stride} bytes, a row of {} at width {} has \
                         {row} bytes and strides end at {MAX_STRIDE_BYTES}",
                        self.format, self.width
                    ),
                ));
            }
            self.stride_bytes[plane] = stride;
        }
        Ok(self)
    }

    /// The same with this colour matrix and range.
    #[must_use]
    pub fn with_colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// The same with this rotation.
    #[must_use]
    pub fn with_rotation(mut self, rotation: Rotation) -> Self {
        self.rotation = rotation;
        self
    }

    /// The same size, colour and rotation in another format, without gaps between rows.
    #[must_use]
    pub fn in_format(&self, format: PixelFormat) -> Self {
        let mut other = *self;
        other.format = format;
        for (plane, stride) in other.stride_bytes.iter_mut().enumerate() {
            *stride = format.plane_size(plane, self.width, self.height).0;
        }
        other
    }

    /// Pixel format.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Width in pixels as stored.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels as stored.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Height in pixels once turned upright.
    pub fn upright_height(&self) -> usize {
        self.rotation.upright((self.width, self.height)).1
    }

    /// Colour matrix and range.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Rotation.
    pub fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// Bytes from one row of `plane` to the next; 0 for a plane the format does not have.
    pub fn stride_bytes(&self, plane: usize) -> usize {
        if plane < self.format.plane_count() {
            self.stride_bytes[plane]
        } else {
            0
        }
    }

    /// Bytes of picture in a row of `plane`, without the gap behind it.
    pub fn plane_row_bytes(&self, plane: usize) -> usize {
        self.format.plane_size(plane, self.width, self.height).0
    }

    /// Rows of `plane`.
    pub fn plane_rows(&self, plane: usize) -> usize {
        self.format.plane_size(plane, self.width, self.height).1
    }

    /// The fewest bytes that a buffer of `plane` can have: the last row needs no gap.
    pub fn plane_bytes(&self, plane: usize) -> usize {
        match self.plane_rows(plane) {
            0 => 0,
            rows => self.stride_bytes(plane) * (rows - 1) + self.plane_row_bytes(plane),
        }
    }

    /// Bytes of all planes one behind another, each of `stride * rows`.
    pub fn buffer_bytes(&self) -> usize {
        (0..self.format.plane_count())
            .map(|plane| self.stride_bytes(plane) * self.plane_rows(plane))
            .sum()
    }

    /// Whether a frame of `other` can hold this one's picture: all the same but strides.
    pub fn same_picture(&self, other: &Self) -> bool {
        Self {
            stride_bytes: other.stride_bytes,
            ..*self
        } == *other
    }

    pub(crate) fn plane_too_short(&self, plane: usize, len: usize) -> FrameError {
        let (row, rows) = (self.plane_row_bytes(plane), self.plane_rows(plane));
        FrameError::new(
            FrameErrorKind::Buffer,
            format!(
                "plane {plane} has {len} bytes, {row}x{rows} with stride {} needs {}",
                self.stride_bytes(plane),
                self.plane_bytes(plane)
            ),
        )
    }

    pub(crate) fn wrong_plane_count(&self, count: usize) -> FrameError {
        let planes = self.format.plane_count();
        FrameError::new(
            FrameErrorKind::Planes,
            format!("{count} planes were given, {} has {planes}", self.format),
        )
    }

    pub(crate) fn buffer_too_short(&self, len: usize) -> FrameError {
        let needed = self.buffer_bytes();
        FrameError::new(
            FrameErrorKind::Buffer,
            format!(
                "buffer has {len} bytes, {} {}x{} needs {needed}",
                self.format, self.width, self.height
            ),
        )
    }
}
