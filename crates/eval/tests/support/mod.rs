//! A made clip: a textured room, a figure that moves in front of it, and its exact mattes.
//!
//! The figure is a rectangle with straight edges, along which alpha goes up linearly, so that
//! figures can be worked out by hand.

use frosted_core::{Frame, FrameSpec, PixelFormat};
use frosted_eval::{Auditor, Report, Room};

pub(crate) const WIDTH: usize = 640;
pub(crate) const HEIGHT: usize = 360;
pub(crate) const FRAMES: usize = 12;
/// Pixels over which alpha goes from 0 to 1.
pub(crate) const RAMP: f32 = 8.0;
/// The figure's opaque part.
pub(crate) const FIGURE_WIDTH: f32 = 180.0;
pub(crate) const FIGURE_TOP: f32 = 90.0;

/// Grey levels of a frame, row by row.
pub(crate) type Grey = Vec<f32>;

pub(crate) struct Scene {
    /// The empty room: texture of all wavelengths around 110.
    pub(crate) room: Grey,
    /// The room blurred until nothing of its texture is left.
    pub(crate) concealed: Grey,
    /// The figure's own texture, around 200.
    pub(crate) figure: Grey,
    /// Alpha of each frame, 0 to 1 in steps of 1/255.
    pub(crate) alphas: Vec<Grey>,
}

/// The blur of [`Scene::concealed`], pixels.
pub(crate) const CONCEALED_SIGMA_PX: f32 = 28.0;

impl Scene {
    pub(crate) fn new() -> Self {
        // Each octave of wavelengths has about as much texture, as in pictures of rooms.
        let octaves = [(0.8, 20.0), (3.0, 10.0), (9.0, 10.0), (27.0, 10.0)];
        let mut room = vec![110.0; WIDTH * HEIGHT];
        for (seed, (sigma_px, std)) in (1..).zip(octaves) {
            for (level, noise) in room.iter_mut().zip(noise(seed, sigma_px, std)) {
                *level += noise;
            }
        }
        for level in &mut room {
            *level = level.clamp(0.0, 255.0).round();
        }
        Self {
            concealed: blurred(&room, CONCEALED_SIGMA_PX),
            figure: noise(9, 0.8, 25.0)
                .iter()
                .map(|noise| (200.0 + noise).min(255.0))
                .collect(),
            alphas: (0..FRAMES).map(|t| alpha(figure_left(t), 0.0)).collect(),
            room,
        }
    }

    /// What the camera sees.
    pub(crate) fn original(&self, t: usize) -> Grey {
        mixed(&self.alphas[t], &self.figure, &self.room)
    }

    /// The figure itself over the concealed room: what cannot be done better.
    pub(crate) fn clean(&self, t: usize) -> Grey {
        mixed(&self.alphas[t], &self.figure, &self.concealed)
    }

    /// Audits the clip whose frames `protect` makes, with mattes and the empty room.
    pub(crate) fn audit(&self, protect: impl Fn(usize) -> Grey) -> Report {
        self.audit_of(|t| self.original(t), protect)
    }

    /// The same of another original.
    pub(crate) fn audit_of(
        &self,
        original: impl Fn(usize) -> Grey,
        protect: impl Fn(usize) -> Grey,
    ) -> Report {
        let room = frame(&self.room);
        let mut auditor = Auditor::new(WIDTH, HEIGHT)
            .with_room(Room::from_picture(&room.view()))
            .unwrap();
        for t in 0..FRAMES {
            let (original, protected) = (frame(&original(t)), frame(&protect(t)));
            let matte = matte(&self.alphas[t]);
            auditor
                .add(&original.view(), &protected.view(), Some(&matte))
                .unwrap();
        }
        auditor.finish().unwrap()
    }

    /// The same without mattes.
    pub(crate) fn audit_blind(&self, protect: impl Fn(usize) -> Grey) -> Report {
        let mut auditor = Auditor::new(WIDTH, HEIGHT);
        for t in 0..FRAMES {
            let (original, protected) = (frame(&self.original(t)), frame(&protect(t)));
            auditor
                .add(&original.view(), &protected.view(), None)
                .unwrap();
        }
        auditor.finish().unwrap()
    }
}

/// Where the opaque part of the figure begins: it sways by 40 px.
pub(crate) fn figure_left(t: usize) -> f32 {
    (240.0 + 20.0 * (t as f32 / 2.0).sin()).round()
}

/// Alpha of a figure that is `wider` pixels larger on all sides.
pub(crate) fn alpha(left: f32, wider: f32) -> Grey {
    let (left, right) = (left - wider, left + FIGURE_WIDTH + wider);
    let top = FIGURE_TOP - wider;
    pixels()
        .map(|(x, y)| {
            let outside = (left - x).max(x - right).max(top - y).max(0.0);
            ((1.0 - outside / RAMP).max(0.0) * 255.0).round() / 255.0
        })
        .collect()
}

pub(crate) fn pixels() -> impl Iterator<Item = (f32, f32)> {
    (0..WIDTH * HEIGHT).map(|at| ((at % WIDTH) as f32, (at / WIDTH) as f32))
}

pub(crate) fn mixed(alpha: &[f32], person: &[f32], room: &[f32]) -> Grey {
    let pixels = alpha.iter().zip(person).zip(room);
    pixels
        .map(|((alpha, person), room)| alpha * person + (1.0 - alpha) * room)
        .collect()
}

/// `from` where `inside` says so, else `grey`.
pub(crate) fn planted(mut grey: Grey, from: &[f32], inside: impl Fn(f32, f32) -> bool) -> Grey {
    for ((out, from), (x, y)) in grey.iter_mut().zip(from).zip(pixels()) {
        if inside(x, y) {
            *out = *from;
        }
    }
    grey
}

pub(crate) fn matte(alpha: &[f32]) -> Vec<u8> {
    alpha
        .iter()
        .map(|alpha| (alpha * 255.0).round() as u8)
        .collect()
}

pub(crate) fn frame(grey: &[f32]) -> Frame {
    let mut frame = Frame::new(FrameSpec::new(PixelFormat::Rgb8, WIDTH, HEIGHT).unwrap());
    for (out, grey) in frame.bytes_mut().chunks_exact_mut(3).zip(grey) {
        out.fill(grey.round() as u8);
    }
    frame
}

/// Noise of this standard deviation in levels, smoothed by a Gaussian of so many pixels.
fn noise(seed: u32, sigma_px: f32, std: f32) -> Grey {
    let mut state = seed.wrapping_mul(0x9E37_79B9);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let white: Grey = (0..WIDTH * HEIGHT).map(|_| next()).collect();
    let smooth = blurred(&white, sigma_px);
    let variance = smooth.iter().map(|value| value * value).sum::<f32>() / smooth.len() as f32;
    smooth
        .iter()
        .map(|value| value * std / variance.sqrt())
        .collect()
}

/// A Gaussian blur by its definition, borders mirrored.
pub(crate) fn blurred(grey: &[f32], sigma_px: f32) -> Grey {
    let reach = (4.0 * sigma_px).ceil() as isize;
    let weights: Vec<f32> = (-reach..=reach)
        .map(|at| (-0.5 * (at as f32 / sigma_px).powi(2)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    let fold = |at: isize, len: usize| {
        let period = 2 * (len as isize - 1);
        let at = at.rem_euclid(period);
        at.min(period - at) as usize
    };
    let along = |grey: &[f32], pick: &dyn Fn(usize, usize, isize) -> usize| -> Grey {
        (0..grey.len())
            .map(|at| {
                let (x, y) = (at % WIDTH, at / WIDTH);
                let taps = (-reach..=reach).zip(&weights);
                taps.map(|(offset, weight)| weight * grey[pick(x, y, offset)])
                    .sum::<f32>()
                    / sum
            })
            .collect()
    };
    let rows = along(grey, &|x, y, offset| {
        y * WIDTH + fold(x as isize + offset, WIDTH)
    });
    along(&rows, &|x, y, offset| {
        fold(y as isize + offset, HEIGHT) * WIDTH + x
    })
}
