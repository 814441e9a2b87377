use frosted_core::{FrameViewMut, Rgb};

/// An output that is blanked when it is dropped, unless somebody vouches for it.
pub(crate) struct Guarded<'g, 'f> {
    frame: &'g mut FrameViewMut<'f>,
    released: bool,
}

impl<'g, 'f> Guarded<'g, 'f> {
    pub(crate) fn new(frame: &'g mut FrameViewMut<'f>) -> Self {
        Self {
            frame,
            released: false,
        }
    }

    pub(crate) fn frame(&mut self) -> &mut FrameViewMut<'f> {
        self.frame
    }

    /// Says that the frame holds what it is meant to show.
    pub(crate) fn release(mut self) {
        self.released = true;
    }
}

impl Drop for Guarded<'_, '_> {
    fn drop(&mut self) {
        if !self.released {
            self.frame.fill(Rgb::new(0, 0, 0));
        }
    }
}
