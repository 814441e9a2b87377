use std::fmt;

use frosted_core::internal::{Backdrop, ConcealPlan, Cover, FrameId, checks, layout};
use frosted_core::{
    ComposeError, ComposeErrorKind, FrameSpec, FrameView, FrameViewMut, MIN_SIDE, PixelFormat,
    Reduced, TextHeight,
};

use crate::buffers::HostBuffer;
use crate::device::Gpu;
use crate::info::GpuInfo;
use crate::options::Handover;
use crate::packing::{Alignment, Packing};
use crate::ready::Ready;
use crate::texture_frame::check_frame;
use crate::texture_session::{TextureSession, copy_from_texture, copy_to_texture};

const TAKE: wgpu::TextureUsages = wgpu::TextureUsages::COPY_SRC;
const GIVE: wgpu::TextureUsages = wgpu::TextureUsages::COPY_DST;

/// The compositor for frames that are textures of a device that the program already has; its
/// bytes are the CPU compositor's.
///
/// Its calls are those of [`Compositor`](frosted_core::internal::Compositor), and so is what
/// they refuse. Of a frame only the reduced picture leaves the GPU. After an error of the kind
/// [`ComposeErrorKind::Device`], and after `distrust`, every call but `show` gives that error again until the next
/// `configure`.
pub struct TextureCompositor {
    gpu: Gpu,
    ready: Ready<TextureSession>,
}

impl TextureCompositor {
    /// A compositor on `device`, whose handlers of errors are left alone. It is tried out on a
    /// small frame.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if it is lost, or cannot do what the passes need.
    pub fn with_device(device: wgpu::Device, queue: wgpu::Queue) -> Result<Self, ComposeError> {
        let mut compositor = Self {
            gpu: Gpu::adopt(device, queue)?,
            ready: Ready::default(),
        };
        compositor.try_out()?;
        Ok(compositor)
    }

    /// Takes a frame from texture to texture.
    fn try_out(&mut self) -> Result<(), ComposeError> {
        let spec = FrameSpec::new(PixelFormat::Rgba8, MIN_SIDE, MIN_SIDE)
            .expect("the smallest frame is a frame");
        let texture = self.texture_for(&spec)?;
        let wanted = (spec.width(), spec.height());
        self.configure(
            &spec,
            &ConcealPlan::new(&spec, wanted, TextHeight::default()),
        )?;
        // The last number there is, which no frame of a stream has.
        let id = FrameId(u64::MAX);
        self.reduce(id, &texture)?;
        let cover = Cover::Everything {
            backdrop: Backdrop::Flat([0; 3]),
        };
        self.paint(id, cover, &texture, Handover::Checked)?;
        self.ready.end();
        Ok(())
    }

    /// One for made frames of `spec`.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if textures hold no frames of that format,
    /// [`ComposeErrorKind::Device`] if the GPU has no room for it.
    pub(crate) fn texture_for(&self, spec: &FrameSpec) -> Result<wgpu::Texture, ComposeError> {
        check_format(spec)?;
        let descriptor = wgpu::TextureDescriptor {
            label: Some("trial"),
            size: wgpu::Extent3d {
                width: spec.width() as u32,
                height: spec.height() as u32,
                depth_or_array_layers: 1,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: match spec.format() {
                PixelFormat::Bgra8 => wgpu::TextureFormat::Bgra8Unorm,
                _ => wgpu::TextureFormat::Rgba8Unorm,
            },
            usage: TAKE | GIVE,
            view_formats: &[],
        };
        let gpu = &self.gpu;
        gpu.watch("make a texture", || {
            Ok(gpu.device.create_texture(&descriptor))
        })
    }

    /// The GPU that it works on.
    pub fn info(&self) -> &GpuInfo {
        self.gpu.info()
    }

    /// Gets ready for frames of `spec` under `plan`.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if textures hold no frames of that format,
    /// [`ComposeErrorKind::Device`] if the GPU cannot, or if the frame that was handed over at
    /// once before turns out not to have been painted.
    pub fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        let last = self.check_last();
        self.ready.end();
        self.ready.mend();
        self.ready.settle(last)?;
        let planes = checks::check_configuration(spec, plan)?;
        check_format(spec)?;
        let session = self.gpu.prepare("get ready for frames", |gpu| {
            TextureSession::new(gpu, spec, planes, plan)
        });
        self.ready.begin(session)
    }

    /// Gives `error`, of the kind [`ComposeErrorKind::Device`], at every call but `show` until
    /// the next `configure`, because it cannot be trusted.
    pub fn distrust(&mut self, error: ComposeError) {
        // The error itself comes back at the next call.
        let _ = self.ready.settle::<()>(Err(error));
    }

    /// Waits for the frame that was handed over last, if nobody has.
    fn check_last(&mut self) -> Result<(), ComposeError> {
        let Ok(textures) = self.ready.session() else {
            return Ok(());
        };
        let gpu = &self.gpu;
        gpu.watch("finish the frame", || textures.check_last(gpu))
    }

    /// Reduces frame `id`, which `input` holds.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if `input` is not of the configured spec or lacks
    /// `COPY_SRC`, [`ComposeErrorKind::Device`] if the GPU failed.
    pub fn reduce(&mut self, id: FrameId, input: &wgpu::Texture) -> Result<&Reduced, ComposeError> {
        self.ready.reduced = None;
        let outcome = self.try_reduce(id, input);
        self.ready.settle(outcome)?;
        self.ready.reduced = Some(id);
        Ok(self.ready.session()?.session.reduced())
    }

    fn try_reduce(&mut self, id: FrameId, input: &wgpu::Texture) -> Result<(), ComposeError> {
        let (gpu, textures) = (&self.gpu, self.ready.session()?);
        check_frame("the input", input, TAKE, textures.session.spec())?;
        gpu.watch("reduce the frame", || textures.reduce(gpu, id, input))
    }

    /// Writes frame `id`, covered, to `output`, by a command that the GPU does in its turn:
    /// what is submitted afterwards finds it there. At no moment does `output` hold a pixel
    /// that the cover hides.
    ///
    /// # Errors
    /// As [`Compositor::paint`](frosted_core::internal::Compositor::paint), and
    /// [`ComposeErrorKind::WrongSpec`] if `output` is not of the configured spec or lacks
    /// `COPY_DST`. `output` then holds what it held.
    pub fn paint(
        &mut self,
        id: FrameId,
        cover: Cover<'_>,
        output: &wgpu::Texture,
        handover: Handover,
    ) -> Result<(), ComposeError> {
        let outcome = self.try_paint(id, cover, output, handover);
        self.ready.settle(outcome)
    }

    fn try_paint(
        &mut self,
        id: FrameId,
        cover: Cover<'_>,
        output: &wgpu::Texture,
        handover: Handover,
    ) -> Result<(), ComposeError> {
        let reduced = self.ready.reduced;
        let (gpu, textures) = (&self.gpu, self.ready.session()?);
        let spec = *textures.session.spec();
        check_frame("the output", output, GIVE, &spec)?;
        checks::Painting {
            id,
            source: &spec,
            cover: &cover,
            target: &spec,
        }
        .check(&spec, reduced, textures.session.reduced())?;
        gpu.watch("paint the frame", || {
            textures.paint(gpu, cover, output, handover)
        })
    }

    /// Writes a whole picture, which has nothing of a frame in it, to `output`, and waits until
    /// it is there. It need not be configured for it.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if `output` is not of the picture's size and format or
    /// lacks `COPY_DST`, [`ComposeErrorKind::Device`] if the GPU failed. `output` then holds
    /// what it held.
    pub fn show(
        &mut self,
        picture: &FrameView<'_>,
        output: &wgpu::Texture,
    ) -> Result<(), ComposeError> {
        let (gpu, spec) = (&self.gpu, picture.spec());
        check_format(spec)?;
        check_frame("the output", output, GIVE, spec)?;
        let planes = layout::planes(spec.format()).unwrap_or_default();
        let packing = Packing::new(spec, planes, Alignment::TEXTURES);
        gpu.watch("show a picture", || {
            let upload = HostBuffer::upload(&gpu.device, packing.bytes());
            upload.write(|out| packing.pack(picture, out))?;
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            copy_to_texture(&mut encoder, &packing, &upload.buffer, output);
            let submission = gpu.submit(encoder, std::iter::once(&upload));
            gpu.finish(submission, std::iter::once(&upload)).map(drop)
        })
    }

    /// Writes what `texture`, of a made frame, holds to `target`.
    ///
    /// # Errors
    /// As [`Self::show`], with `COPY_SRC`.
    pub(crate) fn read(
        &self,
        texture: &wgpu::Texture,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let (gpu, spec) = (&self.gpu, *target.spec());
        check_frame("the texture", texture, TAKE, &spec)?;
        let planes = layout::planes(spec.format()).unwrap_or_default();
        let packing = Packing::new(&spec, planes, Alignment::TEXTURES);
        let readback = gpu.watch("read a texture", || {
            let readback = HostBuffer::readback(&gpu.device, packing.bytes());
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            copy_from_texture(&mut encoder, &packing, texture, &readback.buffer);
            let submission = gpu.submit(encoder, std::iter::once(&readback));
            gpu.finish(submission, std::iter::once(&readback))?;
            Ok(readback)
        })?;
        readback.read(|bytes| {
            packing.unpack(bytes, target);
            Ok(())
        })
    }
}

fn check_format(spec: &FrameSpec) -> Result<(), ComposeError> {
    if spec.format().has_alpha() {
        return Ok(());
    }
    Err(ComposeError::new(
        ComposeErrorKind::WrongSpec,
        format!(
            "textures do not hold {} frames, choose rgba or bgra",
            spec.format()
        ),
    ))
}

impl fmt::Debug for TextureCompositor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = self.ready.get().map(|textures| textures.session.spec());
        f.debug_struct("TextureCompositor")
            .field("info", self.info())
            .field("spec", &spec)
            .field("reduced", &self.ready.reduced)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
