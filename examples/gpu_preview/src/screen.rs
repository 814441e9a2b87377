//! The window's surface, and the GPU that draws it.

use std::sync::Arc;

use frosted::gpu::wgpu;
use wgpu::util::{TextureBlitter, TextureBlitterBuilder};
use winit::dpi::PhysicalSize;
use winit::window::Window;

use crate::Outcome;

pub(crate) struct Screen {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    blitter: TextureBlitter,
}

impl Screen {
    pub(crate) async fn open(window: Arc<Window>) -> Outcome<Self> {
        let size = window.inner_size();
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let surface = instance.create_surface(window)?;
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                compatible_surface: Some(&surface),
                ..Default::default()
            })
            .await?;
        let (device, queue) = adapter.request_device(&Default::default()).await?;
        let mut config = surface
            .get_default_config(&adapter, size.width.max(1), size.height.max(1))
            .ok_or("the GPU cannot draw to this window")?;
        // The texture's bytes go to the window as they are.
        config.format = config.format.remove_srgb_suffix();
        surface.configure(&device, &config);
        let blitter = TextureBlitterBuilder::new(&device, config.format)
            .sample_type(wgpu::FilterMode::Linear)
            .build();
        Ok(Self {
            device,
            queue,
            surface,
            config,
            blitter,
        })
    }

    pub(crate) fn resize(&mut self, size: PhysicalSize<u32>) {
        self.config.width = size.width.max(1);
        self.config.height = size.height.max(1);
        self.surface.configure(&self.device, &self.config);
    }

    /// Draws `picture` over the whole window.
    pub(crate) fn draw(&mut self, picture: &wgpu::Texture) {
        let target = match self.surface.get_current_texture() {
            wgpu::CurrentSurfaceTexture::Success(target)
            | wgpu::CurrentSurfaceTexture::Suboptimal(target) => target,
            wgpu::CurrentSurfaceTexture::Outdated | wgpu::CurrentSurfaceTexture::Lost => {
                self.surface.configure(&self.device, &self.config);
                return;
            }
            // The window cannot be seen just now.
            _ => return,
        };
        let view = |texture: &wgpu::Texture| texture.create_view(&Default::default());
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let (from, to) = (view(picture), view(&target.texture));
        self.blitter.copy(&self.device, &mut encoder, &from, &to);
        self.queue.submit([encoder.finish()]);
        self.queue.present(target);
    }
}
