use std::fmt;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use frosted_core::{FrameView, ProtectedFrame};

use super::pack::Packer;
use super::{Sink, SinkOptions, Viewers};
use crate::error::{CameraError, CameraErrorKind};
use crate::packed;

/// A stream of Y4M, 4:2:2, for another program: `frosted run --output - | ffplay -`.
///
/// A pipe whose reader has stopped blocks whoever writes to it; a
/// [`ThreadedSink`](crate::ThreadedSink) does not.
pub struct Y4mSink<W> {
    output: W,
    options: SinkOptions,
    /// The header is written.
    begun: bool,
    packer: Packer,
    /// A row on its way to the planes.
    row: Vec<u8>,
    /// The frame as it is written, its line included.
    picture: Vec<u8>,
}

/// What begins each frame.
const FRAME: &[u8] = b"FRAME\n";

impl<W: Write + Send> Y4mSink<W> {
    /// A stream that begins with the first frame: nothing is written before.
    ///
    /// # Errors
    /// [`CameraErrorKind::Unsupported`] for sizes that cannot be.
    pub fn new(output: W, options: &SinkOptions) -> Result<Self, CameraError> {
        options.check()?;
        let (width, height) = (options.width, options.height);
        Ok(Self {
            output,
            options: *options,
            begun: false,
            packer: Packer::new(width, height),
            row: vec![0; 2 * width],
            picture: [FRAME, &vec![0; 2 * width * height]].concat(),
        })
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        let SinkOptions {
            width,
            height,
            rate,
        } = self.options;
        writeln!(
            self.output,
            "YUV4MPEG2 W{width} H{height} F{}:{} Ip A1:1 C422 XCOLORRANGE=LIMITED",
            rate.numerator(),
            rate.denominator()
        )?;
        self.begun = true;
        Ok(())
    }

    fn fill(&mut self, frame: &FrameView<'_>) {
        let SinkOptions { width, height, .. } = self.options;
        let planes = &mut self.picture[FRAME.len()..];
        let (luma, chroma) = planes.split_at_mut(width * height);
        let (cb, cr) = chroma.split_at_mut(width / 2 * height);
        let chromas = cb
            .chunks_exact_mut(width / 2)
            .zip(cr.chunks_exact_mut(width / 2));
        for (y, (luma, (cb, cr))) in luma.chunks_exact_mut(width).zip(chromas).enumerate() {
            self.packer.pack_row(frame, y, &mut self.row);
            packed::split(&self.row, luma, cb, cr);
        }
    }

    fn write_picture(&mut self) -> io::Result<()> {
        self.output.write_all(&self.picture)?;
        self.output.flush()
    }
}

fn gone(error: &io::Error) -> CameraError {
    CameraError::new(
        CameraErrorKind::Disconnected,
        format!("the program that reads the frames is gone ({error})"),
    )
}

impl<W: Write + Send> Sink for Y4mSink<W> {
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError> {
        self.fill(&frame.view());
        self.begin()
            .and_then(|()| self.write_picture())
            .map_err(|error| gone(&error))
    }

    fn viewers(&mut self) -> Viewers {
        Viewers::Unknown
    }

    fn wait(&mut self, timeout: Duration) {
        thread::sleep(timeout);
    }

    fn size(&self) -> (usize, usize) {
        (self.options.width, self.options.height)
    }

    fn describe(&self) -> String {
        format!("Y4M, {}x{}", self.options.width, self.options.height)
    }
}

impl<W> fmt::Debug for Y4mSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Y4mSink")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::internal::protected_mut;
    use frosted_core::{FrameSpec, PixelFormat, Rgb};

    #[test]
    fn frames_are_headed_whole_and_in_the_right_planes() {
        let options = SinkOptions {
            width: 32,
            height: 16,
            ..SinkOptions::default()
        };
        let mut out = Vec::new();
        let mut sink = Y4mSink::new(&mut out, &options).unwrap();
        let spec = FrameSpec::new(PixelFormat::Nv12, 32, 16).unwrap();
        let mut frame = ProtectedFrame::new(spec);
        let rgb = Rgb::new(200, 40, 90);
        protected_mut(&mut frame).view_mut().fill(rgb);
        sink.write(&frame).unwrap();
        let [y, cb, cr] = spec.colour().yuv_of(rgb);
        let header = b"YUV4MPEG2 W32 H16 F30:1 Ip A1:1 C422 XCOLORRANGE=LIMITED\nFRAME\n";
        assert!(out.starts_with(header));
        let planes = &out[header.len()..];
        assert_eq!(planes.len(), 32 * 16 * 2);
        assert!(planes[..512].iter().all(|&code| code == y));
        assert!(planes[512..768].iter().all(|&code| code == cb));
        assert!(planes[768..].iter().all(|&code| code == cr));
    }

    #[test]
    fn every_sample_is_in_its_place_in_one_frame_after_another() {
        let options = SinkOptions {
            width: 34,
            height: 18,
            ..SinkOptions::default()
        };
        let mut frame = ProtectedFrame::new(FrameSpec::new(PixelFormat::Yuyv, 34, 18).unwrap());
        let mut out = Vec::new();
        let mut sink = Y4mSink::new(&mut out, &options).unwrap();
        let mut wanted = Vec::new();
        for seed in 0..3 {
            let bytes = protected_mut(&mut frame).bytes_mut();
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = (at * 29 + at / 251 + seed) as u8;
            }
            wanted.extend(b"FRAME\n");
            wanted.extend(bytes.iter().step_by(2));
            wanted.extend(bytes.iter().skip(1).step_by(4));
            wanted.extend(bytes.iter().skip(3).step_by(4));
            sink.write(&frame).unwrap();
        }
        let header = out.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        assert!(out[header..] == wanted);
    }

    #[test]
    fn a_reader_that_is_gone_and_an_odd_size_are_told_apart() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut sink = Y4mSink::new(Closed, &SinkOptions::default()).unwrap();
        let spec = FrameSpec::new(PixelFormat::Nv12, 32, 16).unwrap();
        let error = sink.write(&ProtectedFrame::new(spec)).unwrap_err();
        assert_eq!(error.kind(), CameraErrorKind::Disconnected);
        let odd = SinkOptions {
            width: 33,
            ..SinkOptions::default()
        };
        let error = Y4mSink::new(Closed, &odd).unwrap_err();
        assert_eq!(error.kind(), CameraErrorKind::Unsupported);
    }
}
