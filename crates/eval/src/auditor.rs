use std::thread;

use frosted_core::FrameView;

use crate::cut::CutMeter;
use crate::detail::Level;
use crate::error::{AuditError, AuditErrorKind};
use crate::fringe::{FringeMeter, FringeSums, Mixed};
use crate::halo::HaloMeter;
use crate::leak::LeakFinder;
use crate::luma;
use crate::matte;
use crate::person::{PersonFigures, PersonMeter};
use crate::report::{Ground, Report};
use crate::room::Room;
use crate::shape;
use crate::temporal::{FlickerMeter, Moment};

/// Halo is dear and changes slowly: it is measured on every fifth frame.
const HALO_EVERY: u64 = 5;

/// What was measured of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FrameFigures {
    /// Pixels of textured room; with [`Ground::WholeFrame`] of the whole frame.
    pub textured_px: u64,
    /// Those of them that are legible.
    pub legible_px: u64,
    /// Change of the shown room that the room did not make, since the frame before: root
    /// mean square in levels of 255. None for the first frame and where little stood still.
    pub flicker: Option<f64>,
    /// The change that 99.9 % of those pixels stay within.
    pub flicker_p999: Option<f64>,
    /// Harm to the person; none without a matte or a person.
    pub person: Option<PersonFigures>,
    /// The person's colours in the room beside them, 0 to 1; on every fifth frame.
    pub halo: Option<f64>,
    /// Share of the room's texture that shows where person and room are mixed. An estimate by
    /// few pixels, which can be over 1 or under 0.
    pub fringe: Option<f64>,
}

impl FrameFigures {
    /// Share of the textured pixels that are legible, 0 to 1.
    pub fn legible(&self) -> f64 {
        self.legible_px as f64 / self.textured_px.max(1) as f64
    }
}

/// Compares a clip with its protected version, frame by frame.
///
/// Frames are looked at in their order, each once, and none is kept but the last.
///
/// ```
/// use frosted_core::{Frame, FrameSpec, PixelFormat};
/// use frosted_eval::{Auditor, Limits, Outcome};
///
/// let spec = FrameSpec::new(PixelFormat::Rgb8, 64, 48)?;
/// let mut room = Frame::new(spec);
/// for (at, byte) in room.bytes_mut().iter_mut().enumerate() {
///     *byte = if at / 9 % 2 == 0 { 200 } else { 60 };
/// }
/// let nobody = vec![0; 64 * 48];
/// let mut auditor = Auditor::new(64, 48);
/// auditor.add(&room.view(), &room.view(), Some(&nobody))?; // not protected at all
/// let report = auditor.finish()?;
/// assert_eq!(report.verdict(&Limits::default()).outcome, Outcome::Fail);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Auditor {
    size: (usize, usize),
    room: Option<Room>,
    ground: Option<Ground>,
    frames: Vec<FrameFigures>,
    now: Lumas,
    before: Lumas,
    leak: LeakFinder,
    flicker: FlickerMeter,
    person: PersonMeter,
    halo: HaloMeter,
    fringe: FringeMeter,
    fringe_sums: FringeSums,
    cut: CutMeter,
    /// 1 where the room was ever legible, and where it ever had texture.
    union: Vec<u8>,
    ever_textured: Vec<u8>,
    mean: Means,
}

/// Luma of a frame before and after, and 1 where it is room.
#[derive(Default)]
struct Lumas {
    original: Vec<u8>,
    protected: Vec<u8>,
    is_room: Vec<u8>,
}

impl Lumas {
    fn moment(&self) -> Moment<'_> {
        Moment {
            original: &self.original,
            protected: &self.protected,
            is_room: &self.is_room,
        }
    }
}

impl std::fmt::Debug for Auditor {
    /// Shows no pixel.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auditor")
            .field("size", &self.size)
            .field("frames", &self.frames.len())
            .finish_non_exhaustive()
    }
}

impl Auditor {
    /// For frames of this size in pixels.
    pub fn new(width: usize, height: usize) -> Self {
        let size = (width, height);
        let pixels = width * height;
        Self {
            size,
            room: None,
            ground: None,
            frames: Vec::new(),
            now: Lumas::default(),
            before: Lumas::default(),
            leak: LeakFinder::new(size),
            flicker: FlickerMeter::new(size),
            person: PersonMeter::new(size),
            halo: HaloMeter::new(size),
            fringe: FringeMeter::new(size),
            fringe_sums: FringeSums::default(),
            cut: CutMeter::new(size),
            union: vec![0; pixels],
            ever_textured: vec![0; pixels],
            mean: Means::new(size),
        }
    }

    /// With the empty room, without which there is no fringe figure.
    ///
    /// # Errors
    /// [`AuditErrorKind::Size`] if it has another size.
    pub fn with_room(mut self, room: Room) -> Result<Self, AuditError> {
        if room.size() != self.size {
            return Err(AuditError::size("the empty room", room.size(), self.size));
        }
        self.room = Some(room);
        Ok(self)
    }

    /// Looks at the next frame before and after protection. `matte` is its true alpha, a byte
    /// a pixel, 0 = room, 255 = a person that may be shown; all frames have one or none.
    ///
    /// # Errors
    /// [`AuditErrorKind::Size`] if a size differs from that of the clip,
    /// [`AuditErrorKind::Mattes`] if only some frames have a matte.
    pub fn add(
        &mut self,
        original: &FrameView<'_>,
        protected: &FrameView<'_>,
        matte: Option<&[u8]>,
    ) -> Result<&FrameFigures, AuditError> {
        self.check(original, protected, matte)?;
        std::mem::swap(&mut self.now, &mut self.before);
        luma::read(original, &mut self.now.original);
        luma::read(protected, &mut self.now.protected);
        self.now.is_room.clear();
        match matte {
            Some(matte) => {
                let is_room = matte.iter().map(|&alpha| u8::from(matte::is_room(alpha)));
                self.now.is_room.extend(is_room);
            }
            None => self.now.is_room.resize(self.size.0 * self.size.1, 1),
        }
        let figures = self.measure(original, protected, matte);
        self.remember();
        self.frames.push(figures);
        Ok(self.frames.last().expect("one was pushed"))
    }

    fn check(
        &mut self,
        original: &FrameView<'_>,
        protected: &FrameView<'_>,
        matte: Option<&[u8]>,
    ) -> Result<(), AuditError> {
        for (what, frame) in [
            ("the original", original),
            ("the protected frame", protected),
        ] {
            let size = (frame.spec().width(), frame.spec().height());
            if size != self.size {
                return Err(AuditError::size(what, size, self.size));
            }
        }
        if let Some(matte) = matte.filter(|matte| matte.len() != self.union.len()) {
            return Err(AuditError::matte(matte.len(), self.size));
        }
        let ground = match matte {
            Some(_) => Ground::Mattes,
            None => Ground::WholeFrame,
        };
        if *self.ground.get_or_insert(ground) == ground {
            Ok(())
        } else {
            Err(AuditError::new(
                AuditErrorKind::Mattes,
                format!(
                    "frame {} has {} matte, the frames before it differ: give one for each or none",
                    self.frames.len(),
                    if matte.is_some() { "a" } else { "no" }
                ),
            ))
        }
    }

    /// The leak on one thread, the rest on another: they take about as long.
    fn measure(
        &mut self,
        original: &FrameView<'_>,
        protected: &FrameView<'_>,
        matte: Option<&[u8]>,
    ) -> FrameFigures {
        let (now, before) = (&self.now, &self.before);
        let (leak, flicker, person) = (&mut self.leak, &mut self.flicker, &mut self.person);
        let (halo, fringe, cut) = (&mut self.halo, &mut self.fringe, &mut self.cut);
        let room = self.room.as_ref();
        let number = self.frames.len() as u64;
        let has_halo = number.is_multiple_of(HALO_EVERY);
        thread::scope(|scope| {
            let counts = scope.spawn(|| leak.look(&now.original, &now.protected, &now.is_room));
            let flicker = (number > 0)
                .then(|| flicker.between(before.moment(), now.moment()))
                .flatten();
            let person_figures =
                matte.and_then(|alpha| person.look(number, &now.original, &now.protected, alpha));
            let halo = matte
                .filter(|_| has_halo)
                .and_then(|alpha| halo.look(original, protected, alpha, person.inside()));
            let fringe = matte.zip(room).map(|(alpha, room)| {
                fringe.look(Mixed {
                    original: &now.original,
                    protected: &now.protected,
                    alpha,
                    room: room.luma(),
                })
            });
            if let Some(alpha) = matte {
                cut.look(number, &now.original, &now.protected, alpha);
            }
            if let Some(sums) = &fringe {
                self.fringe_sums.add(sums);
            }
            let counts = match counts.join() {
                Ok(counts) => counts,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            FrameFigures {
                textured_px: counts.textured,
                legible_px: counts.legible,
                flicker: flicker.map(|flicker| flicker.rms),
                flicker_p999: flicker.map(|flicker| flicker.p999),
                person: person_figures,
                halo,
                fringe: fringe.and_then(|sums| sums.whole.gain()),
            }
        })
    }

    fn remember(&mut self) {
        let or = |all: &mut [u8], this: &[u8]| {
            for (all, this) in all.iter_mut().zip(this) {
                *all |= this;
            }
        };
        or(&mut self.union, self.leak.legible());
        or(&mut self.ever_textured, self.leak.textured());
        self.mean.add(&self.now);
    }

    /// Where the last frame's room is legible, a byte a pixel: 1 = legible.
    pub fn legible(&self) -> &[u8] {
        self.leak.legible()
    }

    /// All figures.
    ///
    /// # Errors
    /// [`AuditErrorKind::Empty`] if there was no frame.
    pub fn finish(self) -> Result<Report, AuditError> {
        let Some(ground) = self.ground else {
            return Err(AuditError::new(
                AuditErrorKind::Empty,
                "there is no frame, nothing can be said",
            ));
        };
        let count = |map: &[u8]| map.iter().map(|&value| u64::from(value)).sum();
        let detail = self.mean.level(self.frames.len()).detail();
        Ok(Report {
            size: self.size,
            ground,
            room: self.room.map(|room| room.origin()),
            union_px: count(&self.union),
            ever_textured_px: count(&self.ever_textured),
            largest_patch_px: shape::largest_patch(&self.union, self.size.0) as u64,
            union: self.union,
            detail,
            fringe: self.fringe_sums.whole.gain(),
            fringe_parts: self.fringe_sums.parts.map(|part| part.gain()),
            cut: self.cut.finish(),
            frames: self.frames,
        })
    }
}

/// Sums of what was shown where the room is.
struct Means {
    size: (usize, usize),
    original: Vec<u32>,
    protected: Vec<u32>,
    count: Vec<u32>,
}

impl Means {
    fn new(size: (usize, usize)) -> Self {
        let zeros = || vec![0; size.0 * size.1];
        Self {
            size,
            original: zeros(),
            protected: zeros(),
            count: zeros(),
        }
    }

    fn add(&mut self, frame: &Lumas) {
        let sums = self
            .original
            .iter_mut()
            .zip(&mut self.protected)
            .zip(&mut self.count);
        let pixels = frame
            .original
            .iter()
            .zip(&frame.protected)
            .zip(&frame.is_room);
        for (((original, protected), count), ((&o, &p), &room)) in sums.zip(pixels) {
            let room = u32::from(room);
            *original += u32::from(o) * room;
            *protected += u32::from(p) * room;
            *count += room;
        }
    }

    /// Known are pixels that were room in at least 5 % of the frames, and in more than three
    /// where there are so many.
    fn level(&self, frames: usize) -> Level {
        let least = (frames as f64 * 0.05).max(frames.min(4) as f64);
        let mean = |sums: &[u32]| -> Vec<f32> {
            let means = sums.iter().zip(&self.count);
            means
                .map(|(&sum, &count)| sum as f32 / count.max(1) as f32)
                .collect()
        };
        let is_known = |&count: &u32| f32::from(u8::from(f64::from(count) >= least));
        Level {
            size: self.size,
            original: mean(&self.original),
            protected: mean(&self.protected),
            known: self.count.iter().map(is_known).collect(),
        }
    }
}
