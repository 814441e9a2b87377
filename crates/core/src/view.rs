use std::fmt;

use crate::background::Rgb;
use crate::error::FrameError;
use crate::format::{MAX_PLANES, PixelFormat};
use crate::spec::FrameSpec;
use crate::time::Timestamp;

/// A borrowed frame of the room: what comes from a camera.
///
/// Its [`Debug`](fmt::Debug) form shows the spec and never a pixel.
#[derive(Clone, Copy)]
pub struct FrameView<'a> {
    spec: FrameSpec,
    planes: [&'a [u8]; MAX_PLANES],
    captured_at: Timestamp,
}

impl<'a> FrameView<'a> {
    /// A frame in separate planes, in the order of the format.
    ///
    /// # Errors
    /// [`FrameErrorKind::Planes`](crate::FrameErrorKind::Planes) if their number is not the
    /// format's, [`FrameErrorKind::Buffer`](crate::FrameErrorKind::Buffer) if one is too
    /// short. Longer ones are fine: devices pad.
    pub fn new(
        spec: FrameSpec,
        planes: &[&'a [u8]],
        captured_at: Timestamp,
    ) -> Result<Self, FrameError> {
        if planes.len() != spec.format().plane_count() {
            return Err(spec.wrong_plane_count(planes.len()));
        }
        let mut checked: [&'a [u8]; MAX_PLANES] = [&[]; MAX_PLANES];
        for (plane, &bytes) in planes.iter().enumerate() {
            let needed = spec.plane_bytes(plane);
            checked[plane] = bytes
                .get(..needed)
                .ok_or_else(|| spec.plane_too_short(plane, bytes.len()))?;
        }
        Ok(Self {
            spec,
            planes: checked,
            captured_at,
        })
    }

    /// A frame whose planes lie one behind another in one buffer, each of stride times rows.
    ///
    /// # Errors
    /// [`FrameErrorKind::Buffer`](crate::FrameErrorKind::Buffer) if the buffer is shorter
    /// than [`FrameSpec::buffer_bytes`].
    pub fn from_buffer(
        spec: FrameSpec,
        bytes: &'a [u8],
        captured_at: Timestamp,
    ) -> Result<Self, FrameError> {
        if bytes.len() < spec.buffer_bytes() {
            return Err(spec.buffer_too_short(bytes.len()));
        }
        let mut rest = bytes;
        let mut planes: [&'a [u8]; MAX_PLANES] = [&[]; MAX_PLANES];
        for (plane, slot) in planes.iter_mut().enumerate() {
            let (own, after) = rest.split_at(spec.stride_bytes(plane) * spec.plane_rows(plane));
            *slot = &own[..spec.plane_bytes(plane)];
            rest = after;
        }
        Ok(Self {
            spec,
            planes,
            captured_at,
        })
    }

    /// What the frame is.
    pub fn spec(&self) -> &FrameSpec {
        &self.spec
    }

    /// When it was captured.
    pub fn captured_at(&self) -> Timestamp {
        self.captured_at
    }

    /// The bytes of `plane`, rows at the spec's stride; empty for a plane it does not have.
    pub fn plane(&self, plane: usize) -> &'a [u8] {
        self.planes.get(plane).copied().unwrap_or_default()
    }

    /// Row `y` of `plane`, without the gap behind it.
    ///
    /// # Panics
    /// If the plane has no row `y`.
    #[inline]
    pub fn row(&self, plane: usize, y: usize) -> &'a [u8] {
        let start = y * self.spec.stride_bytes(plane);
        &self.planes[plane][start..start + self.spec.plane_row_bytes(plane)]
    }

    /// The colour of the stored pixel (x, y), chroma from the sample nearest to it. For
    /// looking at a picture, not for work on whole frames: it is slow.
    ///
    /// ```
    /// use frosted_core::{Frame, FrameSpec, PixelFormat, Rgb};
    ///
    /// let mut frame = Frame::new(FrameSpec::new(PixelFormat::Nv12, 32, 16)?);
    /// frame.view_mut().fill(Rgb::new(255, 255, 255));
    /// assert_eq!(frame.view().rgb_at(31, 15), Rgb::new(255, 255, 255));
    /// # Ok::<(), frosted_core::FrameError>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such pixel.
    pub fn rgb_at(&self, x: usize, y: usize) -> Rgb {
        assert!(
            x < self.spec.width() && y < self.spec.height(),
            "pixel ({x}, {y}) of a frame of {}x{}",
            self.spec.width(),
            self.spec.height()
        );
        let row = self.row(0, y);
        let pair = x / 2;
        let codes = match self.spec.format() {
            PixelFormat::Nv12 => {
                let chroma = &self.row(1, y / 2)[2 * pair..];
                [row[x], chroma[0], chroma[1]]
            }
            PixelFormat::Nv21 => {
                let chroma = &self.row(1, y / 2)[2 * pair..];
                [row[x], chroma[1], chroma[0]]
            }
            PixelFormat::I420 => [row[x], self.row(1, y / 2)[pair], self.row(2, y / 2)[pair]],
            PixelFormat::I422 => [row[x], self.row(1, y)[pair], self.row(2, y)[pair]],
            PixelFormat::Yuyv => [row[2 * x], row[4 * pair + 1], row[4 * pair + 3]],
            PixelFormat::Uyvy => [row[2 * x + 1], row[4 * pair], row[4 * pair + 2]],
            PixelFormat::Rgb8 => return Rgb::new(row[3 * x], row[3 * x + 1], row[3 * x + 2]),
            PixelFormat::Bgr8 => return Rgb::new(row[3 * x + 2], row[3 * x + 1], row[3 * x]),
            PixelFormat::Rgba8 => return Rgb::new(row[4 * x], row[4 * x + 1], row[4 * x + 2]),
            PixelFormat::Bgra8 => return Rgb::new(row[4 * x + 2], row[4 * x + 1], row[4 * x]),
        };
        self.spec.colour().rgb_of(codes)
    }
}

impl fmt::Debug for FrameView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameView")
            .field("spec", &self.spec)
            .field("captured_at", &self.captured_at)
            .finish_non_exhaustive()
    }
}

/// A borrowed frame to write to: where a protected frame goes.
///
/// Gaps between rows are never written.
pub struct FrameViewMut<'a> {
    spec: FrameSpec,
    planes: [&'a mut [u8]; MAX_PLANES],
}

impl<'a> FrameViewMut<'a> {
    /// A frame in separate planes, in the order of the format.
    ///
    /// # Errors
    /// As [`FrameView::new`]; the buffers are left as they are.
    pub fn new<const N: usize>(
        spec: FrameSpec,
        planes: [&'a mut [u8]; N],
    ) -> Result<Self, FrameError> {
        if N != spec.format().plane_count() {
            return Err(spec.wrong_plane_count(N));
        }
        let mut checked: [&'a mut [u8]; MAX_PLANES] = [&mut [], &mut [], &mut []];
        for (plane, bytes) in planes.into_iter().enumerate() {
            let (needed, len) = (spec.plane_bytes(plane), bytes.len());
            checked[plane] = bytes
                .get_mut(..needed)
                .ok_or_else(|| spec.plane_too_short(plane, len))?;
        }
        Ok(Self {
            spec,
            planes: checked,
        })
    }

    /// A frame whose planes lie one behind another in one buffer, each of stride times rows.
    ///
    /// # Errors
    /// As [`FrameView::from_buffer`]; the buffer is left as it is.
    pub fn from_buffer(spec: FrameSpec, bytes: &'a mut [u8]) -> Result<Self, FrameError> {
        if bytes.len() < spec.buffer_bytes() {
            return Err(spec.buffer_too_short(bytes.len()));
        }
        let mut rest = bytes;
        let mut planes: [&'a mut [u8]; MAX_PLANES] = [&mut [], &mut [], &mut []];
        for (plane, slot) in planes.iter_mut().enumerate() {
            let (own, after) = rest.split_at_mut(spec.stride_bytes(plane) * spec.plane_rows(plane));
            *slot = &mut own[..spec.plane_bytes(plane)];
            rest = after;
        }
        Ok(Self { spec, planes })
    }

    /// What the frame is.
    pub fn spec(&self) -> &FrameSpec {
        &self.spec
    }

    /// Row `y` of `plane`, without the gap behind it.
    ///
    /// # Panics
    /// If the plane has no row `y`.
    pub fn row_mut(&mut self, plane: usize, y: usize) -> &mut [u8] {
        let start = y * self.spec.stride_bytes(plane);
        &mut self.planes[plane][start..start + self.spec.plane_row_bytes(plane)]
    }

    /// All planes at once, rows at the spec's strides, so that bands of rows can be shared
    /// out; planes that the format does not have are empty.
    pub fn planes_mut(&mut self) -> [&mut [u8]; MAX_PLANES] {
        self.planes.each_mut().map(|plane| &mut **plane)
    }

    /// The same frame, borrowed for a shorter while.
    pub fn reborrow(&mut self) -> FrameViewMut<'_> {
        FrameViewMut {
            spec: self.spec,
            planes: self.planes_mut(),
        }
    }

    /// The frame for reading, as captured at `captured_at`.
    pub fn as_view(&self, captured_at: Timestamp) -> FrameView<'_> {
        FrameView {
            spec: self.spec,
            planes: self.planes.each_ref().map(|plane| &**plane),
            captured_at,
        }
    }

    /// Fills the whole frame with one opaque colour.
    pub fn fill(&mut self, rgb: Rgb) {
        let [y, cb, cr] = self.spec.colour().yuv_of(rgb);
        let Rgb { r, g, b } = rgb;
        for plane in 0..self.spec.format().plane_count() {
            let pixel: &[u8] = match (self.spec.format(), plane) {
                (
                    PixelFormat::Nv12 | PixelFormat::Nv21 | PixelFormat::I420 | PixelFormat::I422,
                    0,
                ) => &[y],
                (PixelFormat::Nv12, _) => &[cb, cr],
                (PixelFormat::Nv21, _) => &[cr, cb],
                (PixelFormat::I420 | PixelFormat::I422, 1) => &[cb],
                (PixelFormat::I420 | PixelFormat::I422, _) => &[cr],
                (PixelFormat::Yuyv, _) => &[y, cb, y, cr],
                (PixelFormat::Uyvy, _) => &[cb, y, cr, y],
                (PixelFormat::Rgb8, _) => &[r, g, b],
                (PixelFormat::Bgr8, _) => &[b, g, r],
                (PixelFormat::Rgba8, _) => &[r, g, b, 255],
                (PixelFormat::Bgra8, _) => &[b, g, r, 255],
            };
            for row in 0..self.spec.plane_rows(plane) {
                for slot in self.row_mut(plane, row).chunks_exact_mut(pixel.len()) {
                    slot.copy_from_slice(pixel);
                }
            }
        }
    }

    /// Copies the picture of `from`, a frame of the same spec but for strides.
    ///
    /// # Panics
    /// If size or format differ.
    pub(crate) fn copy_picture(&mut self, from: &FrameView<'_>) {
        assert!(
            self.spec.same_picture(from.spec()),
            "a picture can only be copied to a frame of its own spec"
        );
        for plane in 0..self.spec.format().plane_count() {
            for y in 0..self.spec.plane_rows(plane) {
                self.row_mut(plane, y).copy_from_slice(from.row(plane, y));
            }
        }
    }
}

impl fmt::Debug for FrameViewMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameViewMut")
            .field("spec", &self.spec)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;

    #[test]
    fn every_format_tells_the_colour_that_was_filled_in() {
        let rgb = Rgb::new(200, 90, 30);
        for format in PixelFormat::ALL {
            let mut frame = Frame::new(FrameSpec::new(format, 33, 17).unwrap());
            frame.view_mut().fill(rgb);
            for (x, y) in [(0, 0), (32, 16), (15, 8)] {
                let got = frame.view().rgb_at(x, y);
                for (a, b) in [(got.r, rgb.r), (got.g, rgb.g), (got.b, rgb.b)] {
                    assert!(a.abs_diff(b) <= 3, "{format} at ({x}, {y}): {got:?}");
                }
            }
        }
    }
}
