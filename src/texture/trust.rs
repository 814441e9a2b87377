//! Whether the app's device computes as the CPU does, found out before a frame is shown by it.

use std::fmt;

use frosted_core::internal::{Compositor, ConcealPlan};
use frosted_core::{ComposeError, FrameSpec};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_gpu::{ByTextures, TextureCompositor};

use crate::compositing::trial::Trial;

/// What the device was found to do with made frames; nothing is tried twice.
pub(super) struct Trust {
    /// Gives what it is compared with.
    reference: Reference,
    findings: Vec<Finding>,
}

type Reference = Box<dyn Fn() -> Result<Box<dyn Compositor>, ComposeError> + Send>;

/// For frames of a size and format, in squares of a side, and what to say if they came out
/// otherwise.
struct Finding {
    spec: FrameSpec,
    square_px: usize,
    outcome: Result<(), ComposeError>,
}

/// Of more than this, those found out longest ago are forgotten.
const MOST_FINDINGS: usize = 8;

impl Trust {
    /// Compares with the CPU compositor.
    pub(super) fn new() -> Self {
        Self::by(Box::new(|| {
            let cpu = CpuCompositor::new(CpuOptions::default())?;
            Ok(Box::new(cpu))
        }))
    }

    pub(super) fn by(reference: Reference) -> Self {
        Self {
            reference,
            findings: Vec::new(),
        }
    }

    /// Gets `compositor` ready for frames of `spec` under `plan`, once it is known to give the
    /// CPU's bytes for them. Made frames alone go there and back.
    ///
    /// # Errors
    /// [`Device`](frosted_core::ComposeErrorKind::Device) if it fails or gives others.
    pub(super) fn configure(
        &mut self,
        compositor: &mut TextureCompositor,
        spec: &FrameSpec,
        plan: &ConcealPlan,
    ) -> Result<(), ComposeError> {
        // At first, so that what it fails with, also of the frame before, is not taken for a
        // finding.
        compositor.configure(spec, plan)?;
        let is_known = |finding: &&Finding| {
            finding.spec.same_picture(spec) && finding.square_px == plan.square_px
        };
        let known = self.findings.iter().find(is_known);
        let outcome = match known {
            Some(known) => known.outcome.clone(),
            None => {
                let outcome = self.compare(compositor, spec, plan)?;
                // No made frame is to be taken for one of the stream's.
                compositor.configure(spec, plan)?;
                self.find(spec, plan, outcome.clone());
                outcome
            }
        };
        outcome.inspect_err(|error| compositor.distrust(error.clone()))
    }

    fn find(&mut self, spec: &FrameSpec, plan: &ConcealPlan, outcome: Result<(), ComposeError>) {
        if self.findings.len() == MOST_FINDINGS {
            self.findings.remove(0);
        }
        self.findings.push(Finding {
            spec: *spec,
            square_px: plan.square_px,
            outcome,
        });
    }

    /// What is found.
    ///
    /// # Errors
    /// If it could not be found out.
    fn compare(
        &self,
        compositor: &mut TextureCompositor,
        spec: &FrameSpec,
        plan: &ConcealPlan,
    ) -> Result<Result<(), ComposeError>, ComposeError> {
        let mut reference = (self.reference)()?;
        reference.configure(spec, plan)?;
        let mut trial = Trial::new(spec);
        let mut by_textures = ByTextures::new(compositor, spec)?;
        if trial.compare(&mut by_textures, &mut *reference)? {
            return Ok(Ok(()));
        }
        Ok(Err(trial.otherwise(&by_textures.info().name)))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("findings", &self.findings.len())
            .finish_non_exhaustive()
    }
}
