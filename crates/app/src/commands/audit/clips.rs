//! The clip before and after protection with its mattes, frame by frame.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use frosted::Frame;
use frosted_eval::{Room, RoomMean};

use crate::cli::AuditOptions;
use crate::commands::mattes::{Matte, Mattes};
use crate::commands::truth::Truth;
use crate::exit::Failure;
use crate::interrupt;
use crate::media::open::{self, Opened, input_name};
use crate::media::{StreamInfo, Timing};

/// A frame before and after, and its matte.
pub(super) struct Pair {
    pub(super) original: Frame,
    pub(super) protected: Frame,
    pub(super) matte: Option<Matte>,
}

/// Everything that is read.
#[derive(Debug)]
pub(super) struct Clips {
    original: Opened,
    protected: Opened,
    names: [String; 2],
    mattes: Option<Mattes>,
    /// How many frames the truth is about.
    promised: Option<u64>,
}

impl Clips {
    /// Opens both clips and lists the mattes.
    ///
    /// # Errors
    /// [`Failure`] if one cannot be read or they do not belong together.
    pub(super) fn open(options: &AuditOptions, truth: &Truth) -> Result<Self, Failure> {
        let folder = options.mask.as_deref().or(truth.mattes.as_deref());
        let clips = Self {
            original: open::source(&options.original, None)?,
            protected: open::source(&options.protected, None)?,
            names: [&options.original, &options.protected].map(|path| input_name(path)),
            mattes: folder.map(Mattes::open).transpose()?,
            promised: truth.frames,
        };
        clips.check(truth)?;
        Ok(clips)
    }

    pub(super) fn info(&self) -> &StreamInfo {
        self.original.source.info()
    }

    pub(super) fn size(&self) -> (usize, usize) {
        size_of(self.info())
    }

    pub(super) fn has_mattes(&self) -> bool {
        self.mattes.is_some()
    }

    /// How many frames there are, if it is known.
    pub(super) fn frames(&self) -> Option<u64> {
        let of_mattes = self.mattes.as_ref().map(Mattes::len);
        of_mattes
            .or(self.info().frames)
            .or(self.protected.source.info().frames)
    }

    fn check(&self, truth: &Truth) -> Result<(), Failure> {
        let (original, protected) = (self.info(), self.protected.source.info());
        let [of_original, of_protected] = &self.names;
        let sizes = [original, protected].map(size_of);
        if sizes[0] != sizes[1] {
            return Err(Failure::new(format!(
                "{of_original} is {}x{}, {of_protected} is {}x{}: they do not belong together",
                sizes[0].0, sizes[0].1, sizes[1].0, sizes[1].1
            )));
        }
        if let Some(size) = truth.size.filter(|size| *size != sizes[0]) {
            return Err(Failure::new(format!(
                "{of_original} is {}x{}, the truth is about {}x{}: they do not belong together",
                sizes[0].0, sizes[0].1, size.0, size.1
            )));
        }
        self.check_rate(original, protected)?;
        let known = [
            (Some(of_original.as_str()), original.frames),
            (Some(of_protected.as_str()), protected.frames),
            (None, truth.frames),
        ];
        let known: Vec<_> = known
            .iter()
            .filter_map(|(name, frames)| Some((name.unwrap_or("the truth"), (*frames)?)))
            .chain(
                self.mattes
                    .as_ref()
                    .map(|mattes| ("the folder of mattes", mattes.len())),
            )
            .collect();
        match known.iter().find(|(_, frames)| *frames != known[0].1) {
            Some(other) => Err(different_lengths(known[0], *other)),
            None => Ok(()),
        }
    }

    fn check_rate(&self, original: &StreamInfo, protected: &StreamInfo) -> Result<(), Failure> {
        /// Clocks of containers round; a clip that dropped frames differs by more.
        const TOLERANCE: f64 = 0.01;
        let [of_original, of_protected] = &self.names;
        match [rate_of(&original.timing), rate_of(&protected.timing)] {
            [None, Some(_)] => Err(Failure::new(format!(
                "{of_original} is one picture, {of_protected} is a clip: they do not belong together"
            ))),
            [Some(_), None] => Err(Failure::new(format!(
                "{of_original} is a clip, {of_protected} is one picture: they do not belong together"
            ))),
            [Some(a), Some(b)]
                if self.original.says_rate
                    && self.protected.says_rate
                    && (a / b - 1.0).abs() > TOLERANCE =>
            {
                Err(Failure::new(format!(
                    "{of_original} has {a:.2} frames a second, {of_protected} {b:.2}: \
                     they do not belong together"
                )))
            }
            _ => Ok(()),
        }
    }

    /// Hands every frame to `look`, in order; whether the user broke it off. The next frames
    /// are read meanwhile.
    pub(super) fn all(
        mut self,
        mut look: impl FnMut(&Pair) -> Result<(), Failure>,
    ) -> Result<Ended, Failure> {
        const READ_AHEAD: usize = 3;
        let (send, receive) = sync_channel(READ_AHEAD);
        // Frames come back to be filled again: fresh memory costs more than reading into it.
        let (give_back, spare) = channel();
        let clips = &mut self;
        thread::scope(|scope| {
            let reader = thread::Builder::new()
                .name("frosted-audit-read".to_owned())
                .spawn_scoped(scope, move || clips.read(&send, &spare))
                .map_err(|error| Failure::new(format!("a thread cannot be started: {error}")))?;
            let looked = take_all(receive, &give_back, &mut look);
            let read = reader
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            looked.and(read)
        })
    }

    fn read(&mut self, send: &SyncSender<Pair>, spare: &Receiver<Pair>) -> Result<Ended, Failure> {
        let mut number = 0;
        while !interrupt::asked() {
            let mut pair = spare.try_recv().unwrap_or_else(|_| self.empty_pair());
            match self.next(number, &mut pair) {
                Ok(true) => {}
                Ok(false) => return Ok(Ended::WithTheClips),
                // Whoever feeds a pipe was broken off by the same Ctrl-C.
                Err(_) if interrupt::asked() => break,
                Err(failure) => return Err(failure),
            }
            number += 1;
            // Whoever looks has given up, and says why.
            if send.send(pair).is_err() {
                break;
            }
        }
        Ok(Ended::ByTheUser)
    }

    fn empty_pair(&self) -> Pair {
        Pair {
            original: Frame::new(self.original.source.info().spec),
            protected: Frame::new(self.protected.source.info().spec),
            matte: None,
        }
    }

    fn next(&mut self, number: usize, pair: &mut Pair) -> Result<bool, Failure> {
        let more = [
            self.original.source.next(&mut pair.original)?,
            self.protected.source.next(&mut pair.protected)?,
        ];
        let [of_original, of_protected] = &self.names;
        let read = number as u64;
        let left = self.mattes.as_ref().map(|mattes| mattes.len() - read);
        match (more, left) {
            ([false, false], None | Some(0)) => match self.promised {
                Some(promised) if promised != read => Err(different_lengths(
                    ("the truth", promised),
                    (of_original, read),
                )),
                _ => Ok(false),
            },
            ([true, false], _) => Err(shorter((of_protected, read), of_original)),
            ([false, true], _) => Err(shorter((of_original, read), of_protected)),
            ([false, false], Some(left)) => Err(different_lengths(
                (of_original, read),
                ("the folder of mattes", read + left),
            )),
            ([true, true], Some(0)) => Err(shorter(("the folder of mattes", read), of_original)),
            ([true, true], _) => {
                let size = self.size();
                let matte = self.mattes.as_ref().map(|mattes| mattes.read(number, size));
                pair.matte = matte.transpose()?;
                Ok(true)
            }
        }
    }
}

fn take_all(
    receive: Receiver<Pair>,
    give_back: &Sender<Pair>,
    look: &mut impl FnMut(&Pair) -> Result<(), Failure>,
) -> Result<(), Failure> {
    receive.into_iter().try_for_each(|pair| {
        look(&pair)?;
        // A reader that is done needs none.
        let _ = give_back.send(pair);
        Ok(())
    })
}

/// Puts the empty room together from the original and its mattes; none if it was broken off.
pub(super) fn mean_room(original: &Path, mattes: &Path) -> Result<Option<Room>, Failure> {
    let mattes = Mattes::open(mattes)?;
    let mut opened = open::source(original, None)?;
    let size = size_of(opened.source.info());
    let mut mean = RoomMean::new(size.0, size.1);
    let mut frame = Frame::new(opened.source.info().spec);
    let mut number = 0;
    while number < mattes.len() && opened.source.next(&mut frame)? {
        if interrupt::asked() {
            return Ok(None);
        }
        mean.add(&frame.view(), &mattes.read(number as usize, size)?.alpha)?;
        number += 1;
    }
    Ok(Some(mean.finish()))
}

fn size_of(info: &StreamInfo) -> (usize, usize) {
    (info.spec.width(), info.spec.height())
}

/// Frames a second, mean; none for one picture.
fn rate_of(timing: &Timing) -> Option<f64> {
    match timing {
        Timing::Still => None,
        Timing::Constant(rate) => Some(f64::from(rate.numerator()) / f64::from(rate.denominator())),
        Timing::Variable(times) => {
            let last = times.len().saturating_sub(1);
            let seconds = timing.time_of(last as u64).as_nanos() as f64 / 1e9;
            Some(last as f64 / seconds)
        }
    }
}

fn different_lengths(one: (&str, u64), other: (&str, u64)) -> Failure {
    Failure::new(format!(
        "{} has {} frames, {} {}: they do not belong together",
        one.0, one.1, other.0, other.1
    ))
}

fn shorter((name, frames): (&str, u64), other: &str) -> Failure {
    Failure::new(format!(
        "{name} has {frames} frames, {other} more: they do not belong together"
    ))
}

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There are no more frames.
    WithTheClips,
    /// Ctrl-C.
    ByTheUser,
}
