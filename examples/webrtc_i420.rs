//! Frames as a WebRTC app has them: three planes of I420 with strides of their own, in
//! buffers that the app owns. Run it with `cargo run --release --example webrtc_i420`.
//!
//! One pipeline per stream, made once and kept: it remembers who the subject is. It is
//! `Send`, so a stream may move to another thread, but one call at a time works on it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example speaks to whoever runs it"
)]

use std::thread;
use std::time::Duration;

use frosted::{
    Error, FrameReport, FrameSpec, FrameView, FrameViewMut, Pipeline, PixelFormat, Setup, Shown,
    Timestamp,
};

/// A buffer as libwebrtc's `I420BufferInterface` has it.
struct I420Buffer {
    width: usize,
    height: usize,
    strides: [usize; 3],
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl I420Buffer {
    fn new(width: usize, height: usize) -> Self {
        // Rows start at multiples of 64 bytes, as decoders like them.
        let align = |bytes: usize| bytes.next_multiple_of(64);
        let strides = [align(width), align(width / 2), align(width / 2)];
        Self {
            width,
            height,
            strides,
            y: vec![110; strides[0] * height],
            u: vec![128; strides[1] * height / 2],
            v: vec![128; strides[2] * height / 2],
        }
    }

    fn spec(&self) -> Result<FrameSpec, frosted::FrameError> {
        FrameSpec::new(PixelFormat::I420, self.width, self.height)?.with_stride_bytes(&self.strides)
    }
}

/// What an app does with each frame between capturer and encoder.
fn protect(
    pipeline: &mut Pipeline,
    captured: &I420Buffer,
    captured_at: Timestamp,
    to_encoder: &mut I420Buffer,
) -> Result<FrameReport, Error> {
    let input = FrameView::new(
        captured.spec()?,
        &[&captured.y, &captured.u, &captured.v],
        captured_at,
    )?;
    let spec = to_encoder.spec()?;
    let planes = [
        &mut to_encoder.y[..],
        &mut to_encoder.u[..],
        &mut to_encoder.v[..],
    ];
    let mut output = FrameViewMut::new(spec, planes)?;
    pipeline.process(&input, &mut output)
}

fn stream(name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut pipeline = Setup::default().build()?;
    let captured = I420Buffer::new(640, 360);
    let mut to_encoder = I420Buffer::new(640, 360);
    for number in 0..10 {
        let captured_at = Timestamp::ZERO + Duration::from_millis(33) * number;
        match protect(&mut pipeline, &captured, captured_at, &mut to_encoder) {
            // Whatever is shown, the frame may be sent: it shows the person, a covered frame
            // or a card that says why.
            Ok(report) => match report.shown {
                Shown::Card(cause) => println!("{name}: frame {number} is a card: {cause}"),
                shown => println!("{name}: frame {number} shows {shown}"),
            },
            // The buffers do not fit: a mistake in this program. Send nothing: where not even
            // a view of the output could be made, it still holds an older frame.
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn main() {
    // Two streams on two threads, each with its own pipeline.
    let streams = ["camera", "second camera"].map(|name| {
        thread::spawn(move || {
            if let Err(error) = stream(name) {
                eprintln!("{name}: {error}");
            }
        })
    });
    for stream in streams {
        if stream.join().is_err() {
            eprintln!("a stream ended in a panic");
        }
    }
}
