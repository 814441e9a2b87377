//! A virtual camera in a hundred lines: a webcam's frames, protected, to a v4l2loopback device
//! or, with - in its place, as Y4M to the standard output.
//!
//! ```sh
//! cargo run --release --features camera --example virtual_camera -- /dev/video0 /dev/video10
//! cargo run --release --features camera --example virtual_camera -- pattern - | ffplay -
//! ```
#![allow(clippy::print_stderr, reason = "an example speaks to whoever runs it")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use frosted::camera::{
    CameraError, CameraErrorKind, Sink, SinkOptions, Source, TestPattern, Unpacker, Wish, Y4mSink,
    monotonic_now, open_camera, open_loopback, probe_camera,
};
use frosted::{FrameSpec, Pipeline, PixelFormat, ProtectedFrame, Setup};

/// How long a viewer may see the last frame before the card comes.
const STALL: Duration = Duration::from_millis(200);

struct VirtualCamera {
    pipeline: Pipeline,
    /// The only kind of frame that a sink takes; nothing but a pipeline can write to it.
    protected: ProtectedFrame,
    sink: Box<dyn Sink>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [camera, output] = &arguments[..] else {
        return Err(
            "give a camera, such as /dev/video0, and an output, such as /dev/video10".into(),
        );
    };
    let wish = Wish::default();
    let options = sink_options(camera, &wish)?;
    let sink = match output.as_str() {
        "-" => Box::new(Y4mSink::new(std::io::stdout(), &options)?),
        device => open_loopback(Path::new(device), &options)?,
    };
    let spec = FrameSpec::new(PixelFormat::Yuyv, options.width, options.height)?;
    let mut virtual_camera = VirtualCamera {
        pipeline: Setup::default().build()?,
        protected: ProtectedFrame::new(spec),
        sink,
    };
    eprintln!("{camera} -> {}", virtual_camera.sink.describe());
    loop {
        virtual_camera.show_card()?;
        if let Err(error) = open(camera, &wish).and_then(|source| virtual_camera.show(source)) {
            eprintln!("{error}; trying again");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

impl VirtualCamera {
    /// Protects frame after frame until camera or output is lost.
    fn show(&mut self, mut source: Box<dyn Source>) -> Result<(), CameraError> {
        let mut unpacker = Unpacker::new();
        loop {
            let frame = source.next(STALL).and_then(|capture| {
                let frame = unpacker.frame(&capture)?;
                Ok(self.pipeline.protect(&frame, &mut self.protected))
            });
            match frame {
                // An error here is a mistake of this program's; the frame is covered.
                Ok(_) => self.sink.write(&self.protected)?,
                Err(error) => match error.kind() {
                    CameraErrorKind::TimedOut | CameraErrorKind::Damaged => self.show_card()?,
                    _ => return Err(error),
                },
            }
        }
    }

    /// Shows what is due though there is no frame.
    fn show_card(&mut self) -> Result<(), CameraError> {
        // It cannot fail, and would leave the card if it did.
        let _ = self
            .pipeline
            .protect_idle(monotonic_now(), &mut self.protected);
        self.sink.write(&self.protected)
    }
}

fn open(camera: &str, wish: &Wish) -> Result<Box<dyn Source>, CameraError> {
    if camera == "pattern" {
        let pattern = TestPattern::new(PixelFormat::Yuyv, wish.width, wish.height, wish.rate)?;
        return Ok(Box::new(pattern));
    }
    open_camera(camera, wish)
}

/// The size and rate that the camera has.
fn sink_options(camera: &str, wish: &Wish) -> Result<SinkOptions, CameraError> {
    let mode = match camera {
        "pattern" => None,
        device => probe_camera(device, wish)?,
    };
    Ok(SinkOptions {
        width: mode.map_or(wish.width, |mode| mode.width / 2 * 2),
        height: mode.map_or(wish.height, |mode| mode.height / 2 * 2),
        rate: mode.and_then(|mode| mode.rate).unwrap_or(wish.rate),
    })
}
