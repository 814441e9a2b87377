use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::background::Rgb;
use crate::spec::FrameSpec;
use crate::time::Timestamp;
use crate::view::{FrameView, FrameViewMut};

/// An owned frame in one buffer, made to be reused.
///
/// ```
/// use frosted_core::{Frame, FrameSpec, PixelFormat};
///
/// let mut frame = Frame::new(FrameSpec::new(PixelFormat::Rgb8, 640, 480)?);
/// frame.view_mut().row_mut(0, 0)[..3].copy_from_slice(&[255, 0, 0]);
/// assert_eq!(frame.view().row(0, 0)[..3], [255, 0, 0]);
/// # Ok::<(), frosted_core::FrameError>(())
/// ```
pub struct Frame {
    spec: FrameSpec,
    bytes: Vec<u8>,
    captured_at: Timestamp,
    /// Anew whenever the bytes are lent for writing.
    stamp: u64,
}

/// 0 is no stamp.
fn new_stamp() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

impl Frame {
    /// A black frame.
    pub fn new(spec: FrameSpec) -> Self {
        let mut frame = Self {
            spec,
            bytes: vec![0; spec.buffer_bytes()],
            captured_at: Timestamp::ZERO,
            stamp: new_stamp(),
        };
        frame.view_mut().fill(Rgb::new(0, 0, 0));
        frame
    }

    /// Makes it a frame of `spec`: allocates only if the buffer must grow. What the frame
    /// shows afterwards is not defined; write it before showing it.
    pub fn reshape(&mut self, spec: FrameSpec) {
        if self.spec != spec {
            self.spec = spec;
            self.bytes.resize(spec.buffer_bytes(), 0);
            self.stamp = new_stamp();
        }
    }

    /// Becomes a copy of `from` without its gaps between rows.
    pub fn copy_from(&mut self, from: &FrameView<'_>) {
        self.reshape(from.spec().in_format(from.spec().format()));
        self.captured_at = from.captured_at();
        self.view_mut().copy_picture(from);
    }

    /// Writes the picture to `to`, a frame of the same spec but for strides; `false` and
    /// nothing written if size, format, colour or rotation differ.
    pub fn copy_to(&self, to: &mut FrameViewMut<'_>) -> bool {
        let same = self.spec.same_picture(to.spec());
        if same {
            to.copy_picture(&self.view());
        }
        same
    }

    /// What the frame is.
    pub fn spec(&self) -> &FrameSpec {
        &self.spec
    }

    /// All planes one behind another, each of stride times rows.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All planes for writing, each of stride times rows.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.stamp = new_stamp();
        &mut self.bytes
    }

    /// When it was captured.
    pub fn captured_at(&self) -> Timestamp {
        self.captured_at
    }

    /// Says when it was captured.
    pub fn set_captured_at(&mut self, captured_at: Timestamp) {
        self.captured_at = captured_at;
    }

    /// A number that two frames of this process share only if they hold the same picture: a
    /// compositor that keeps a copy knows by it that the copy is still true.
    #[doc(hidden)]
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The frame for reading.
    pub fn view(&self) -> FrameView<'_> {
        FrameView::from_buffer(self.spec, &self.bytes, self.captured_at)
            .expect("the buffer has the length that the spec asks for")
    }

    /// The frame for writing.
    pub fn view_mut(&mut self) -> FrameViewMut<'_> {
        self.stamp = new_stamp();
        FrameViewMut::from_buffer(self.spec, &mut self.bytes)
            .expect("the buffer has the length that the spec asks for")
    }
}

impl Clone for Frame {
    fn clone(&self) -> Self {
        Self {
            spec: self.spec,
            bytes: self.bytes.clone(),
            captured_at: self.captured_at,
            stamp: self.stamp,
        }
    }

    /// Allocates only if the buffer must grow.
    fn clone_from(&mut self, from: &Self) {
        self.spec = from.spec;
        self.bytes.clone_from(&from.bytes);
        self.captured_at = from.captured_at;
        self.stamp = from.stamp;
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        (self.spec, self.captured_at) == (other.spec, other.captured_at)
            && self.bytes == other.bytes
    }
}

impl Eq for Frame {}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::PixelFormat;

    #[test]
    fn a_stamp_is_shared_only_by_what_was_not_written_since() {
        let spec = FrameSpec::new(PixelFormat::Nv12, 16, 16).unwrap();
        let (frame, other) = (Frame::new(spec), Frame::new(spec));
        assert_eq!(frame, other);
        assert_ne!(frame.stamp(), other.stamp());
        type Change = fn(&mut Frame);
        let changes: [(&str, Change); 5] = [
            ("written", |frame| {
                frame.view_mut();
            }),
            ("its bytes were lent", |frame| {
                frame.bytes_mut();
            }),
            ("reshaped", |frame| {
                frame.reshape(FrameSpec::new(PixelFormat::I420, 16, 16).unwrap());
            }),
            ("copied to", |frame| {
                frame.copy_from(&Frame::new(*frame.spec()).view());
            }),
            ("cloned to", |frame| {
                let other = Frame::new(*frame.spec());
                frame.clone_from(&other);
            }),
        ];
        for (name, change) in changes {
            let mut copy = frame.clone();
            assert_eq!(copy.stamp(), frame.stamp());
            change(&mut copy);
            assert_ne!(copy.stamp(), frame.stamp(), "{name}");
            assert_ne!(copy.stamp(), 0, "{name}");
        }
    }
}
