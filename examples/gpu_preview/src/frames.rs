//! Where frames come from, as pixels of four bytes.

use std::time::{Duration, Instant};

use frosted::camera::{
    CameraErrorKind, JpegDecoder, Source, Unpacker, Wish, cameras, monotonic_now, open_camera,
};
use frosted::{Frame, FrameSpec, FrameView, PixelFormat, Rate, Timestamp};

use crate::Outcome;

/// A stream.
pub(crate) trait Frames {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// The next frame as R, G, B and 255, and when it was captured; `None` if none came in time.
    fn next(&mut self) -> Outcome<Option<(&[u8], Timestamp)>>;
}

/// The bundled clip for "clip", else the camera of that name, or the first one.
pub(crate) fn open(name: Option<&str>) -> Outcome<Box<dyn Frames>> {
    if name == Some("clip") {
        return Ok(Box::new(Clip::open()?));
    }
    let id = match name {
        Some(id) => id.to_owned(),
        None => cameras()?
            .first()
            .ok_or("no camera is there, try clip")?
            .id
            .clone(),
    };
    let wish = Wish {
        width: 640,
        height: 360,
        rate: Rate::THIRTY,
    };
    Ok(Box::new(Camera {
        source: open_camera(&id, &wish)?,
        unpacker: Unpacker::new(),
        pixels: Vec::new(),
    }))
}

struct Camera {
    source: Box<dyn Source>,
    unpacker: Unpacker,
    pixels: Vec<u8>,
}

impl Frames for Camera {
    fn size(&self) -> (u32, u32) {
        let mode = self.source.mode();
        (mode.width as u32, mode.height as u32)
    }

    fn next(&mut self) -> Outcome<Option<(&[u8], Timestamp)>> {
        let capture = match self.source.next(Duration::from_millis(200)) {
            Ok(capture) => capture,
            Err(error) if error.kind() == CameraErrorKind::TimedOut => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // After a broken frame the card is shown, and the next one awaited.
        let Ok(frame) = self.unpacker.frame(&capture) else {
            return Ok(None);
        };
        fill(&frame, &mut self.pixels);
        Ok(Some((&self.pixels, frame.captured_at())))
    }
}

/// The repository's clip, again and again, 25 frames a second.
struct Clip {
    pictures: Vec<u8>,
    /// Where the next picture begins.
    at: usize,
    decoder: JpegDecoder,
    frame: Frame,
    due: Instant,
    pixels: Vec<u8>,
}

impl Clip {
    fn open() -> Outcome<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/webcam.mjpeg");
        let mut clip = Self {
            pictures: std::fs::read(path)?,
            at: 0,
            decoder: JpegDecoder::default(),
            frame: Frame::new(FrameSpec::new(PixelFormat::I420, 16, 16)?),
            due: Instant::now(),
            pixels: Vec::new(),
        };
        clip.decode()?;
        Ok(clip)
    }

    fn decode(&mut self) -> Outcome<()> {
        // A JPEG picture begins with a start and ends with an end marker; the clip's have no
        // smaller pictures inside.
        let rest = &self.pictures[self.at..];
        let end = rest.windows(2).position(|two| two == [0xff, 0xd9]);
        let end = end.ok_or("the clip breaks off")? + 2;
        self.decoder.decode(&rest[..end], &mut self.frame)?;
        self.at = (self.at + end) % self.pictures.len();
        Ok(())
    }
}

impl Frames for Clip {
    fn size(&self) -> (u32, u32) {
        let spec = self.frame.spec();
        (spec.width() as u32, spec.height() as u32)
    }

    fn next(&mut self) -> Outcome<Option<(&[u8], Timestamp)>> {
        self.decode()?;
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        self.due = Instant::now() + Duration::from_millis(40);
        fill(&self.frame.view(), &mut self.pixels);
        Ok(Some((&self.pixels, monotonic_now())))
    }
}

/// An app with a GPU would let that do the conversion.
fn fill(frame: &FrameView<'_>, pixels: &mut Vec<u8>) {
    let (width, height) = (frame.spec().width(), frame.spec().height());
    pixels.clear();
    for y in 0..height {
        for x in 0..width {
            let rgb = frame.rgb_at(x, y);
            pixels.extend([rgb.r, rgb.g, rgb.b, 255]);
        }
    }
}
