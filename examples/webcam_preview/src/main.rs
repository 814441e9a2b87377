//! A window that shows what others would see of you: a webcam, protected.
//!
//! ```sh
//! cd examples/webcam_preview && cargo run --release              # the first camera
//! cd examples/webcam_preview && cargo run --release -- pattern   # colour bars, without one
//! ```
//! Escape closes it. It is a package of its own: with a copy of the workspace's `Cargo.lock` beside its
//! `Cargo.toml` it takes the versions that the workspace is tested with.

use std::error::Error;
use std::time::Duration;

use frosted::camera::{
    CameraErrorKind, Source, TestPattern, Unpacker, Wish, cameras, monotonic_now, open_camera,
};
use frosted::{PixelFormat, ProtectedFrame, Rate, Setup};
use minifb::{Key, ScaleMode, Window, WindowOptions};

const WISH: Wish = Wish {
    width: 640,
    height: 360,
    rate: Rate::THIRTY,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut source = open(std::env::args().nth(1).as_deref())?;
    let mode = source.mode();
    let options = WindowOptions {
        resize: true,
        scale_mode: ScaleMode::AspectRatioStretch,
        ..WindowOptions::default()
    };
    let mut window = Window::new("frosted preview", mode.width, mode.height, options)?;
    let mut pipeline = Setup::default().build()?;
    let mut unpacker = Unpacker::new();
    let mut protected: Option<ProtectedFrame> = None;
    let mut pixels = vec![0; mode.width * mode.height];
    while window.is_open() && !window.is_key_down(Key::Escape) {
        let shown = match source.next(Duration::from_millis(200)) {
            Ok(capture) => match unpacker.frame(&capture) {
                Ok(frame) => {
                    let target =
                        protected.get_or_insert_with(|| ProtectedFrame::new(*frame.spec()));
                    Some(pipeline.protect(&frame, target)?)
                }
                // A broken frame; the next one is awaited.
                Err(_) => None,
            },
            Err(error) if error.kind() == CameraErrorKind::TimedOut => match &mut protected {
                Some(target) => Some(pipeline.protect_idle(monotonic_now(), target)?),
                None => None,
            },
            Err(error) => return Err(error.into()),
        };
        if let (Some(report), Some(frame)) = (shown, &protected) {
            window.set_title(&format!("frosted preview: {}", report.shown));
            draw(frame, &mut pixels);
        }
        window.update_with_buffer(&pixels, mode.width, mode.height)?;
    }
    Ok(())
}

fn open(name: Option<&str>) -> Result<Box<dyn Source>, Box<dyn Error>> {
    if name == Some("pattern") {
        let pattern = TestPattern::new(PixelFormat::Yuyv, WISH.width, WISH.height, WISH.rate)?;
        return Ok(Box::new(pattern));
    }
    let id = match name {
        Some(id) => id.to_owned(),
        None => cameras()?
            .first()
            .ok_or("no camera is there, try pattern")?
            .id
            .clone(),
    };
    Ok(open_camera(&id, &WISH)?)
}

/// 0RGB, as the window wants it.
fn draw(frame: &ProtectedFrame, pixels: &mut [u32]) {
    let view = frame.view();
    let width = view.spec().width();
    for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let rgb = view.rgb_at(x, y);
            *pixel = u32::from_be_bytes([0, rgb.r, rgb.g, rgb.b]);
        }
    }
}
