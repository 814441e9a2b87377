//! Textures as the pipeline sees them.

use frosted_core::internal::{ConcealPlan, Cover, FrameId};
use frosted_core::{ComposeError, ComposeErrorKind, FrameSpec, FrameView, Reduced};
use frosted_gpu::{Handover, TextureCompositor, check_texture, wgpu};
use frosted_pipeline::{DistantSurface, ErrorKind, Surface};

use super::trust::Trust;
use crate::guarded::guarded;

/// Whether a frame can go from `input` to `output`, which can hold one.
pub(super) fn check_input(
    input: &wgpu::Texture,
    output: &wgpu::Texture,
) -> Result<(), (ErrorKind, String)> {
    check_texture("the input", input, wgpu::TextureUsages::COPY_SRC)
        .map_err(|error| (ErrorKind::Texture, error.to_string()))?;
    let words = |texture: &wgpu::Texture| {
        let (width, height) = (texture.width(), texture.height());
        format!("{:?} {width}x{height}", texture.format())
    };
    if words(input) != words(output) {
        return Err((
            ErrorKind::OutputDiffers,
            format!(
                "output is {}, input is {}: they must be the same",
                words(output),
                words(input)
            ),
        ));
    }
    if input == output {
        return Err((
            ErrorKind::Texture,
            "input and output are the same texture, give the protected frame one of its own"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Textures, and what works on them.
pub(super) struct Textures<'a> {
    pub(super) compositor: &'a mut TextureCompositor,
    pub(super) trust: &'a mut Trust,
    /// None where only a card is to be shown.
    pub(super) input: Option<&'a wgpu::Texture>,
    pub(super) output: &'a wgpu::Texture,
    pub(super) spec: FrameSpec,
    pub(super) handover: Handover,
    pub(super) failure: &'a mut Option<String>,
}

/// Keeps what an error says.
fn note(failure: &mut Option<String>) -> impl FnOnce(&ComposeError) {
    |error| *failure = Some(error.to_string())
}

impl Surface for Textures<'_> {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        let outcome = guarded(|| self.trust.configure(self.compositor, spec, plan));
        outcome.inspect_err(note(self.failure))
    }

    fn reduce(&mut self, id: FrameId) -> Result<&Reduced, ComposeError> {
        let input = self.input.ok_or_else(|| {
            let message = "there is no frame to reduce";
            ComposeError::new(ComposeErrorKind::WrongSpec, message)
        })?;
        let outcome = guarded(|| self.compositor.reduce(id, input));
        outcome.inspect_err(note(self.failure))
    }

    fn paint(&mut self, id: FrameId, cover: Cover<'_>) -> Result<(), ComposeError> {
        let (output, handover) = (self.output, self.handover);
        let outcome = guarded(|| self.compositor.paint(id, cover, output, handover));
        outcome.inspect_err(note(self.failure))
    }
}

impl DistantSurface for Textures<'_> {
    fn spec(&self) -> FrameSpec {
        self.spec
    }

    fn show(&mut self, picture: &FrameView<'_>) -> Result<(), ComposeError> {
        let outcome = guarded(|| self.compositor.show(picture, self.output));
        outcome.inspect_err(note(self.failure))
    }
}
