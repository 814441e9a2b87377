use std::fmt;
use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use frosted::camera::{
    CameraError, CameraErrorKind, Capture, Encoding, Mode, Source, monotonic_now,
};
use frosted::{Frame, FrameSpec, Rate, Timestamp};

use super::feed::{Feed, Shot};

/// A file in the place of a camera: its frames come at its own pace, again and again.
pub(crate) struct Recording {
    feed: Arc<Feed>,
    /// The frame that the caller looks at.
    frame: Frame,
    rate: Rate,
    /// The next frame, which is not due yet.
    waits: Option<Shot>,
    /// When the frame of the file's time `base` was due.
    began: Timestamp,
    base: Duration,
    sequence: u64,
}

/// How long the first frame of the standard input is waited for.
const OPENING: Duration = Duration::from_millis(100);

impl Recording {
    /// Opens a file.
    ///
    /// # Errors
    /// [`CameraErrorKind::Unsupported`] with what is wrong with it.
    pub(crate) fn open(path: &Path) -> Result<Self, CameraError> {
        let (feed, spec, rate) = Feed::of_file(path)?;
        Ok(Self::new(Arc::new(feed), spec, rate))
    }

    /// Goes on with the standard input, from the frame that is there now.
    ///
    /// # Errors
    /// [`TimedOut`](CameraErrorKind::TimedOut) if there is none yet, or what is wrong with it.
    pub(super) fn of_standard_input(feed: &Arc<Feed>) -> Result<Self, CameraError> {
        let first = feed.next(OPENING)?;
        let mut recording = Self::new(Arc::clone(feed), *first.frame.spec(), first.rate);
        recording.base = first.at;
        recording.waits = Some(first);
        Ok(recording)
    }

    fn new(feed: Arc<Feed>, spec: FrameSpec, rate: Rate) -> Self {
        Self {
            feed,
            frame: Frame::new(spec),
            rate,
            waits: None,
            began: monotonic_now(),
            base: Duration::ZERO,
            sequence: 0,
        }
    }
}

impl Source for Recording {
    fn mode(&self) -> Mode {
        let spec = self.frame.spec();
        Mode {
            encoding: Encoding::Raw(spec.format()),
            width: spec.width(),
            height: spec.height(),
            rate: Some(self.rate),
        }
    }

    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError> {
        let until = Instant::now() + timeout;
        let shot = match self.waits.take() {
            Some(shot) => shot,
            None => self.feed.next(timeout)?,
        };
        let due = self.began + shot.at.saturating_sub(self.base);
        let (wait, left) = (
            due.since(monotonic_now()),
            until.saturating_duration_since(Instant::now()),
        );
        if wait > left {
            self.waits = Some(shot);
            thread::sleep(left);
            return Err(CameraError::new(
                CameraErrorKind::TimedOut,
                "the next frame is not due yet",
            ));
        }
        thread::sleep(wait);
        // Whoever is late gets the next frame at once, and not ever later.
        let behind = monotonic_now().since(due);
        if behind > Duration::from_secs(1) {
            self.began = self.began + behind;
        }
        self.feed
            .give_back(mem::replace(&mut self.frame, shot.frame));
        self.rate = shot.rate;
        self.sequence += 1;
        let mode = self.mode();
        let mut capture = Capture::new(self.frame.bytes(), mode, self.sequence);
        capture.stride_bytes = self.frame.spec().stride_bytes(0);
        capture.colour = self.frame.spec().colour();
        capture.captured_at = due;
        Ok(capture)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("feed", &self.feed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::mjpeg::MjpegWriter;
    use crate::media::y4m::Y4mWriter;
    use crate::media::{Sink, StreamInfo, Timing};
    use frosted::PixelFormat;

    fn clip(width: usize, frames: usize) -> Vec<u8> {
        let spec = FrameSpec::new(PixelFormat::I420, width, 48).unwrap();
        let rate = Rate::new(200, 1).unwrap();
        let info = StreamInfo::new(spec, Timing::Constant(rate));
        let mut writer = Y4mWriter::new(Vec::new(), &info).unwrap();
        for _ in 0..frames {
            writer.write(&Frame::new(spec).view()).unwrap();
        }
        writer.into_inner()
    }

    #[test]
    fn a_file_goes_round_at_its_pace_and_may_be_replaced_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.y4m");
        std::fs::write(&path, clip(64, 3)).unwrap();
        let mut camera = Recording::open(&path).unwrap();
        assert_eq!((camera.mode().width, camera.mode().height), (64, 48));
        let mut stamps = Vec::new();
        for sequence in 1..=10 {
            let capture = camera.next(Duration::from_secs(5)).unwrap();
            assert_eq!((capture.mode.width, capture.sequence), (64, sequence));
            stamps.push(capture.captured_at);
        }
        let step = Duration::from_millis(5);
        assert!(
            stamps.windows(2).all(|pair| pair[1].since(pair[0]) == step),
            "{stamps:?}"
        );
        std::fs::write(folder.path().join("other"), clip(80, 3)).unwrap();
        std::fs::rename(folder.path().join("other"), &path).unwrap();
        let widths: Vec<_> = (0..10)
            .map(|_| camera.next(Duration::from_secs(5)).unwrap().mode.width)
            .collect();
        assert_eq!(widths[9], 80, "{widths:?}");
        std::fs::remove_file(&path).unwrap();
        let end = (0..10).find_map(|_| camera.next(Duration::from_secs(5)).err());
        assert_eq!(end.unwrap().kind(), CameraErrorKind::Unsupported);
    }

    /// As a camera's: in the format that is composited as it is, with the same samples as a
    /// file that is protected.
    #[test]
    fn motion_jpeg_comes_packed() {
        let spec = FrameSpec::new(PixelFormat::I422, 64, 48)
            .unwrap()
            .with_colour(frosted::Colour::JPEG);
        let info = StreamInfo::new(spec, Timing::Constant(Rate::PAL));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.mjpeg");
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = MjpegWriter::new(file, &info).unwrap();
        for level in [40, 90, 200] {
            let mut frame = Frame::new(spec);
            frame
                .view_mut()
                .fill(frosted::Rgb::new(level, 90, 250 - level));
            writer.write(&frame.view()).unwrap();
        }
        writer.finish().unwrap();
        let mut camera = Recording::open(&path).unwrap();
        let mut file = crate::media::open::source(&path, None).unwrap().source;
        let mut planar = Frame::new(spec);
        while file.next(&mut planar).unwrap() {
            let capture = camera.next(Duration::from_secs(5)).unwrap();
            assert_eq!(capture.mode.encoding, Encoding::Raw(PixelFormat::Yuyv));
            assert_eq!(capture.colour, frosted::Colour::JPEG);
            let planar = planar.view();
            for (y, row) in capture.bytes.chunks_exact(capture.stride_bytes).enumerate() {
                for (pair, codes) in row.chunks_exact(4).enumerate() {
                    let luma = &planar.row(0, y)[2 * pair..];
                    let wanted = [
                        luma[0],
                        planar.row(1, y)[pair],
                        luma[1],
                        planar.row(2, y)[pair],
                    ];
                    assert_eq!(codes, wanted, "pair {pair} of row {y}");
                }
            }
        }
    }
}
