use std::fmt;

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId};
use frosted_core::{ComposeError, Frame, FrameSpec, Mask, PixelFormat, Reduced, TextHeight};

/// A few frames for a compositor: every one must make the same of them.
///
/// The picture is noise, which no rounding forgives; from frame to frame it and the matte
/// change, and the backdrop changes once and is held once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Composition {
    /// The frames, without gaps between rows; they are handed over with gaps.
    pub spec: FrameSpec,
    /// Side of the plan's square.
    pub square_px: usize,
    /// What covers the room.
    pub matte: MatteKind,
    /// What is shown instead of it.
    pub backdrop: BackdropKind,
}

/// What a composition's matte looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatteKind {
    /// There is none: everything is covered.
    None,
    /// One value everywhere.
    Level(u8),
    /// From 0 on the left to 255 on the right, further with each row and frame.
    Ramp,
    /// A soft disc that moves to the right from frame to frame.
    Disc,
    /// Noise.
    Noise,
}

/// What a composition's backdrop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackdropKind {
    /// A field of noise with a node every so many pixels.
    Field(usize),
    /// One colour.
    Flat,
    /// A picture of noise.
    Picture,
    /// Transparent black over such a field.
    Transparent(usize),
}

/// What a compositor made of one frame.
#[derive(Debug)]
pub struct Shot {
    /// The reduced planes.
    pub reduced: [Vec<u8>; 3],
    /// The painted frame.
    pub painted: Frame,
}

/// Width, height and the squares to try there: even and odd, smaller than a GPU's workgroup and
/// larger, with rows that end within a word.
const SIZES: [(usize, usize, &[usize]); 6] = [
    (16, 16, &[1, 3, 16]),
    (17, 19, &[2, 5]),
    (33, 16, &[7]),
    (64, 48, &[4]),
    (322, 182, &[1, 5]),
    (641, 361, &[3]),
];

/// On small frames every way that steps and chroma can meet is tried.
const SMALL_WIDTH: usize = 64;

const FRAMES: u64 = 3;

/// What is in a target before it is painted.
const POISON: u8 = 0x5a;

/// Every composition: all direct formats, sizes, mattes and backdrops.
pub fn compositions() -> Vec<Composition> {
    let mut all = Vec::new();
    for format in PixelFormat::DIRECT {
        for (width, height, squares) in SIZES {
            let spec = FrameSpec::new(format, width, height).expect("the sizes are legal");
            for &square_px in squares {
                for backdrop in backdrops(&spec) {
                    for matte in mattes(&spec) {
                        all.push(Composition {
                            spec,
                            square_px,
                            matte,
                            backdrop,
                        });
                    }
                }
            }
        }
    }
    all
}

fn backdrops(spec: &FrameSpec) -> Vec<BackdropKind> {
    let steps_px: &[usize] = match spec.width() {
        ..=SMALL_WIDTH => &[1, 2, 8, 64, 1 << 15],
        _ => &[2, 16],
    };
    let fields = steps_px.iter().map(|&step_px| BackdropKind::Field(step_px));
    let mut backdrops: Vec<_> = fields.collect();
    backdrops.extend([BackdropKind::Flat, BackdropKind::Picture]);
    if spec.format().has_alpha() {
        backdrops.extend(steps_px.iter().map(|&step| BackdropKind::Transparent(step)));
    }
    backdrops
}

fn mattes(spec: &FrameSpec) -> Vec<MatteKind> {
    use MatteKind::{Disc, Level, Noise, None, Ramp};
    match spec.width() {
        ..=SMALL_WIDTH => vec![None, Level(0), Level(160), Level(255), Ramp, Disc, Noise],
        _ => vec![Level(0), Level(255), Disc, Noise],
    }
}

impl Composition {
    /// The plan of its frames.
    pub fn plan(&self) -> ConcealPlan {
        let mut plan = ConcealPlan::new(&self.spec, (256, 144), TextHeight::default());
        plan.square_px = self.square_px;
        plan
    }

    /// Has `compositor`, configured for the spec and the plan, reduce and paint every frame.
    ///
    /// # Errors
    /// The compositor's first.
    pub fn paint(&self, compositor: &mut dyn Compositor) -> Result<Vec<Shot>, ComposeError> {
        let mut fields: Vec<Field> = Vec::new();
        let mut pictures: Vec<Frame> = Vec::new();
        for seed in [77, 78] {
            match self.backdrop {
                BackdropKind::Field(step_px) | BackdropKind::Transparent(step_px) => {
                    fields.push(noise_field(&self.spec, step_px, seed));
                }
                BackdropKind::Picture => pictures.push(noise_frame(with_gaps(self.spec, 7), seed)),
                BackdropKind::Flat => {}
            }
        }
        let mut mask = Mask::new();
        (1..=FRAMES)
            .map(|number| {
                let source = noise_frame(with_gaps(self.spec, 3), number);
                let id = FrameId(number);
                let reduced = compositor.reduce(id, &source.view())?;
                let planes = reduced.planes().map(<[u8]>::to_vec);
                self.matte.draw(reduced, number, &mut mask);
                // Of three frames the last two have the same.
                let turn = usize::from(number > 1);
                let backdrop = match self.backdrop {
                    BackdropKind::Field(_) => Backdrop::Field(&fields[turn]),
                    BackdropKind::Transparent(_) => Backdrop::Transparent(&fields[turn]),
                    BackdropKind::Picture => Backdrop::Picture(&pictures[turn]),
                    BackdropKind::Flat => Backdrop::Flat([201, 7 + turn as u8, 88]),
                };
                let cover = match self.matte {
                    MatteKind::None => Cover::Everything { backdrop },
                    _ => Cover::Background {
                        matte: &mask,
                        backdrop,
                    },
                };
                let mut painted = Frame::new(with_gaps(self.spec, 5));
                painted.bytes_mut().fill(POISON);
                compositor.paint(id, &source.view(), cover, &mut painted.view_mut())?;
                Ok(Shot {
                    reduced: planes,
                    painted,
                })
            })
            .collect()
    }
}

impl fmt::Display for Composition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}x{} by {}, matte {:?}, {:?}",
            self.spec.format(),
            self.spec.width(),
            self.spec.height(),
            self.square_px,
            self.matte,
            self.backdrop
        )
    }
}

impl MatteKind {
    /// Makes `mask` the matte of frame `number`, which was reduced to `reduced`.
    pub fn draw(self, reduced: &Reduced, number: u64, mask: &mut Mask) {
        let (width, height) = (reduced.width(), reduced.height());
        let shift = number as usize;
        let mut noise = Noise(9 + number);
        for (index, value) in mask.begin(reduced).iter_mut().enumerate() {
            let (x, y) = (index % width, index / width);
            *value = match self {
                Self::None => 0,
                Self::Level(level) => level,
                Self::Ramp => (255 * x / width.max(2) + 5 * (y + shift)).min(255) as u8,
                Self::Disc => {
                    let across = (x + shift) as f64 / width as f64 - 0.5;
                    let down = y as f64 / height as f64 - 0.6;
                    (420.0 - 900.0 * across.hypot(down)).clamp(0.0, 255.0) as u8
                }
                Self::Noise => noise.byte(),
            };
        }
    }
}

/// Numbers that look random and are the same each time.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 56) as u8
    }
}

/// `spec` with gaps of `gap` bytes behind the rows of its first plane, and more behind others'.
fn with_gaps(spec: FrameSpec, gap: usize) -> FrameSpec {
    let strides: Vec<usize> = (0..spec.format().plane_count())
        .map(|plane| spec.plane_row_bytes(plane) + gap + 2 * plane)
        .collect();
    spec.with_stride_bytes(&strides)
        .expect("gaps are shorter than the longest stride")
}

/// A frame of noise, the same for the same spec and `seed`, gaps too.
pub fn noise_frame(spec: FrameSpec, seed: u64) -> Frame {
    let mut frame = Frame::new(spec);
    let mut noise = Noise(seed);
    frame.bytes_mut().fill_with(|| noise.byte());
    frame
}

/// A field of noise with a node every `step_px`, the same for the same frame size and `seed`; a
/// third of its nodes are at either end, a few beyond what a node may be.
pub fn noise_field(spec: &FrameSpec, step_px: usize, seed: u64) -> Field {
    let nodes = |pixels: usize| (pixels - 1).div_ceil(step_px) + 1;
    let (width, height) = (nodes(spec.width()), nodes(spec.height()));
    let mut noise = Noise(seed);
    let mut node = || match noise.byte() {
        0..40 => 0,
        215..250 => 255 * 256,
        250.. => u16::MAX,
        level => u16::from(level) * 256 + u16::from(noise.byte()),
    };
    Field {
        step_px,
        width,
        height,
        planes: std::array::from_fn(|_| (0..width * height).map(|_| node()).collect()),
    }
}
