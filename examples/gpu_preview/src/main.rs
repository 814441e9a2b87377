//! A window that shows what others would see of you, from texture to texture: the webcam's
//! frame lies on the GPU, is protected there and drawn from there.
//!
//! ```sh
//! cd examples/gpu_preview && cargo run --release                 # the first camera
//! cd examples/gpu_preview && cargo run --release -- clip         # the bundled clip, without one
//! ```
//! Escape closes it. It is a package of its own: with a copy of the workspace's `Cargo.lock` beside its
//! `Cargo.toml` it takes the versions that the workspace is tested with.

mod frames;
mod screen;

use std::error::Error;
use std::sync::Arc;

use frosted::Setup;
use frosted::camera::monotonic_now;
use frosted::gpu::{TexturePipeline, wgpu};
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::{ElementState, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::keyboard::{Key, NamedKey};
use winit::window::{Window, WindowId};

use frames::Frames;
use screen::Screen;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let name = std::env::args().nth(1);
    let mut app = App {
        frames: frames::open(name.as_deref())?,
        preview: None,
        failed: None,
    };
    EventLoop::new()?.run_app(&mut app)?;
    app.failed.map_or(Ok(()), Err)
}

struct App {
    frames: Box<dyn Frames>,
    preview: Option<Preview>,
    failed: Option<Box<dyn Error>>,
}

impl App {
    /// Goes on, or closes the window for what went wrong.
    fn settle(&mut self, outcome: Outcome<()>, events: &ActiveEventLoop) {
        if let Err(error) = outcome {
            self.failed = Some(error);
            events.exit();
        }
    }
}

impl ApplicationHandler for App {
    fn resumed(&mut self, events: &ActiveEventLoop) {
        let preview = Preview::open(events, self.frames.size());
        let outcome = preview.map(|preview| self.preview = Some(preview));
        self.settle(outcome, events);
    }

    fn window_event(&mut self, events: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(preview) = &mut self.preview else {
            return;
        };
        match event {
            WindowEvent::CloseRequested => events.exit(),
            WindowEvent::KeyboardInput { event, .. }
                if event.state == ElementState::Pressed
                    && event.logical_key == Key::Named(NamedKey::Escape) =>
            {
                events.exit();
            }
            WindowEvent::Resized(size) => preview.screen.resize(size),
            WindowEvent::RedrawRequested => {
                let outcome = preview.next(&mut *self.frames);
                self.settle(outcome, events);
            }
            _ => {}
        }
    }
}

/// The window, and the stream that it shows.
struct Preview {
    window: Arc<Window>,
    screen: Screen,
    pipeline: TexturePipeline,
    /// The room; nothing draws it.
    frame: wgpu::Texture,
    protected: wgpu::Texture,
}

impl Preview {
    fn open(events: &ActiveEventLoop, (width, height): (u32, u32)) -> Outcome<Self> {
        let attributes = Window::default_attributes()
            .with_title("frosted preview")
            .with_inner_size(PhysicalSize::new(width, height));
        let window = Arc::new(events.create_window(attributes)?);
        let screen = pollster::block_on(Screen::open(Arc::clone(&window)))?;
        let pipeline =
            Setup::default().build_for_textures(screen.device.clone(), screen.queue.clone())?;
        let texture = |label, usage| {
            screen.device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: wgpu::Extent3d {
                    width,
                    height,
                    depth_or_array_layers: 1,
                },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: wgpu::TextureFormat::Rgba8Unorm,
                usage: usage | wgpu::TextureUsages::COPY_DST,
                view_formats: &[],
            })
        };
        Ok(Self {
            // Filled by the host, read by the pipeline.
            frame: texture("frame", wgpu::TextureUsages::COPY_SRC),
            // Written by the pipeline, drawn by the screen.
            protected: texture("protected", wgpu::TextureUsages::TEXTURE_BINDING),
            window,
            screen,
            pipeline,
        })
    }

    /// Protects and draws the next frame.
    fn next(&mut self, frames: &mut dyn Frames) -> Outcome<()> {
        let report = match frames.next()? {
            Some((pixels, at)) => {
                let layout = wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(4 * self.frame.width()),
                    rows_per_image: None,
                };
                let (place, size) = (self.frame.as_image_copy(), self.frame.size());
                self.screen.queue.write_texture(place, pixels, layout, size);
                self.pipeline
                    .process_texture(&self.frame, at, &self.protected)?
            }
            None => {
                let now = monotonic_now();
                self.pipeline.idle_texture(now, &self.protected)?
            }
        };
        self.window
            .set_title(&format!("frosted preview: {}", report.shown));
        self.screen.draw(&self.protected);
        self.window.request_redraw();
        Ok(())
    }
}
