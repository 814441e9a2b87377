use std::fmt;
use std::thread;
use std::time::Duration;

use frosted_core::{Frame, FrameSpec, PixelFormat, Rate, Rgb, Timestamp};

use super::{Capture, Source};
use crate::clock::monotonic_now;
use crate::error::{CameraError, CameraErrorKind};
use crate::mode::{Encoding, Mode};

/// A camera that is none: colour bars with a bright column that moves, at a steady rate.
///
/// For trying a set-up and for tests. Nobody is in its picture.
pub struct TestPattern {
    mode: Mode,
    frame: Frame,
    bars: Frame,
    began: Timestamp,
    sequence: u64,
}

/// From left to right.
const BARS: [Rgb; 7] = [
    Rgb::new(191, 191, 191),
    Rgb::new(191, 191, 0),
    Rgb::new(0, 191, 191),
    Rgb::new(0, 191, 0),
    Rgb::new(191, 0, 191),
    Rgb::new(191, 0, 0),
    Rgb::new(0, 0, 191),
];

impl TestPattern {
    /// A pattern of this format, size and rate; `format` is one with a luma plane or YUYV.
    ///
    /// # Errors
    /// [`CameraErrorKind::Unsupported`] for a size that no frame has, and for other formats.
    pub fn new(
        format: PixelFormat,
        width: usize,
        height: usize,
        rate: Rate,
    ) -> Result<Self, CameraError> {
        if !format.is_yuv() || format == PixelFormat::Uyvy {
            return Err(CameraError::new(
                CameraErrorKind::Unsupported,
                format!("the test pattern cannot be had as {format}, take yuyv, nv12 or i420"),
            ));
        }
        let spec = FrameSpec::new(format, width, height)?;
        Ok(Self {
            mode: Mode {
                encoding: Encoding::Raw(format),
                width,
                height,
                rate: Some(rate),
            },
            frame: Frame::new(spec),
            bars: bars(spec),
            began: monotonic_now(),
            sequence: 0,
        })
    }

    fn rate(&self) -> Rate {
        self.mode.rate.unwrap_or(Rate::THIRTY)
    }

    /// A column of white, an eighth as wide as a bar, crosses the picture in four seconds.
    fn draw(&mut self, at: Duration) {
        self.frame.copy_from(&self.bars.view());
        let (width, height) = (self.mode.width, self.mode.height);
        let step = if self.frame.spec().format() == PixelFormat::Yuyv {
            2
        } else {
            1
        };
        let thick = (width / 56).max(1);
        let left = (at.as_millis() as usize % 4000) * width / 4000;
        let mut view = self.frame.view_mut();
        for y in 0..height {
            let row = view.row_mut(0, y);
            for x in (left..left + thick).map(|x| x % width) {
                row[x * step] = 235;
            }
        }
    }
}

impl Source for TestPattern {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError> {
        let due = self.rate().time_of(self.sequence).since(Timestamp::ZERO);
        let passed = monotonic_now().since(self.began);
        let wait = due.saturating_sub(passed);
        if wait > timeout {
            thread::sleep(timeout);
            return Err(CameraError::new(
                CameraErrorKind::TimedOut,
                "the test pattern has no frame yet",
            ));
        }
        thread::sleep(wait);
        self.draw(due);
        let sequence = self.sequence;
        // Frames that nobody fetched are lost, as with any camera.
        let late = passed.saturating_sub(due).as_nanos() / self.rate().interval().as_nanos();
        self.sequence += 1 + u64::try_from(late).unwrap_or(0);
        let mut capture = Capture::new(self.frame.bytes(), self.mode, sequence);
        capture.captured_at = self.began + due;
        Ok(capture)
    }
}

/// The still part of the picture.
fn bars(spec: FrameSpec) -> Frame {
    let mut frame = Frame::new(spec);
    let colours = BARS.map(|rgb| spec.colour().yuv_of(rgb));
    let mut view = frame.view_mut();
    for plane in 0..spec.format().plane_count() {
        for y in 0..spec.plane_rows(plane) {
            let row = view.row_mut(plane, y);
            // The samples of one pixel or pair of pixels, by what lies in this plane.
            let unit: &[usize] = match (spec.format(), plane) {
                (PixelFormat::Yuyv, _) => &[0, 1, 0, 2],
                (_, 0) => &[0],
                (PixelFormat::Nv12, _) => &[1, 2],
                (PixelFormat::Nv21, _) => &[2, 1],
                (_, plane) => &[[0], [1], [2]][plane],
            };
            let units = row.len() / unit.len();
            for (i, samples) in row.chunks_exact_mut(unit.len()).enumerate() {
                let colour = colours[i * BARS.len() / units];
                for (sample, &part) in samples.iter_mut().zip(unit) {
                    *sample = colour[part];
                }
            }
        }
    }
    frame
}

impl fmt::Debug for TestPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestPattern")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(1);

    #[test]
    fn frames_come_at_the_rate_and_show_the_bars() {
        for format in [
            PixelFormat::Yuyv,
            PixelFormat::Nv12,
            PixelFormat::I420,
            PixelFormat::I422,
        ] {
            let rate = Rate::new(200, 1).unwrap();
            let mut camera = TestPattern::new(format, 65, 33, rate).unwrap();
            let mut before = None;
            for sequence in 0..4 {
                let capture = camera.next(WAIT).unwrap();
                assert!(capture.sequence >= sequence);
                assert!(before.is_none_or(|before| before < capture.captured_at));
                before = Some(capture.captured_at);
                let mut unpacker = crate::Unpacker::new();
                let frame = unpacker.frame(&capture).unwrap();
                let luma = |x: usize| {
                    frame.row(0, 20)[if format == PixelFormat::Yuyv {
                        2 * x
                    } else {
                        x
                    }]
                };
                assert!(
                    luma(20) > luma(60),
                    "{format}: yellow is brighter than blue"
                );
            }
        }
    }

    #[test]
    fn a_short_time_out_ends_before_the_frame_is_due() {
        let mut camera =
            TestPattern::new(PixelFormat::Nv12, 64, 32, Rate::new(1, 5).unwrap()).unwrap();
        assert!(camera.next(WAIT).is_ok());
        let error = camera.next(Duration::from_millis(5)).unwrap_err();
        assert_eq!(error.kind(), CameraErrorKind::TimedOut);
    }
}
