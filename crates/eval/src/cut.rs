//! Cut: whether the protected clip was cut out along the very edge of the mattes given.
//!
//! If it was, they are most likely those that it was painted by, and an audit by them is one
//! of a program by its own opinion. Just inside the edge everything is as it was then, and just
//! outside nothing is. No program finds the edge of mattes of another making so exactly.

use crate::matte;
use crate::shape;

/// Neighbouring frames have nearly the same edge.
const EVERY: u64 = 3;
/// How far the edge reaches to both sides, a share of the frame's height; 4 px of 540.
const REACH: f32 = 4.0 / 540.0;
/// So many times as far from the edge a person is untouched but by the coding.
const DEEP: f32 = 3.0;
/// What is off by less is as it was, in levels: conversions round. So much more where coding
/// changes what nothing was done to, in means of that change.
const ROUNDING: f32 = 2.0;
const CODING: f32 = 3.0;
/// A pixel of the room tells whether it was concealed if its 3x3 span so many times what is
/// taken for unchanged.
const SPAN: f32 = 4.0;
/// Fewer pixels of either side of the edge tell nothing, over the whole clip.
const LEAST_PIXELS: u64 = 300;
/// Below both the mattes are taken for those of the clip. Measured on the bundled scenes, protected
/// by this program with blur, frost and a colour: .016 to .045 and up to .002 by its own mattes,
/// up to .071 after x264 at CRF 20 (and .14 in a small .mp4, which is not noticed); .105 to .151
/// by those of another program with the same network, from .168 on by true ones. Its own are
/// not at 0 because `frosted matte` looks at RGB and not at YCbCr.
const MOST_LOST: f64 = 0.09;
const MOST_KEPT: f64 = 0.01;

/// How the edge of the protected clip lies to that of the mattes given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutFigures {
    /// Share of the pixels just inside the mattes' person that are not as they were, 0 to 1.
    pub lost: f64,
    /// Share of the textured pixels just outside that are as they were, 0 to 1.
    pub kept: f64,
}

impl CutFigures {
    /// Whether the mattes are, as far as pixels tell, those that the clip was painted by.
    pub fn is_along_the_mattes(&self) -> bool {
        self.lost < MOST_LOST && self.kept < MOST_KEPT
    }
}

#[derive(Debug)]
pub(crate) struct CutMeter {
    size: (usize, usize),
    reach: f32,
    to_edge: Vec<f32>,
    sums: Sums,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    inside: u64,
    lost: u64,
    outside: u64,
    kept: u64,
}

impl CutMeter {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        Self {
            size,
            reach: (REACH * size.1 as f32).max(2.0),
            to_edge: Vec::new(),
            sums: Sums::default(),
        }
    }

    /// Looks at some of the frames.
    pub(crate) fn look(&mut self, number: u64, original: &[u8], protected: &[u8], alpha: &[u8]) {
        if !number.is_multiple_of(EVERY) || !alpha.iter().any(|&alpha| matte::is_person(alpha)) {
            return;
        }
        let (width, height) = self.size;
        let off = |at: usize| f32::from(original[at].abs_diff(protected[at]));
        let mut to_edge = std::mem::take(&mut self.to_edge);
        let outside = |x: usize, y: usize| !matte::is_person(alpha[y * width + x]);
        shape::distances(width, height, outside, &mut to_edge);
        let unchanged = ROUNDING + CODING * mean_where(&to_edge, DEEP * self.reach, off);
        for (at, _) in self.near(&to_edge) {
            self.sums.inside += 1;
            self.sums.lost += u64::from(off(at) > unchanged);
        }
        let inside = |x: usize, y: usize| !matte::is_room(alpha[y * width + x]);
        shape::distances(width, height, inside, &mut to_edge);
        for (at, _) in self.near(&to_edge) {
            let Some(around) = self.around(at) else {
                continue;
            };
            let levels = around.map(|at| original[at]);
            let span = levels.iter().max().zip(levels.iter().min());
            if span.is_some_and(|(most, least)| f32::from(most - least) >= SPAN * unchanged) {
                self.sums.outside += 1;
                self.sums.kept += u64::from(around.iter().all(|&at| off(at) <= unchanged));
            }
        }
        self.to_edge = to_edge;
    }

    fn near<'d>(&self, to_edge: &'d [f32]) -> impl Iterator<Item = (usize, f32)> + use<'d> {
        let reach = self.reach;
        let all = to_edge.iter().copied().enumerate();
        all.filter(move |(_, distance)| *distance > 0.0 && *distance <= reach)
    }

    /// A pixel and the eight around it; none at the frame's border.
    fn around(&self, at: usize) -> Option<[usize; 9]> {
        let (x, y) = (at % self.size.0, at / self.size.0);
        let is_inner = (1..self.size.0 - 1).contains(&x) && (1..self.size.1 - 1).contains(&y);
        let first = at.checked_sub(self.size.0 + 1)?;
        is_inner.then(|| std::array::from_fn(|k| first + k / 3 * self.size.0 + k % 3))
    }

    /// None if there was too little of an edge.
    pub(crate) fn finish(&self) -> Option<CutFigures> {
        let sums = self.sums;
        (sums.inside.min(sums.outside) >= LEAST_PIXELS).then(|| CutFigures {
            lost: sums.lost as f64 / sums.inside as f64,
            kept: sums.kept as f64 / sums.outside as f64,
        })
    }
}

/// The mean of `of` over all pixels that are farther than this from the edge; 0 without one.
fn mean_where(to_edge: &[f32], farther_than: f32, of: impl Fn(usize) -> f32) -> f32 {
    let (mut sum, mut count) = (0.0, 0u32);
    for (at, distance) in to_edge.iter().enumerate() {
        if *distance > farther_than {
            sum += of(at);
            count += 1;
        }
    }
    sum / count.max(1) as f32
}
