mod surface;
mod trust;

use std::fmt;
use std::sync::Arc;

use frosted_core::{FrameSpec, Rotation, SegmenterInfo, Timestamp};
use frosted_gpu::{GpuInfo, Handover, TextureCompositor, check_texture, wgpu};
use frosted_pipeline::{Error, ErrorKind, FrameReport, Settings, SurfacePipeline, SystemClock};
use frosted_segment::{Engine, ModelSpec, NetworkSegmenter};

use crate::guarded::guarded;
use crate::setup::{Setup, SetupError};
use surface::{Textures, check_input};
use trust::Trust;

/// Turns textures of the room into protected ones, one stream per pipeline: the same states,
/// subject and temporal rules as [`Pipeline`](crate::Pipeline)'s, and the same bytes:
/// before the first frame of a size is shown, the device has to give the CPU's for a made one.
///
/// ```no_run
/// use frosted::gpu::wgpu;
/// use frosted::{Setup, Timestamp};
///
/// # fn camera_frame() -> (wgpu::Texture, Timestamp) { unimplemented!() }
/// # fn app() -> Result<(wgpu::Device, wgpu::Queue), Box<dyn std::error::Error>> { unimplemented!() }
/// // The app's own, with which it renders.
/// let (device, queue) = app()?;
/// let mut pipeline = Setup::default().build_for_textures(device.clone(), queue.clone())?;
/// let protected = device.create_texture(&wgpu::TextureDescriptor {
///     label: Some("protected"),
///     size: wgpu::Extent3d { width: 1280, height: 720, depth_or_array_layers: 1 },
///     mip_level_count: 1,
///     sample_count: 1,
///     dimension: wgpu::TextureDimension::D2,
///     format: wgpu::TextureFormat::Rgba8Unorm,
///     usage: wgpu::TextureUsages::COPY_DST | wgpu::TextureUsages::TEXTURE_BINDING,
///     view_formats: &[],
/// });
/// loop {
///     let (frame, captured_at) = camera_frame();
///     let report = pipeline.process_texture(&frame, captured_at, &protected)?;
///     println!("{}", report.shown);
///     // What is submitted to the queue from here on sees the protected frame.
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What it takes
///
/// Input and output are two textures of the pipeline's device, of one size (16x16 to
/// 7680x4320, either way up) and one format: `Rgba8Unorm`, `Rgba8UnormSrgb`, `Bgra8Unorm` or
/// `Bgra8UnormSrgb`, whose bytes are R'G'B' as a camera gives them and are taken as they are;
/// two-dimensional, with one layer, mip level and sample. The input needs the usage `COPY_SRC`,
/// the output `COPY_DST`. They may be others from frame to frame. Textures of another device
/// of the same [`Instance`](wgpu::Instance) are refused; those of another instance must never
/// be handed in: wgpu takes them for textures of this one.
///
/// The device needs compute shaders and nothing beyond wgpu's default limits; its handlers of
/// errors are left alone. Once it is lost, so is the pipeline: build another one.
///
/// The caller's thread waits for the GPU once for the reduced picture and, unless
/// [`TextureOptions::handover`] says otherwise, once for the painted frame. It polls the device
/// meanwhile: callbacks of the app's own that are due run on that thread. The first frame of a
/// size takes longer, about as long as the CPU takes for five.
pub struct TexturePipeline {
    stages: SurfacePipeline,
    compositor: TextureCompositor,
    trust: Trust,
    options: TextureOptions,
    failure: Option<String>,
}

/// What is to be known of textures beyond what they say themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextureOptions {
    /// How frames must be turned to stand upright; a change is a start. Default: not at all.
    pub rotation: Rotation,
    /// When the output gets a painted frame. Default: when it is known to be painted.
    pub handover: Handover,
}

impl Setup {
    /// Loads the model and builds a pipeline for textures of `device`, whose queue is `queue`.
    /// The fields `compositor` and `threads` are not looked at.
    ///
    /// # Errors
    /// [`SetupErrorKind::Model`](crate::SetupErrorKind::Model) and
    /// [`Engine`](crate::SetupErrorKind::Engine) as [`Setup::build`],
    /// [`SetupErrorKind::Compositor`](crate::SetupErrorKind::Compositor) if the device is lost
    /// or cannot run the shaders.
    pub fn build_for_textures(
        self,
        device: wgpu::Device,
        queue: wgpu::Queue,
    ) -> Result<TexturePipeline, SetupError> {
        let segmenter = self.segmenter()?;
        let faces = crate::faces::face_finder(self.engine_options(), &self.runtime)?;
        let mut pipeline = self.assemble_for_textures(segmenter, device, queue)?;
        if let Some(faces) = faces {
            pipeline.stages = pipeline.stages.with_faces(Box::new(faces));
        }
        Ok(pipeline)
    }

    /// As [`build_for_textures`](Self::build_for_textures), around an engine of your own, as
    /// [`build_with`](Self::build_with).
    ///
    /// # Errors
    /// [`SetupErrorKind::Model`](crate::SetupErrorKind::Model) if the spec asks for the
    /// impossible, [`SetupErrorKind::Compositor`](crate::SetupErrorKind::Compositor) as above.
    pub fn build_for_textures_with(
        self,
        engine: Box<dyn Engine>,
        spec: ModelSpec,
        device: wgpu::Device,
        queue: wgpu::Queue,
    ) -> Result<TexturePipeline, SetupError> {
        let segmenter = NetworkSegmenter::new(engine, spec)?;
        self.assemble_for_textures(segmenter, device, queue)
    }

    fn assemble_for_textures(
        self,
        segmenter: NetworkSegmenter,
        device: wgpu::Device,
        queue: wgpu::Queue,
    ) -> Result<TexturePipeline, SetupError> {
        let compositor = guarded(|| TextureCompositor::with_device(device, queue))
            .map_err(|error| SetupError::compositor(&error))?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        Ok(TexturePipeline {
            stages: SurfacePipeline::assemble(Box::new(segmenter), self.settings, clock),
            compositor,
            trust: Trust::new(),
            options: TextureOptions::default(),
            failure: None,
        })
    }
}

impl TexturePipeline {
    /// Writes the protected form of `input`, captured at `at`, to `output`.
    ///
    /// Trouble at run time is no error as long as the card can be shown: the report says what
    /// was shown instead, and why. Time stamps must advance. A change of size, format or
    /// rotation is a start. When this returns, the output was written or a command that writes
    /// it was submitted: whatever the app submits to the queue from then on finds it written.
    /// At no moment does `output` hold a pixel of `input` that is to be hidden.
    ///
    /// # Errors
    /// For mistakes of the caller's, after the card was shown on `output`:
    /// [`ErrorKind::Texture`] if `input` cannot be a frame or both are the same texture,
    /// [`ErrorKind::OutputDiffers`] if size or format differ, [`ErrorKind::Frame`] for a size
    /// that no frame has, [`ErrorKind::NeedsAlpha`] and [`ErrorKind::Picture`] as
    /// [`Pipeline::process`](crate::Pipeline::process).
    ///
    /// `output` holds what it held before the call, which must not be shown, after
    /// [`ErrorKind::Texture`] or [`ErrorKind::Frame`] about `output` itself and after
    /// [`ErrorKind::OutputLost`]: the device is lost or the texture is another one's.
    pub fn process_texture(
        &mut self,
        input: &wgpu::Texture,
        at: Timestamp,
        output: &wgpu::Texture,
    ) -> Result<FrameReport, Error> {
        let spec = match self.spec("output", output, wgpu::TextureUsages::COPY_DST) {
            Ok(spec) => spec,
            Err((kind, message)) => return Err(self.stages.refuse(None, kind, message)),
        };
        let mut surface = Textures {
            compositor: &mut self.compositor,
            trust: &mut self.trust,
            input: Some(input),
            output,
            spec,
            handover: self.options.handover,
            failure: &mut self.failure,
        };
        match check_input(input, output) {
            Ok(()) => self.stages.process(&mut surface, at),
            Err((kind, message)) => Err(self.stages.refuse(Some(&mut surface), kind, message)),
        }
    }

    /// Writes the card to `output`, because no frame came until `now`; the next one is a
    /// start. Nothing is held in the meantime: what `output` shows of the frame before may stay
    /// for as long as the app takes to call this.
    ///
    /// # Errors
    /// [`ErrorKind::Texture`], [`ErrorKind::Frame`] and [`ErrorKind::OutputLost`] about
    /// `output`, as [`process_texture`](Self::process_texture).
    pub fn idle_texture(
        &mut self,
        now: Timestamp,
        output: &wgpu::Texture,
    ) -> Result<FrameReport, Error> {
        let spec = match self.spec("output", output, wgpu::TextureUsages::COPY_DST) {
            Ok(spec) => spec,
            Err((kind, message)) => return Err(self.stages.refuse(None, kind, message)),
        };
        let mut surface = Textures {
            compositor: &mut self.compositor,
            trust: &mut self.trust,
            input: None,
            output,
            spec,
            handover: self.options.handover,
            failure: &mut self.failure,
        };
        self.stages.idle(&mut surface, now)
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        self.stages.settings()
    }

    /// Changes the settings from the next frame on. No frame is shown uncovered meanwhile, and
    /// tracking goes on.
    pub fn set_settings(&mut self, settings: Settings) {
        self.stages.set_settings(settings);
    }

    /// The options in force.
    pub fn options(&self) -> TextureOptions {
        self.options
    }

    /// Changes the options from the next frame on.
    pub fn set_options(&mut self, options: TextureOptions) {
        self.options = options;
    }

    /// What finds the person.
    pub fn segmenter_info(&self) -> &SegmenterInfo {
        self.stages.segmenter_info()
    }

    /// The GPU that the device is of.
    pub fn gpu_info(&self) -> &GpuInfo {
        self.compositor.info()
    }

    /// What the GPU failed with last, if it ever did: why a report says
    /// [`Cause::Compositor`](crate::Cause::Compositor). It names sizes, formats and what the
    /// driver said, and nothing of a picture.
    pub fn last_failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Forgets all earlier frames: the next one is a start.
    pub fn reset(&mut self) {
        self.stages.reset();
    }

    /// The spec of frames in `texture`, called `name`, which is to have the usage `needed`.
    fn spec(
        &self,
        name: &str,
        texture: &wgpu::Texture,
        needed: wgpu::TextureUsages,
    ) -> Result<FrameSpec, (ErrorKind, String)> {
        let format = check_texture(&format!("the {name}"), texture, needed)
            .map_err(|error| (ErrorKind::Texture, error.to_string()))?;
        let (width, height) = (texture.width() as usize, texture.height() as usize);
        match FrameSpec::new(format, width, height) {
            Ok(spec) => Ok(spec.with_rotation(self.options.rotation)),
            Err(error) => Err((ErrorKind::Frame, format!("the {name}'s {error}"))),
        }
    }
}

impl fmt::Debug for TexturePipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TexturePipeline")
            .field("stages", &self.stages)
            .field("compositor", &self.compositor)
            .field("options", &self.options)
            .field("failure", &self.failure)
            .finish()
    }
}

#[cfg(test)]
mod tests;
