//! Frames that are not in memory, such as a GPU's textures.

use std::fmt;
use std::sync::Arc;

use frosted_core::{
    CardPainter, ComposeError, FaceFinder, Frame, FrameSpec, FrameView, Segmenter, SegmenterInfo,
    Timestamp,
};

use crate::clock::Clock;
use crate::course::Course;
use crate::error::{Error, ErrorKind};
use crate::pipeline::paint_card;
use crate::policy::Verdict;
use crate::report::{Cause, FrameReport, Shown};
use crate::settings::Settings;
use crate::stages::{Stages, Surface};

/// A [`Surface`] whose pixels only its own device reaches.
pub trait DistantSurface: Surface {
    /// What the frame is, and its place.
    fn spec(&self) -> FrameSpec;

    /// Writes a whole picture, which has nothing of the frame in it, to the frame's place.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`](frosted_core::ComposeErrorKind::Device) if it cannot; the
    /// place then holds what it held.
    fn show(&mut self, picture: &FrameView<'_>) -> Result<(), ComposeError>;
}

/// The pipeline for frames that are not in memory: the same states, subject and temporal rules
/// as [`Pipeline`](crate::Pipeline)'s.
pub struct SurfacePipeline {
    stages: Stages,
    card: CardPainter,
    /// No frame came since the start or the last [`reset`](Self::reset).
    fresh: bool,
}

impl SurfacePipeline {
    /// Puts a pipeline together.
    pub fn assemble(
        segmenter: Box<dyn Segmenter>,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            stages: Stages::new(segmenter, settings, clock),
            card: CardPainter::new(),
            fresh: true,
        }
    }

    /// The same pipeline, which looks for faces, too, to tell the subject from others.
    #[must_use]
    pub fn with_faces(mut self, finder: Box<dyn FaceFinder>) -> Self {
        self.stages.look_for_faces(finder);
        self
    }

    /// Writes the protected form of the frame of `surface`, captured at `at`, to its place.
    ///
    /// # Errors
    /// As [`Pipeline::process`](crate::Pipeline::process), after the card was shown, and
    /// [`ErrorKind::OutputLost`] if a card was due and could not be shown.
    pub fn process(
        &mut self,
        surface: &mut dyn DistantSurface,
        at: Timestamp,
    ) -> Result<FrameReport, Error> {
        let began = self.stages.clock.now();
        self.fresh = false;
        let spec = surface.spec();
        let mut prepared = self.stages.check(&spec);
        if prepared.is_ok() {
            prepared = self.stages.prepare(&spec, surface);
        }
        if let Err(error) = prepared {
            self.stages.start_over();
            self.show_card(Cause::Misuse, surface)?;
            return Err(error);
        }
        let mut course = Course::default();
        let verdict = self.stages.attempt(at, surface, began, &mut course);
        if let Verdict::Card(cause) = verdict {
            self.show_card(cause, surface)?;
        }
        course.times.total = self.stages.clock.now().saturating_sub(began);
        Ok(course.report(verdict.into(), at, self.stages.plate_bits()))
    }

    /// Writes the card to the place of `surface`, because no frame came until `now`: the next
    /// one is a start.
    ///
    /// # Errors
    /// [`ErrorKind::OutputLost`] if it cannot be shown.
    pub fn idle(
        &mut self,
        surface: &mut dyn DistantSurface,
        now: Timestamp,
    ) -> Result<FrameReport, Error> {
        let cause = if self.fresh {
            Cause::Starting
        } else {
            Cause::Stalled
        };
        self.stages.start_over();
        self.show_card(cause, surface)?;
        Ok(Course::default().report(Shown::Card(cause), now, (0, 0)))
    }

    /// The error of `kind` that says `message`, because a frame cannot be taken for a frame,
    /// after the card was shown on `output`; without one nothing can be shown. The next frame
    /// is a start.
    pub fn refuse(
        &mut self,
        output: Option<&mut dyn DistantSurface>,
        kind: ErrorKind,
        message: String,
    ) -> Error {
        self.fresh = false;
        self.stages.start_over();
        let shown = output.map(|output| self.show_card(Cause::Misuse, output));
        match shown {
            Some(Err(lost)) => lost,
            Some(Ok(())) | None => Error::new(kind, message),
        }
    }

    /// As [`Pipeline::settings`](crate::Pipeline::settings).
    pub fn settings(&self) -> &Settings {
        &self.stages.settings
    }

    /// As [`Pipeline::set_settings`](crate::Pipeline::set_settings).
    pub fn set_settings(&mut self, settings: Settings) {
        // Nothing is held that could be shown again.
        let _ = self.stages.set_settings(settings);
    }

    /// As [`Pipeline::segmenter_info`](crate::Pipeline::segmenter_info).
    pub fn segmenter_info(&self) -> &SegmenterInfo {
        &self.stages.info
    }

    /// As [`Pipeline::reset`](crate::Pipeline::reset).
    pub fn reset(&mut self) {
        self.fresh = true;
        self.stages.start_over();
        self.stages.forget_backdrop();
    }

    /// A card is rare: it is painted anew each time.
    fn show_card(&mut self, cause: Cause, surface: &mut dyn DistantSurface) -> Result<(), Error> {
        let mut card = Frame::new(surface.spec());
        paint_card(
            &mut self.card,
            &self.stages.settings,
            cause,
            &mut card.view_mut(),
        );
        surface.show(&card.view()).map_err(|error| {
            Error::new(
                ErrorKind::OutputLost,
                format!("the card ({cause}) could not be shown: {error}"),
            )
        })
    }
}

impl fmt::Debug for SurfacePipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurfacePipeline")
            .field("settings", &self.stages.settings)
            .field("segmenter", &self.stages.info)
            .field("spec", &self.stages.spec())
            .finish_non_exhaustive()
    }
}
