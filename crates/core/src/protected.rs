use std::fmt;
use std::sync::Arc;

use crate::frame::Frame;
use crate::spec::FrameSpec;
use crate::time::Timestamp;
use crate::view::FrameView;

/// An owned frame that only a pipeline can write: the one kind of frame that sinks take.
///
/// It is black until then. No call puts pixels into it but a pipeline's, so that what goes to
/// a virtual camera is what a pipeline decided to show. Whoever gives that pipeline an engine
/// or a background picture of their own vouches for those.
///
/// ```
/// use frosted_core::{FrameSpec, PixelFormat, ProtectedFrame};
///
/// let frame = ProtectedFrame::new(FrameSpec::new(PixelFormat::I420, 640, 360)?);
/// assert!(frame.view().row(0, 0).iter().all(|&luma| luma == 16));
/// # Ok::<(), frosted_core::FrameError>(())
/// ```
#[derive(PartialEq, Eq)]
pub struct ProtectedFrame {
    /// Shared with the pipeline that may show it again, with nobody else.
    frame: Arc<Frame>,
}

impl ProtectedFrame {
    /// A black frame.
    pub fn new(spec: FrameSpec) -> Self {
        Self {
            frame: Arc::new(Frame::new(spec)),
        }
    }

    /// What the frame is.
    pub fn spec(&self) -> &FrameSpec {
        self.frame.spec()
    }

    /// When the frame was captured that it shows.
    pub fn captured_at(&self) -> Timestamp {
        self.frame.captured_at()
    }

    /// The frame for reading.
    pub fn view(&self) -> FrameView<'_> {
        self.frame.view()
    }

    /// All planes one behind another, each of stride times rows.
    pub fn bytes(&self) -> &[u8] {
        self.frame.bytes()
    }
}

/// The frame for writing, for a pipeline that vouches for what it writes. One that a
/// [`KeptFrame`] holds is copied first.
pub fn protected_mut(protected: &mut ProtectedFrame) -> &mut Frame {
    Arc::make_mut(&mut protected.frame)
}

/// A protected frame as it was, which costs no copy until somebody writes to that frame.
pub struct KeptFrame {
    frame: Arc<Frame>,
}

impl KeptFrame {
    /// Holds on to what `protected` shows now.
    pub fn of(protected: &ProtectedFrame) -> Self {
        Self {
            frame: Arc::clone(&protected.frame),
        }
    }

    /// Whether `protected` is the frame that is held, unwritten since.
    pub fn is(&self, protected: &ProtectedFrame) -> bool {
        Arc::ptr_eq(&self.frame, &protected.frame)
    }

    /// The frame for reading.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }
}

impl fmt::Debug for KeptFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame.fmt(f)
    }
}

impl Clone for ProtectedFrame {
    fn clone(&self) -> Self {
        Self {
            // Nobody's but the clone's, so that a pipeline writes to it without a copy.
            frame: Arc::new(Frame::clone(&self.frame)),
        }
    }

    /// Allocates only if the buffer must grow, or where a pipeline may show this frame again.
    fn clone_from(&mut self, from: &Self) {
        match Arc::get_mut(&mut self.frame) {
            Some(frame) => frame.clone_from(&from.frame),
            None => *self = from.clone(),
        }
    }
}

impl fmt::Debug for ProtectedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::background::Rgb;
    use crate::format::PixelFormat;

    fn frame(level: u8) -> ProtectedFrame {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 16, 16).unwrap();
        let mut frame = ProtectedFrame::new(spec);
        paint(&mut frame, level);
        frame
    }

    fn paint(frame: &mut ProtectedFrame, level: u8) {
        let colour = Rgb::new(level, level, level);
        protected_mut(frame).view_mut().fill(colour);
    }

    #[test]
    fn what_is_kept_stays_as_it_was_whoever_writes() {
        let mut shown = frame(7);
        let kept = KeptFrame::of(&shown);
        assert!(kept.is(&shown));
        paint(&mut shown, 9);
        assert!(!kept.is(&shown));
        assert!(kept.frame().bytes().iter().all(|&value| value == 7));
        assert!(shown.bytes().iter().all(|&value| value == 9));
        let kept = KeptFrame::of(&shown);
        shown.clone_from(&frame(5));
        assert!(shown.bytes().iter().all(|&value| value == 5));
        assert!(kept.frame().bytes().iter().all(|&value| value == 9));
    }

    #[test]
    fn a_frame_that_nobody_keeps_is_written_where_it_is() {
        let mut shown = frame(7);
        let place = shown.bytes().as_ptr();
        drop(KeptFrame::of(&shown));
        paint(&mut shown, 9);
        shown.clone_from(&frame(5));
        assert_eq!(shown.bytes().as_ptr(), place);
    }

    #[test]
    fn a_clone_is_another_frame() {
        let shown = frame(7);
        let mut clone = shown.clone();
        assert!(!KeptFrame::of(&shown).is(&clone));
        assert_eq!(shown, clone);
        paint(&mut clone, 9);
        assert_ne!(shown, clone);
    }
}
