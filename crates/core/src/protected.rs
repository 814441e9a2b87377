use std::fmt;

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
    frame: Frame,
}

impl ProtectedFrame {
    /// A black frame.
    pub fn new(spec: FrameSpec) -> Self {
        Self {
            frame: Frame::new(spec),
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

/// The frame for writing, for a pipeline that vouches for what it writes.
pub fn protected_mut(protected: &mut ProtectedFrame) -> &mut Frame {
    &mut protected.frame
}

impl Clone for ProtectedFrame {
    fn clone(&self) -> Self {
        Self {
            frame: self.frame.clone(),
        }
    }

    /// Allocates only if the buffer must grow.
    fn clone_from(&mut self, from: &Self) {
        self.frame.clone_from(&from.frame);
    }
}

impl fmt::Debug for ProtectedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame.fmt(f)
    }
}
