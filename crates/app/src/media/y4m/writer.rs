use std::io::Write;

use frosted::FrameView;

use super::Header;
use crate::media::{MediaError, Sink, StreamInfo, Timing};

/// Writes Y4M, byte for byte the samples that it is given.
#[derive(Debug)]
pub struct Y4mWriter<W> {
    output: W,
}

impl<W: Write> Y4mWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// [`MediaError`] if Y4M cannot hold the format or the rate varies.
    pub fn new(mut output: W, info: &StreamInfo) -> Result<Self, MediaError> {
        let Timing::Constant(rate) = info.timing else {
            return Err(MediaError::unsupported(
                "Y4M cannot hold frames at varying times: write .mkv or .mp4",
            ));
        };
        let header = Header {
            spec: info.spec,
            rate: Some(rate),
            pixel_aspect: info.pixel_aspect,
            siting: info.siting,
        };
        output
            .write_all(header.to_line()?.as_bytes())
            .map_err(|error| MediaError::write(&error))?;
        Ok(Self { output })
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.output
    }

    fn write_rows(&mut self, frame: &FrameView<'_>) -> std::io::Result<()> {
        self.output.write_all(b"FRAME\n")?;
        write_samples(&mut self.output, frame)?;
        // Whoever reads a pipe gets each frame as soon as it is done.
        self.output.flush()
    }
}

/// The frame's planes one behind another, without gaps between rows.
pub(crate) fn write_samples(output: &mut impl Write, frame: &FrameView<'_>) -> std::io::Result<()> {
    let spec = frame.spec();
    for plane in 0..spec.format().plane_count() {
        for y in 0..spec.plane_rows(plane) {
            output.write_all(frame.row(plane, y))?;
        }
    }
    Ok(())
}

impl<W: Write> Sink for Y4mWriter<W> {
    fn write(&mut self, frame: &FrameView<'_>) -> Result<(), MediaError> {
        self.write_rows(frame)
            .map_err(|error| MediaError::write(&error))
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        self.output
            .flush()
            .map_err(|error| MediaError::write(&error))
    }

    fn describe(&self) -> String {
        "Y4M, lossless".to_owned()
    }
}
