use frosted_core::internal::{FrameId, checks};
use frosted_core::{ComposeError, ComposeErrorKind};

/// A compositor's session, or what ended it.
pub(crate) struct Ready<S> {
    session: Option<S>,
    broken: Option<ComposeError>,
    /// The frame that a matte may be painted for; it lies on the GPU.
    pub(crate) reduced: Option<FrameId>,
}

impl<S> Default for Ready<S> {
    fn default() -> Self {
        Self {
            session: None,
            broken: None,
            reduced: None,
        }
    }
}

impl<S> Ready<S> {
    /// Begins a session, if it could be made.
    pub(crate) fn begin(&mut self, session: Result<S, ComposeError>) -> Result<(), ComposeError> {
        self.session = Some(self.settle(session)?);
        Ok(())
    }

    /// Ends the session.
    pub(crate) fn end(&mut self) {
        self.session = None;
        self.reduced = None;
    }

    /// Forgets the error that ended it. `true` if there was one.
    pub(crate) fn mend(&mut self) -> bool {
        self.broken.take().is_some()
    }

    /// Ends it after an error of the device's: what its buffers hold is unknown.
    pub(crate) fn settle<T>(
        &mut self,
        outcome: Result<T, ComposeError>,
    ) -> Result<T, ComposeError> {
        if let Err(error) = &outcome
            && error.kind() == ComposeErrorKind::Device
        {
            self.end();
            self.broken = Some(error.clone());
        }
        outcome
    }

    pub(crate) fn get(&self) -> Option<&S> {
        self.session.as_ref()
    }

    /// # Errors
    /// What ended it, or [`ComposeErrorKind::WrongSpec`] if it never began.
    pub(crate) fn session(&mut self) -> Result<&mut S, ComposeError> {
        match (&mut self.session, &self.broken) {
            (Some(session), _) => Ok(session),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(checks::not_configured()),
        }
    }
}
