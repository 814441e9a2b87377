use frosted_core::{Frame, FrameSpec, PixelFormat, Rotation, Timestamp};

/// What a camera does to the scene that it looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Camera {
    /// Nothing.
    #[default]
    Works,
    /// It sends the frame before again and again.
    Frozen,
    /// It sends frames of one colour.
    Blank,
    /// Its lens is covered: it sends black with a sensor's noise, 16 to 20.
    LensCovered,
    /// The light is down: all is at 3/5 of its level.
    Dark,
}

/// A person of a fine grey pattern in front of a canary room.
///
/// Every pixel of the room is far from every mean of the room, from the person, from the
/// card and from blank: luma 5 or 250, or pure magenta or green.
#[derive(Clone, Debug)]
pub struct CanaryScene {
    frame: Frame,
    seed: u32,
    /// By how many pixels the person stands further to the right.
    person_shift: usize,
    camera: Camera,
}

/// Whether the pixel (x, y) of an upright frame of `width` by `height` is the person's: the middle
/// third, from a quarter of the height down.
pub fn person_part(x: usize, y: usize, width: usize, height: usize) -> bool {
    3 * x >= width && 3 * x < 2 * width && 4 * y >= height
}

/// Whether the stored pixel (x, y) of a frame of `spec` is the person's, who stands upright
/// once the frame is turned as its rotation says.
pub(crate) fn is_person(spec: &FrameSpec, x: usize, y: usize) -> bool {
    let (width, height) = spec.rotation().upright((spec.width(), spec.height()));
    let back = match spec.rotation() {
        Rotation::Clockwise90 => Rotation::Clockwise270,
        Rotation::Clockwise270 => Rotation::Clockwise90,
        other => other,
    };
    let centre = (x as f32 + 0.5, y as f32 + 0.5);
    let (x, y) = back.stored_point((width as f32, height as f32), centre.0, centre.1);
    person_part(x as usize, y as usize, width, height)
}

/// The person's luma, or red, green and blue: 98 to 122.
pub const PERSON_LEVELS: std::ops::RangeInclusive<u8> = 98..=122;

impl CanaryScene {
    /// A scene in frames of `spec`.
    pub fn new(spec: FrameSpec) -> Self {
        let mut scene = Self {
            frame: Frame::new(spec),
            seed: 1,
            person_shift: 0,
            camera: Camera::Works,
        };
        scene.advance(Timestamp::ZERO);
        scene
    }

    /// From the next frame on the person stands `pixels` further to the right, where no fake
    /// engine finds them.
    pub fn move_person(&mut self, pixels: usize) {
        self.person_shift = pixels;
    }

    /// From the next frame on the camera does this.
    pub fn set_camera(&mut self, camera: Camera) {
        self.camera = camera;
    }

    /// Draws the next frame, captured at `at`, with other noise.
    pub fn advance(&mut self, at: Timestamp) -> &Frame {
        let spec = *self.frame.spec();
        let (width, height) = (spec.width(), spec.height());
        let (block_x, block_y) = match spec.format() {
            PixelFormat::Nv12 | PixelFormat::Nv21 | PixelFormat::I420 => (2, 2),
            PixelFormat::Yuyv | PixelFormat::Uyvy | PixelFormat::I422 => (2, 1),
            _ => (1, 1),
        };
        if self.camera == Camera::Frozen {
            self.frame.set_captured_at(at);
            return &self.frame;
        }
        self.seed = self.seed.wrapping_add(1);
        let seed = self.seed;
        // One bright or dark value a chroma block, so that chroma is extreme as well.
        let bright = move |x: usize, y: usize| {
            let mut h = seed ^ ((x / block_x) as u32).wrapping_mul(0x9E37_79B9);
            h ^= ((y / block_y) as u32).wrapping_mul(0x85EB_CA6B);
            h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
            (h >> 16) & 1 == 1
        };
        let person =
            |x: usize, y: usize| PERSON_LEVELS.start() + ((x * 7 + y * 11 + x * y) % 25) as u8;
        let (shift, camera) = (self.person_shift, self.camera);
        let scene = |x: usize, y: usize| -> [u8; 3] {
            let (x, y) = (x.min(width - 1), y.min(height - 1));
            match (
                x >= shift && is_person(&spec, x - shift, y),
                spec.format().is_yuv(),
            ) {
                (true, true) => [person(x, y), 128, 128],
                (true, false) => [person(x, y); 3],
                (false, true) if bright(x, y) => [250, 30, 220],
                (false, true) => [5, 220, 30],
                (false, false) if bright(x, y) => [255, 0, 255],
                (false, false) => [0, 255, 0],
            }
        };
        // Its chroma is no backdrop's, so that a check for the room finds no false one.
        let plain = |level: u8| match spec.format().is_yuv() {
            true => [level, 95, 155],
            false => [level; 3],
        };
        let colour = |x: usize, y: usize| match camera {
            Camera::Works | Camera::Frozen => scene(x, y),
            Camera::Blank => plain(250),
            Camera::LensCovered => plain(16 + 4 * u8::from(bright(x, y))),
            Camera::Dark => {
                let dark = |level: u8| (u16::from(level) * 3 / 5) as u8;
                let [luma, a, b] = scene(x, y);
                match spec.format().is_yuv() {
                    true => [dark(luma), a, b],
                    false => [dark(luma), dark(a), dark(b)],
                }
            }
        };
        self.frame.set_captured_at(at);
        let mut target = self.frame.view_mut();
        for plane in 0..spec.format().plane_count() {
            for y in 0..spec.plane_rows(plane) {
                let row = target.row_mut(plane, y);
                write_row(spec.format(), plane, y, row, &colour);
            }
        }
        &self.frame
    }

    /// The present frame.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }
}

fn write_row(
    format: PixelFormat,
    plane: usize,
    y: usize,
    row: &mut [u8],
    colour: &dyn Fn(usize, usize) -> [u8; 3],
) {
    let chroma_rows = if matches!(format, PixelFormat::I422) {
        1
    } else {
        2
    };
    match (format, plane) {
        (PixelFormat::Rgb8, _) => each(row, 3, |x, s| s.copy_from_slice(&colour(x, y))),
        (PixelFormat::Rgba8, _) => each(row, 4, |x, s| {
            s[..3].copy_from_slice(&colour(x, y));
            s[3] = 255;
        }),
        (PixelFormat::Bgr8 | PixelFormat::Bgra8, _) => {
            let bytes = if format == PixelFormat::Bgr8 { 3 } else { 4 };
            each(row, bytes, |x, s| {
                let [r, g, b] = colour(x, y);
                s.copy_from_slice(&[b, g, r, 255][..bytes]);
            });
        }
        (PixelFormat::Yuyv, _) => each(row, 4, |x, s| {
            let [a, cb, cr] = colour(2 * x, y);
            s.copy_from_slice(&[a, cb, colour(2 * x + 1, y)[0], cr]);
        }),
        (PixelFormat::Uyvy, _) => each(row, 4, |x, s| {
            let [a, cb, cr] = colour(2 * x, y);
            s.copy_from_slice(&[cb, a, cr, colour(2 * x + 1, y)[0]]);
        }),
        (_, 0) => each(row, 1, |x, s| s[0] = colour(x, y)[0]),
        (PixelFormat::Nv12, _) => {
            each(row, 2, |x, s| s.copy_from_slice(&colour(2 * x, 2 * y)[1..]));
        }
        (PixelFormat::Nv21, _) => each(row, 2, |x, s| {
            let [_, cb, cr] = colour(2 * x, 2 * y);
            s.copy_from_slice(&[cr, cb]);
        }),
        _ => each(row, 1, |x, s| s[0] = colour(2 * x, chroma_rows * y)[plane]),
    }
}

fn each(row: &mut [u8], bytes: usize, mut write: impl FnMut(usize, &mut [u8])) {
    for (x, slot) in row.chunks_exact_mut(bytes).enumerate() {
        write(x, slot);
    }
}
