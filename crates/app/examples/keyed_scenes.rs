//! Makes clips with exact mattes for `frosted quality`: the cut-outs of examples/data/keyed,
//! moved in front of its rooms.
//!
//! ```sh
//! cargo run --release --package frosted-app --example keyed_scenes -- OUTDIR
//! ```
//!
//! A person here is a picture that is shifted and turned as a whole. Where it is, and how much
//! of each pixel it covers, is known by construction; how well it was cut out is not.

use std::error::Error;
use std::f32::consts::TAU;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use frosted::{Frame, FrameSpec, PixelFormat, Rgb};
use frosted_app::media::y4m::Y4mWriter;
use frosted_app::media::{Rate, Sink, StreamInfo, Timing, still};

const WIDTH: usize = 960;
const HEIGHT: usize = 540;
const FRAMES: usize = 90;
const FRAMES_A_SECOND: f32 = 30.0;
/// Noise of a camera: the largest change of a level; most are far smaller.
const NOISE: f32 = 5.0;

/// A cut-out, the pixel of it that stands at the middle of the frame's lower edge, and how
/// much it is enlarged. It ends a little below that edge, so that no cut is seen.
struct Person {
    file: &'static str,
    foot: (f32, f32),
    scale: f32,
}

const COLLINS: Person = Person {
    file: "collins",
    foot: (205.0, 326.0),
    scale: 1.25,
};
const HOPPER: Person = Person {
    file: "hopper",
    foot: (258.0, 397.0),
    scale: 1.1,
};

struct Scene {
    name: &'static str,
    person: Person,
    room: &'static str,
    /// How far to each side, and how often a second.
    sway_px: f32,
    sway_hz: f32,
    /// How much of the light goes and comes back.
    dims: f32,
}

const SCENES: [Scene; 4] = [
    Scene {
        name: "collins-lab",
        person: COLLINS,
        room: "lab",
        sway_px: 14.0,
        sway_hz: 0.4,
        dims: 0.0,
    },
    Scene {
        name: "hopper-lobby",
        person: HOPPER,
        room: "lobby",
        sway_px: 14.0,
        sway_hz: 0.5,
        dims: 0.0,
    },
    Scene {
        name: "collins-brick-sways",
        person: COLLINS,
        room: "brick",
        sway_px: 150.0,
        sway_hz: 0.5,
        dims: 0.0,
    },
    Scene {
        name: "hopper-workshop-dims",
        person: HOPPER,
        room: "workshop",
        sway_px: 20.0,
        sway_hz: 0.4,
        dims: 0.45,
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args_os()
        .nth(1)
        .ok_or("usage: keyed_scenes OUTDIR")?;
    for scene in &SCENES {
        write(scene, &PathBuf::from(&out).join(scene.name))?;
    }
    Ok(())
}

fn write(scene: &Scene, folder: &Path) -> Result<(), Box<dyn Error>> {
    let masks = folder.join("masks");
    if masks.is_dir() {
        fs::remove_dir_all(&masks)?;
    }
    fs::create_dir_all(&masks)?;
    let cut_out = CutOut::read(scene.person.file)?;
    let room = Plane::read(&data(&format!("{}.jpg", scene.room)))?;
    let room: Vec<[f32; 3]> = (0..WIDTH * HEIGHT)
        .map(|at| {
            let (x, y) = middle_of(at);
            room.at(
                x * room.width as f32 / WIDTH as f32,
                y * room.height as f32 / HEIGHT as f32,
            )
        })
        .collect();
    let spec = FrameSpec::new(PixelFormat::I420, WIDTH, HEIGHT)?;
    let info = StreamInfo::new(spec, Timing::Constant(Rate::THIRTY));
    let clip = BufWriter::new(File::create(folder.join("original.y4m"))?);
    let mut clip = Y4mWriter::new(clip, &info)?;
    let (mut noise, mut frame) = (Noise(1), Frame::new(spec));
    for number in 0..FRAMES {
        let (picture, alpha) = composed(scene, &cut_out, &room, number, &mut noise);
        to_i420(&picture, &mut frame);
        clip.write(&frame.view())?;
        let mut png = Vec::new();
        still::encode_grey_png(&alpha, WIDTH, HEIGHT, &mut png)?;
        fs::write(masks.join(format!("{number:05}.png")), png)?;
    }
    clip.finish()?;
    let truth = format!(
        "{{\"size\": [{WIDTH}, {HEIGHT}], \"frames\": {FRAMES}, \"mask_dir\": \"masks\"}}\n"
    );
    fs::write(folder.join("truth.json"), truth)?;
    Ok(())
}

fn data(name: &str) -> PathBuf {
    let keyed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/keyed");
    keyed.join(name)
}

fn middle_of(at: usize) -> (f32, f32) {
    ((at % WIDTH) as f32 + 0.5, (at / WIDTH) as f32 + 0.5)
}

/// The frame of this number, and its true matte.
fn composed(
    scene: &Scene,
    cut_out: &CutOut,
    room: &[[f32; 3]],
    number: usize,
    noise: &mut Noise,
) -> (Vec<[f32; 3]>, Vec<u8>) {
    let seconds = number as f32 / FRAMES_A_SECOND;
    let wave = |hz: f32| (TAU * hz * seconds).sin();
    let (dx, dy) = (scene.sway_px * wave(scene.sway_hz), 3.0 * wave(0.9));
    let (sin, cos) = (1.2 * wave(0.3)).to_radians().sin_cos();
    let light = 1.0 - scene.dims * (0.5 - 0.5 * (TAU * number as f32 / FRAMES as f32).cos());
    let person = &scene.person;
    let (mut picture, mut alpha) = (Vec::new(), Vec::new());
    for (at, room) in room.iter().enumerate() {
        let (x, y) = middle_of(at);
        let (x, y) = (x - WIDTH as f32 / 2.0 - dx, y - HEIGHT as f32 - dy);
        let (x, y) = (cos * x + sin * y, cos * y - sin * x);
        let (colour, cover) = cut_out.at(
            x / person.scale + person.foot.0,
            y / person.scale + person.foot.1,
        );
        let grain = noise.next();
        picture.push(std::array::from_fn(|part| {
            let level = colour[part] + (1.0 - cover) * room[part];
            (level * light + grain).clamp(0.0, 255.0)
        }));
        alpha.push((cover * 255.0).round() as u8);
    }
    (picture, alpha)
}

/// A person's colours, times alpha, and alpha.
struct CutOut {
    colours: Plane,
    alpha: Plane,
}

impl CutOut {
    fn read(name: &str) -> Result<Self, Box<dyn Error>> {
        let mut colours = Plane::read(&data(&format!("{name}.jpg")))?;
        let alpha = Plane::read(&data(&format!("{name}-alpha.png")))?;
        for (colour, alpha) in colours.pixels.iter_mut().zip(&alpha.pixels) {
            *colour = colour.map(|level| level * alpha[0] / 255.0);
        }
        Ok(Self { colours, alpha })
    }

    /// Nothing beyond its sides and its top.
    fn at(&self, x: f32, y: f32) -> ([f32; 3], f32) {
        if !(0.0..self.alpha.width as f32).contains(&x) || y < 0.0 {
            return ([0.0; 3], 0.0);
        }
        (self.colours.at(x, y), self.alpha.at(x, y)[0] / 255.0)
    }
}

struct Plane {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 3]>,
}

impl Plane {
    fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let file = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let picture = still::decode_picture(&file)?;
        let pixels = picture.rgb().chunks_exact(3);
        Ok(Self {
            width: picture.width(),
            height: picture.height(),
            pixels: pixels
                .map(|rgb| [rgb[0], rgb[1], rgb[2]].map(f32::from))
                .collect(),
        })
    }

    /// Between the four pixels around a place, whose middles lie at .5.
    fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let place = |at: f32, len: usize| {
            let at = (at - 0.5).clamp(0.0, len as f32 - 1.0);
            let first = at as usize;
            (first, (first + 1).min(len - 1), at - at.floor())
        };
        let (left, right, along) = place(x, self.width);
        let (top, bottom, down) = place(y, self.height);
        let pixel = |x: usize, y: usize| self.pixels[y * self.width + x];
        let corners = [
            (pixel(left, top), (1.0 - along) * (1.0 - down)),
            (pixel(right, top), along * (1.0 - down)),
            (pixel(left, bottom), (1.0 - along) * down),
            (pixel(right, bottom), along * down),
        ];
        std::array::from_fn(|part| {
            corners
                .iter()
                .map(|(pixel, share)| pixel[part] * share)
                .sum()
        })
    }
}

/// The same numbers with every run: Marsaglia's xorshift.
struct Noise(u32);

impl Noise {
    /// Around 0, up to [`NOISE`], the more the rarer.
    fn next(&mut self) -> f32 {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            (self.0 >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        (uniform() + uniform()) * NOISE
    }
}

fn to_i420(picture: &[[f32; 3]], frame: &mut Frame) {
    let colour = frame.spec().colour();
    let yuv = |[r, g, b]: [f32; 3]| {
        let level = |level: f32| level.round() as u8;
        colour.yuv_of(Rgb::new(level(r), level(g), level(b)))
    };
    let (luma, chroma) = frame.bytes_mut().split_at_mut(WIDTH * HEIGHT);
    let (cb, cr) = chroma.split_at_mut(WIDTH * HEIGHT / 4);
    for (luma, pixel) in luma.iter_mut().zip(picture) {
        *luma = yuv(*pixel)[0];
    }
    for (at, (cb, cr)) in cb.iter_mut().zip(cr).enumerate() {
        let corner = 2 * (at / (WIDTH / 2)) * WIDTH + 2 * (at % (WIDTH / 2));
        let four = [corner, corner + 1, corner + WIDTH, corner + WIDTH + 1].map(|at| picture[at]);
        let mean =
            std::array::from_fn(|part| four.iter().map(|pixel| pixel[part]).sum::<f32>() / 4.0);
        [_, *cb, *cr] = yuv(mean);
    }
}
