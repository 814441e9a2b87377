//! When faces are looked for.

use std::fmt;
use std::time::Duration;

use frosted_core::{Face, FaceFinder, Faces, Reduced, SegmentError, SegmentErrorKind, Timestamp};

/// Between two looks while the subject is alone ...
const USUALLY_EVERY: Duration = Duration::from_millis(170);
/// ... and while somebody is to be elected or somebody else is about. A little less than two
/// frames at 30 a second, because time stamps tremble.
const ALERT_EVERY: Duration = Duration::from_millis(60);

/// Looks for faces now and then: people who come in take longer than that to come in.
pub(crate) struct FaceWatch {
    finder: Box<dyn FaceFinder>,
    faces: Faces,
    looked_at: Option<Timestamp>,
}

impl FaceWatch {
    pub(crate) fn new(finder: Box<dyn FaceFinder>) -> Self {
        Self {
            finder,
            faces: Faces::new(),
            looked_at: None,
        }
    }

    /// The next frame is looked at.
    pub(crate) fn reset(&mut self) {
        self.looked_at = None;
    }

    /// The faces of `picture`, captured at `at`, if it is time to look for them.
    ///
    /// # Errors
    /// The finder's own, or that its list is of another frame.
    pub(crate) fn look(
        &mut self,
        picture: &Reduced,
        at: Timestamp,
        alert: bool,
    ) -> Result<Option<&[Face]>, SegmentError> {
        let every = if alert { ALERT_EVERY } else { USUALLY_EVERY };
        let due = self
            .looked_at
            .is_none_or(|last| at < last || at.since(last) >= every);
        if !due {
            return Ok(None);
        }
        self.finder.find(picture, &mut self.faces)?;
        if self.faces.frame() != picture.frame() {
            let message = "the faces are those of another frame";
            return Err(SegmentError::new(SegmentErrorKind::Engine, message));
        }
        self.looked_at = Some(at);
        Ok(Some(self.faces.as_slice()))
    }
}

impl fmt::Debug for FaceWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceWatch")
            .field("finder", &self.finder.info())
            .finish_non_exhaustive()
    }
}
