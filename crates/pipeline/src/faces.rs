//! When faces are looked for.

use std::fmt;
use std::time::Duration;

use frosted_core::internal::FrameId;
use frosted_core::{
    Face, FaceFinder, Faces, FacesFound, Reduced, SegmentError, SegmentErrorKind, Timestamp,
};

/// Between two looks while the subject is alone ...
const USUALLY_EVERY: Duration = Duration::from_millis(170);
/// ... and while somebody is to be elected or somebody else is about. A little less than two
/// frames at 30 a second, because time stamps tremble.
const ALERT_EVERY: Duration = Duration::from_millis(60);
/// While the subject is alone a look's parts are so far apart: three of them lie in three
/// frames at 30 a second, so that none of those takes much longer than another.
const PART_EVERY: Duration = Duration::from_millis(23);
/// What is left of a look after this is given up for one at the frame at hand.
const LATEST: Duration = Duration::from_millis(100);
/// Frames farther apart have the time for a whole look, and would often be too late for what is
/// left of one.
const FAR_APART: Duration = Duration::from_millis(75);

/// The faces of a frame that has come by now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) faces: &'a [Face],
    /// When their frame was captured.
    pub(crate) at: Timestamp,
}

/// What became of a look in a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Looked<'a> {
    /// Nothing that matters yet.
    Not,
    /// One has begun; what it sees of this frame comes with a later one.
    Begun,
    /// One is over.
    Seen(Seen<'a>),
}

/// Looks for faces now and then: people who come in take longer than that to come in.
pub(crate) struct FaceWatch {
    finder: Box<dyn FaceFinder>,
    faces: Faces,
    looked_at: Option<Timestamp>,
    /// When the frame before was captured.
    before: Option<Timestamp>,
    /// The picture that is looked at in parts.
    picture: Reduced,
    /// The part of it that comes next, if there is one.
    next_part: Option<u32>,
}

impl FaceWatch {
    pub(crate) fn new(finder: Box<dyn FaceFinder>) -> Self {
        Self {
            finder,
            faces: Faces::new(),
            looked_at: None,
            before: None,
            picture: Reduced::default(),
            next_part: None,
        }
    }

    /// The next frame is looked at.
    pub(crate) fn reset(&mut self) {
        self.looked_at = None;
        self.before = None;
        self.next_part = None;
    }

    /// Takes a look, or a part of one, if it is time for that: `picture` was captured at `at`.
    /// Has to be called with every frame, because it goes by how far apart they are.
    /// What is seen is of this frame where `alert` says so, else of one up to 100 ms ago.
    ///
    /// # Errors
    /// The finder's own, or that its list is of another frame.
    pub(crate) fn look(
        &mut self,
        picture: &Reduced,
        at: Timestamp,
        alert: bool,
    ) -> Result<Looked<'_>, SegmentError> {
        let every = if alert { ALERT_EVERY } else { USUALLY_EVERY };
        let since = self.looked_at.filter(|&last| at >= last);
        let since = since.map(|last| at.since(last));
        let before = self.before.replace(at).filter(|&before| at >= before);
        let far_apart = before.is_some_and(|before| at.since(before) > FAR_APART);
        if self.next_part.is_some()
            && let Some(since) = since
            && !alert
            && since <= LATEST
            && is_on_grid_of(picture, &self.picture)
        {
            let seen = self.go_on(since)?;
            return Ok(seen.map_or(Looked::Not, Looked::Seen));
        }
        // The frame at hand matters more than what is left of another.
        let broken_off = self.next_part.take().is_some();
        if !broken_off && since.is_some_and(|since| since < every) {
            return Ok(Looked::Not);
        }
        self.looked_at = Some(at);
        if alert || broken_off || far_apart {
            self.finder.find(picture, &mut self.faces)?;
            return self.seen(picture.frame()).map(Looked::Seen);
        }
        self.picture.copy_from(picture);
        self.next_part = Some(0);
        let seen = self.go_on(Duration::ZERO)?;
        Ok(seen.map_or(Looked::Begun, Looked::Seen))
    }

    /// Looks at the parts that are due so long after the look began; at all that are left once
    /// more than one face is seen.
    fn go_on(&mut self, since: Duration) -> Result<Option<Seen<'_>>, SegmentError> {
        let mut at_once = false;
        while let Some(part) = self
            .next_part
            .filter(|&part| at_once || PART_EVERY * part <= since)
        {
            // A part that fails is not gone on from.
            self.next_part = None;
            let found = self
                .finder
                .find_part(&self.picture, part as usize, &mut self.faces)?;
            match found {
                // Whoever else is there is not waited for.
                FacesFound::InPart { faces } if faces > 1 => {
                    self.next_part = Some(part + 1);
                    at_once = true;
                }
                FacesFound::InPart { .. } => self.next_part = Some(part + 1),
                FacesFound::All => return self.seen(self.picture.frame()).map(Some),
            }
        }
        Ok(None)
    }

    fn seen(&self, frame: FrameId) -> Result<Seen<'_>, SegmentError> {
        if self.faces.frame() != frame {
            let message = "the faces are those of another frame";
            return Err(SegmentError::new(SegmentErrorKind::Engine, message));
        }
        Ok(Seen {
            faces: self.faces.as_slice(),
            at: self.looked_at.unwrap_or_default(),
        })
    }
}

/// Whether a place in one picture is the same place in the other.
fn is_on_grid_of(picture: &Reduced, other: &Reduced) -> bool {
    let grid = |picture: &Reduced| {
        let size = (picture.width(), picture.height());
        (size, picture.square_px(), picture.rotation())
    };
    grid(picture) == grid(other)
}

impl fmt::Debug for FaceWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceWatch")
            .field("finder", &self.finder.info())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use frosted_core::SegmenterInfo;

    use super::*;
    use crate::backdrop::tests::picture;

    const PARTS: usize = 3;

    /// A frame's number, and the part of it that was looked at.
    type Look = (u64, Option<usize>);

    /// Notes what is looked at.
    #[derive(Clone, Default)]
    struct Finder(Arc<Mutex<Vec<Look>>>, Others);

    /// The part of a look from which on a second face is seen.
    #[derive(Clone, Copy, Default)]
    enum Others {
        #[default]
        Nowhere,
        From(usize),
    }

    impl FaceFinder for Finder {
        fn find(&mut self, picture: &Reduced, faces: &mut Faces) -> Result<(), SegmentError> {
            self.0.lock().unwrap().push((picture.frame().0, None));
            faces.begin(picture);
            Ok(())
        }

        fn find_part(
            &mut self,
            picture: &Reduced,
            part: usize,
            faces: &mut Faces,
        ) -> Result<FacesFound, SegmentError> {
            self.0.lock().unwrap().push((picture.frame().0, Some(part)));
            if part + 1 < PARTS {
                let faces = match self.1 {
                    Others::From(from) if part >= from => 2,
                    _ => 1,
                };
                return Ok(FacesFound::InPart { faces });
            }
            faces.begin(picture);
            Ok(FacesFound::All)
        }

        fn info(&self) -> SegmenterInfo {
            SegmenterInfo::default()
        }
    }

    /// What is looked at, and when the faces were that came of it, by frame.
    type Looks = Vec<(Vec<Look>, Option<u64>)>;

    /// Frames that come `every` so many milliseconds.
    fn looks(every: u64, frames: u64, alert: impl Fn(u64) -> bool) -> Looks {
        looks_at(Others::Nowhere, every, frames, alert)
    }

    fn looks_at(others: Others, every: u64, frames: u64, alert: impl Fn(u64) -> bool) -> Looks {
        let finder = Finder(Arc::default(), others);
        let mut watch = FaceWatch::new(Box::new(finder.clone()));
        let look = |frame| {
            let at = Timestamp::ZERO + Duration::from_millis(every * frame);
            let mut picture = picture(16, 16, |_, _| 0);
            let spec = frosted_core::FrameSpec::new(frosted_core::PixelFormat::Rgb8, 16, 16);
            let _ = picture.prepare(&spec.unwrap(), 1, FrameId(frame));
            let looked = watch.look(&picture, at, alert(frame)).unwrap();
            let seen = match looked {
                Looked::Seen(seen) => {
                    Some(seen.at.since(Timestamp::ZERO).as_millis() as u64 / every)
                }
                Looked::Not | Looked::Begun => None,
            };
            let begun = matches!(looked, Looked::Begun);
            let looks = std::mem::take(&mut *finder.0.lock().unwrap());
            assert_eq!(begun, seen.is_none() && looks.contains(&(frame, Some(0))));
            (looks, seen)
        };
        (0..frames).map(look).collect()
    }

    #[test]
    fn while_the_subject_is_alone_a_look_takes_a_part_a_frame_and_is_of_one_picture() {
        let none = (vec![], None);
        let part = |frame, part| vec![(frame, Some(part))];
        let wanted = [
            (part(0, 0), None),
            (part(0, 1), None),
            (part(0, 2), Some(0)),
            none.clone(),
            none.clone(),
            none,
            (part(6, 0), None),
        ];
        assert_eq!(looks(33, 7, |_| false), wanted);
    }

    #[test]
    fn whoever_else_is_there_is_not_waited_for() {
        let parts = |frame, parts: &[usize]| -> Vec<Look> {
            parts.iter().map(|&part| (frame, Some(part))).collect()
        };
        let first = looks_at(Others::From(0), 33, 2, |_| false);
        assert_eq!(first, [(parts(0, &[0, 1, 2]), Some(0)), (vec![], None)]);
        let later = looks_at(Others::From(1), 33, 3, |_| false);
        let wanted = [
            (parts(0, &[0]), None),
            (parts(0, &[1, 2]), Some(0)),
            (vec![], None),
        ];
        assert_eq!(later, wanted);
    }

    #[test]
    fn at_any_rate_the_faces_are_no_older_than_said() {
        for every in [8, 16, 20, 33, 40, 50, 66, 100, 125, 200, 400] {
            let looks = looks(every, 60, |_| false);
            let seen: Vec<(u64, u64)> = (0..)
                .zip(&looks)
                .filter_map(|(frame, (_, seen))| Some((frame, (*seen)?)))
                .collect();
            assert!(!seen.is_empty(), "{every}");
            for &(frame, of) in &seen {
                let late = (frame - of) * every;
                assert!(late <= 100, "{every}: {late} ms");
            }
            for pair in seen.windows(2) {
                let between = (pair[1].1 - pair[0].1) * every;
                assert!(
                    between < 170 + 2 * every,
                    "{every}: {between} ms between looks"
                );
            }
        }
    }

    #[test]
    fn frames_too_far_apart_for_parts_are_looked_at_whole_and_as_often_as_any() {
        for every in [80, 100, 125, 133, 200, 400] {
            let looks = looks(every, 40, |_| false);
            // What the first frame begins the second one ends or gives up.
            for (looks, _) in &looks[2..] {
                assert!(looks.iter().all(|(_, part)| part.is_none()), "{every}");
            }
            let seen: Vec<u64> = looks.iter().filter_map(|(_, seen)| *seen).collect();
            for pair in seen.windows(2) {
                let between = (pair[1] - pair[0]) * every;
                assert!(between < 170 + every, "{every}: {between} ms");
            }
        }
    }

    #[test]
    fn a_look_is_not_gone_on_with_on_another_grid() {
        let finder = Finder::default();
        let mut watch = FaceWatch::new(Box::new(finder.clone()));
        let spec = frosted_core::FrameSpec::new(frosted_core::PixelFormat::Rgb8, 64, 64).unwrap();
        for (frame, square_px) in [(1, 4), (2, 2)] {
            let mut picture = Reduced::default();
            let _ = picture.prepare(&spec, square_px, FrameId(frame));
            let at = Timestamp::from_millis(33 * frame);
            let looked = watch.look(&picture, at, false).unwrap();
            assert_eq!(matches!(looked, Looked::Seen(_)), frame == 2);
        }
        let looks = finder.0.lock().unwrap();
        assert_eq!(*looks, [(1, Some(0)), (2, None)]);
    }

    #[test]
    fn in_alert_the_frame_at_hand_is_looked_at_whole() {
        let whole = |frame| (vec![(frame, None)], Some(frame));
        let looks = looks(33, 5, |frame| frame > 0);
        assert_eq!(looks[0], (vec![(0, Some(0))], None));
        // What is left of the first frame is given up.
        assert_eq!(looks[1], whole(1));
        assert_eq!(looks[2], (vec![], None));
        assert_eq!(looks[3], whole(3));
    }

    #[test]
    fn nothing_is_gone_on_with_after_a_reset_or_a_clock_that_went_back() {
        let finder = Finder::default();
        let mut watch = FaceWatch::new(Box::new(finder.clone()));
        let at = |ms| Timestamp::ZERO + Duration::from_millis(ms);
        let picture = picture(16, 16, |_, _| 0);
        for (ms, reset) in [(100, false), (90, false), (120, true)] {
            if reset {
                watch.reset();
            }
            watch.look(&picture, at(ms), false).unwrap();
            let parts: Vec<_> = finder.0.lock().unwrap().drain(..).collect();
            let begun_anew = parts
                .iter()
                .all(|&(_, part)| part.is_none() || part == Some(0));
            assert!(begun_anew && parts.len() == 1, "{ms}: {parts:?}");
        }
    }
}
