//! Short forms of [`Pipeline::process`] for pictures that are packed without gaps.

use frosted_core::{FrameError, FrameSpec, FrameView, FrameViewMut, PixelFormat, Timestamp};

use crate::error::Error;
use crate::pipeline::Pipeline;
use crate::report::FrameReport;

impl Pipeline {
    /// As [`process`](Self::process) for packed R, G, B without gaps between rows.
    ///
    /// # Errors
    /// [`ErrorKind::Frame`](crate::ErrorKind::Frame) if the size is unsupported or a buffer
    /// shorter than `3 * width * height`; all of `output` is zero then.
    pub fn process_rgb(
        &mut self,
        (width, height): (usize, usize),
        captured_at: Timestamp,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<FrameReport, Error> {
        self.process_packed(
            PixelFormat::Rgb8,
            (width, height),
            captured_at,
            input,
            output,
        )
    }

    /// As [`process`](Self::process) for packed R, G, B, alpha without gaps between rows.
    ///
    /// # Errors
    /// [`ErrorKind::Frame`](crate::ErrorKind::Frame) if the size is unsupported or a buffer
    /// shorter than `4 * width * height`; all of `output` is zero then.
    pub fn process_rgba(
        &mut self,
        (width, height): (usize, usize),
        captured_at: Timestamp,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<FrameReport, Error> {
        self.process_packed(
            PixelFormat::Rgba8,
            (width, height),
            captured_at,
            input,
            output,
        )
    }

    /// As [`process`](Self::process) for a picture of the `image` crate, which comes back
    /// protected.
    ///
    /// # Errors
    /// [`ErrorKind::Frame`](crate::ErrorKind::Frame) if the size is unsupported.
    #[cfg(feature = "image")]
    pub fn process_image(
        &mut self,
        captured_at: Timestamp,
        input: &image::RgbImage,
    ) -> Result<(image::RgbImage, FrameReport), Error> {
        let (width, height) = input.dimensions();
        let mut output = image::RgbImage::new(width, height);
        let report = self.process_rgb(
            (width as usize, height as usize),
            captured_at,
            input,
            &mut output,
        )?;
        Ok((output, report))
    }

    fn process_packed(
        &mut self,
        format: PixelFormat,
        (width, height): (usize, usize),
        captured_at: Timestamp,
        input: &[u8],
        output: &mut [u8],
    ) -> Result<FrameReport, Error> {
        let views = |output| -> Result<_, FrameError> {
            let spec = FrameSpec::new(format, width, height)?;
            let input = FrameView::from_buffer(spec, input, captured_at)?;
            Ok((input, FrameViewMut::from_buffer(spec, output)?))
        };
        match views(&mut *output) {
            Ok((input, mut output)) => self.process(&input, &mut output),
            Err(error) => {
                // What the caller left in the buffer may be the room.
                output.fill(0);
                Err(error.into())
            }
        }
    }
}
