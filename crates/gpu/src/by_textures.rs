use std::fmt;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId};
use frosted_core::{ComposeError, CompositorInfo, FrameSpec, FrameView, FrameViewMut, Reduced};

use crate::options::Handover;
use crate::texture_compositor::TextureCompositor;

/// A [`TextureCompositor`] whose frames come from memory and go back there, so that it can be
/// compared with another compositor. Not for a stream: of each frame all goes both ways.
pub struct ByTextures<'c> {
    compositor: &'c mut TextureCompositor,
    input: wgpu::Texture,
    output: wgpu::Texture,
}

impl<'c> ByTextures<'c> {
    /// Frames of `spec`, by two textures of its own.
    ///
    /// # Errors
    /// [`WrongSpec`](frosted_core::ComposeErrorKind::WrongSpec) if textures hold no frames of
    /// that format, [`Device`](frosted_core::ComposeErrorKind::Device) if the GPU has no room.
    pub fn new(
        compositor: &'c mut TextureCompositor,
        spec: &FrameSpec,
    ) -> Result<Self, ComposeError> {
        let [input, output] = [(); 2].map(|()| compositor.texture_for(spec));
        Ok(Self {
            input: input?,
            output: output?,
            compositor,
        })
    }
}

impl Compositor for ByTextures<'_> {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.compositor.configure(spec, plan)
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.compositor.show(source, &self.input)?;
        self.compositor.reduce(id, &self.input)
    }

    fn paint(
        &mut self,
        id: FrameId,
        _: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let output = &self.output;
        self.compositor
            .paint(id, cover, output, Handover::Checked)?;
        self.compositor.read(output, target)
    }

    fn info(&self) -> CompositorInfo {
        CompositorInfo::named(format!("GPU {}", self.compositor.info()))
    }
}

impl fmt::Debug for ByTextures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByTextures")
            .field("compositor", &self.compositor)
            .finish_non_exhaustive()
    }
}
