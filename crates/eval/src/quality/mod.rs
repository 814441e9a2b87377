//! How close a matte is to the true one: the usual measures of matting and segmentation.
//!
//! The formulas are those of the sources named at each figure of [`MatteFigures`]; where a
//! source measures an unknown region only, here it is the whole frame, because a person's
//! true matte comes without one.

mod boundary;
mod gradient;

use std::thread;

use self::boundary::Boundaries;
use self::gradient::Gradients;
use crate::error::AuditError;
use crate::matte;

/// From this alpha on a pixel counts as person where yes or no is asked (.5 of 255).
const PERSON_BY_HALF_FROM: u8 = 128;

/// How far mattes are from the true ones: of one frame, or the mean of many.
///
/// A figure is none where it cannot be had: there is no person, no room, or no frame before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MatteFigures {
    /// MAD: mean of |α - α*| over the frame, thousandths; 0 = the same.
    pub mad: Option<f64>,
    /// Gradient error: Σ(|∇α| - |∇α*|)² / 1000 over the frame, ∇ by derivatives of a Gaussian
    /// of standard deviation 1.4 px, cut off at 4 px, each two-dimensional filter of the L2
    /// norm 1 (Rhemann et al. 2009, q = 2). Grows with the frame's size.
    pub gradient: Option<f64>,
    /// dtSSD: root of the mean of ((α_t - α_t-1) - (α*_t - α*_t-1))² over the frame,
    /// hundredths (Erofeev et al. 2015, a mean for its sum).
    pub dtssd: Option<f64>,
    /// Intersection over union of what is at least half person, 0 to 1; 1 = the same.
    pub iou: Option<f64>,
    /// Boundary F: harmonic mean of the shares of each boundary that has the other one within
    /// 3 px at 720 lines, 0 to 1 (Perazzi et al. 2016).
    pub boundary_f: Option<f64>,
    /// Share of the surely person pixels (α* over .98) that are less than half shown, 0 to 1.
    pub lost: Option<f64>,
    /// Share of the surely room pixels (α* under .02) that are shown by half or more, 0 to 1.
    pub shown: Option<f64>,
}

impl MatteFigures {
    /// The mean of each figure over those that have it.
    pub fn mean<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sums = [(0.0, 0_u32); 7];
        for figures in all {
            for ((sum, count), figure) in sums.iter_mut().zip(figures.all()) {
                *sum += figure.unwrap_or_default();
                *count += u32::from(figure.is_some());
            }
        }
        let [mad, gradient, dtssd, iou, boundary_f, lost, shown] =
            sums.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)));
        Self {
            mad,
            gradient,
            dtssd,
            iou,
            boundary_f,
            lost,
            shown,
        }
    }

    fn all(&self) -> [Option<f64>; 7] {
        [
            self.mad,
            self.gradient,
            self.dtssd,
            self.iou,
            self.boundary_f,
            self.lost,
            self.shown,
        ]
    }
}

/// Compares the mattes of several contenders with the true ones, frame by frame.
///
/// ```
/// use frosted_eval::MatteJudge;
///
/// // 32 x 16 pixels, the left half is the person; one contender finds a quarter less.
/// let half = |width: usize| (0..32 * 16).map(|at| if at % 32 < width { 255 } else { 0 }).collect();
/// let (truth, narrow): (Vec<u8>, Vec<u8>) = (half(16), half(12));
/// let mut judge = MatteJudge::new(32, 16, 2);
/// let figures = judge.add(&truth, &[&truth, &narrow])?;
/// assert_eq!((figures[0].mad, figures[0].iou), (Some(0.0), Some(1.0)));
/// assert_eq!((figures[1].mad, figures[1].iou), (Some(125.0), Some(0.75)));
/// assert_eq!((figures[1].lost, figures[1].shown), (Some(0.25), Some(0.0)));
/// # Ok::<(), frosted_eval::AuditError>(())
/// ```
#[derive(Debug)]
pub struct MatteJudge {
    size: (usize, usize),
    truth: Matte,
    contenders: Vec<Matte>,
    frames: u64,
}

impl MatteJudge {
    /// For frames of this size in pixels and so many contenders.
    pub fn new(width: usize, height: usize, contenders: usize) -> Self {
        let matte = || Matte::new((width, height));
        Self {
            size: (width, height),
            truth: matte(),
            contenders: (0..contenders).map(|_| matte()).collect(),
            frames: 0,
        }
    }

    /// Looks at the next frame: its true alpha and that of each contender, in their order, a
    /// byte a pixel, 0 = room, 255 = person. Gives the figures of this frame in that order.
    ///
    /// # Errors
    /// [`AuditErrorKind::Size`](crate::AuditErrorKind::Size) if a matte has another size.
    ///
    /// # Panics
    /// If there are more or fewer mattes than contenders.
    pub fn add(&mut self, truth: &[u8], mattes: &[&[u8]]) -> Result<Vec<MatteFigures>, AuditError> {
        let contenders = self.contenders.len();
        assert_eq!(mattes.len(), contenders, "a matte for each contender");
        let pixels = self.size.0 * self.size.1;
        let mut all = mattes.iter().chain([&truth]);
        if let Some(wrong) = all.find(|matte| matte.len() != pixels) {
            return Err(AuditError::matte(wrong.len(), self.size));
        }
        self.truth.take(truth);
        let (truth, is_first) = (&self.truth, self.frames == 0);
        self.frames += 1;
        Ok(thread::scope(|scope| {
            let judged = self.contenders.iter_mut().zip(mattes).map(|(own, matte)| {
                scope.spawn(move || {
                    own.take(matte);
                    figures(truth, own, is_first)
                })
            });
            let judged: Vec<_> = judged.collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            judged.into_iter().map(join).collect()
        }))
    }
}

/// A matte of this frame and the one before, and what both measures of edges need of it.
#[derive(Debug)]
struct Matte {
    alpha: Vec<u8>,
    before: Vec<u8>,
    gradients: Gradients,
    boundaries: Boundaries,
}

impl Matte {
    fn new(size: (usize, usize)) -> Self {
        Self {
            alpha: vec![0; size.0 * size.1],
            before: vec![0; size.0 * size.1],
            gradients: Gradients::new(size),
            boundaries: Boundaries::new(size),
        }
    }

    fn take(&mut self, alpha: &[u8]) {
        std::mem::swap(&mut self.alpha, &mut self.before);
        self.alpha.copy_from_slice(alpha);
        self.gradients.of(alpha);
        self.boundaries
            .of(alpha, |alpha| alpha >= PERSON_BY_HALF_FROM);
    }
}

fn figures(truth: &Matte, matte: &Matte, is_first: bool) -> MatteFigures {
    let pixels = truth.alpha.len() as f64;
    let (mut difference, mut change) = (0_u64, 0_u64);
    for ((&t, &m), (&t_before, &m_before)) in truth
        .alpha
        .iter()
        .zip(&matte.alpha)
        .zip(truth.before.iter().zip(&matte.before))
    {
        difference += u64::from(t.abs_diff(m));
        let of = |now: u8, before: u8| i32::from(now) - i32::from(before);
        change += u64::from((of(m, m_before) - of(t, t_before)).unsigned_abs().pow(2));
    }
    let counts = Counts::of(&truth.alpha, &matte.alpha);
    MatteFigures {
        mad: Some(1000.0 * difference as f64 / 255.0 / pixels),
        gradient: Some(truth.gradients.squared_difference(&matte.gradients) / 1000.0),
        dtssd: (!is_first).then(|| 100.0 * (change as f64 / pixels).sqrt() / 255.0),
        iou: share(counts.both, counts.either),
        boundary_f: truth.boundaries.agreement(&matte.boundaries),
        lost: share(counts.lost, counts.person),
        shown: share(counts.shown, counts.room),
    }
}

/// Pixels by yes and no.
#[derive(Default)]
struct Counts {
    both: u64,
    either: u64,
    person: u64,
    lost: u64,
    room: u64,
    shown: u64,
}

impl Counts {
    fn of(truth: &[u8], matte: &[u8]) -> Self {
        let mut counts = Self::default();
        for (&truth, &alpha) in truth.iter().zip(matte) {
            let is_shown = alpha >= PERSON_BY_HALF_FROM;
            let should_be = truth >= PERSON_BY_HALF_FROM;
            let (person, room) = (matte::is_person(truth), matte::is_room(truth));
            counts.both += u64::from(is_shown & should_be);
            counts.either += u64::from(is_shown | should_be);
            counts.person += u64::from(person);
            counts.lost += u64::from(person & !is_shown);
            counts.room += u64::from(room);
            counts.shown += u64::from(room & is_shown);
        }
        counts
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
