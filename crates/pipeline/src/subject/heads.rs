use std::time::Duration;

use frosted_core::{Face, Rotation, Timestamp};

/// Where a head is: the middle of the face and its width, in reduced pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) x: f32,
    pub(crate) y: f32,
    /// From ear to ear, above 0.
    pub(crate) width: f32,
}

impl Head {
    /// That of a face; half the sum of both sides, because a box is about square and a
    /// turned picture swaps them.
    pub(crate) fn of(face: &Face) -> Self {
        Self {
            x: face.centre.x,
            y: face.centre.y,
            width: ((face.width + face.height) / 2.0).max(1.0),
        }
    }

    /// The distance between the middles of two heads, in reduced pixels.
    fn distance(&self, other: &Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Which way is right and down for a person who sits upright, in the stored picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Upright {
    right: (f32, f32),
    down: (f32, f32),
}

impl Upright {
    pub(crate) fn of(rotation: Rotation) -> Self {
        let (right, down) = match rotation {
            Rotation::None => ((1.0, 0.0), (0.0, 1.0)),
            Rotation::Clockwise90 => ((0.0, -1.0), (1.0, 0.0)),
            Rotation::Half => ((-1.0, 0.0), (0.0, -1.0)),
            Rotation::Clockwise270 => ((0.0, 1.0), (-1.0, 0.0)),
        };
        Self { right, down }
    }

    /// Whether they lie on their side in the stored picture.
    pub(crate) fn lies(&self) -> bool {
        self.right.0 == 0.0
    }

    /// Where (x, y) is from `head`, across and down, in widths of its face.
    #[inline(always)]
    pub(crate) fn offset(&self, head: &Head, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = ((x - head.x) / head.width, (y - head.y) / head.width);
        (
            x * self.right.0 + y * self.right.1,
            x * self.down.0 + y * self.down.1,
        )
    }

    /// The place that is `across` and `down` from `head`, in widths of its face.
    pub(crate) fn place(&self, head: &Head, across: f32, down: f32) -> (f32, f32) {
        (
            head.x + head.width * (across * self.right.0 + down * self.down.0),
            head.y + head.width * (across * self.right.1 + down * self.down.1),
        )
    }

    /// How far (x, y) is from `head`, measured by the outline of a head with shoulders: 0 in
    /// the face, 1 on the outline, which is 1.5 widths of the face wide beside it and from
    /// 1.4 widths below it on 3.8 wide.
    #[inline(always)]
    pub(crate) fn reach(&self, head: &Head, x: f32, y: f32) -> f32 {
        let (across, down) = self.offset(head, x, y);
        let across = across.abs();
        let half_width = (0.75 + (down - 0.7).max(0.0) * 1.6).min(1.9);
        (across / half_width).max(-down / 1.1)
    }
}

/// A head that is followed from one look to the next.
#[derive(Clone, Copy, Debug)]
struct Track {
    head: Head,
    /// In reduced pixels a second.
    speed: (f32, f32),
    seen_at: Timestamp,
    /// Where it was and when, the last time that it had moved from there.
    anchor: (Head, Timestamp),
    /// It was there before any subject was, and has not moved since.
    from_the_start: bool,
}

/// A subject's head that is not found again goes on as it moved for so long at most, and
/// stays there. Others may be hidden behind the subject and go on as long as they are known.
const SUBJECT_DRIFT: Duration = Duration::from_millis(300);
/// A subject whose face is hidden is where it was for so long.
const SUBJECT_HIDDEN: Duration = Duration::from_secs(1);
/// Somebody else whose face is hidden is still there for so long.
const OTHER_HIDDEN: Duration = Duration::from_millis(1500);
/// A head that has not moved for so long stands still.
const STILL_FOR: Duration = Duration::from_millis(300);
/// Of more people than this, those seen longest ago are forgotten.
const MOST_OTHERS: usize = 8;

impl Track {
    fn new(head: Head, at: Timestamp, from_the_start: bool) -> Self {
        Self {
            head,
            speed: (0.0, 0.0),
            seen_at: at,
            anchor: (head, at),
            from_the_start,
        }
    }

    /// Whether it was seen not longer ago than `hidden`.
    fn is_known(&self, hidden: Duration, now: Timestamp) -> bool {
        now >= self.seen_at && now.since(self.seen_at) <= hidden
    }

    /// Whether it has stood still for a while, as a photograph does.
    fn is_still(&self) -> bool {
        self.from_the_start || self.seen_at.since(self.anchor.1) >= STILL_FOR
    }

    /// Where the head is by now.
    fn at(&self, now: Timestamp, drift: Duration) -> Head {
        let after = now.since(self.seen_at).min(drift).as_secs_f32();
        Head {
            x: self.head.x + self.speed.0 * after,
            y: self.head.y + self.speed.1 * after,
            ..self.head
        }
    }

    fn see(&mut self, head: Head, at: Timestamp) {
        let after = at.since(self.seen_at).as_secs_f32();
        if after > 0.0 {
            // Little of the new speed: a box trembles by a pixel, and where a face is going
            // behind another its middle seems to stay. The first is all there is.
            let share = if self.speed == (0.0, 0.0) { 1.0 } else { 0.15 };
            let mix = |old: f32, way: f32| old + share * (way / after - old);
            self.speed = (
                mix(self.speed.0, head.x - self.head.x),
                mix(self.speed.1, head.y - self.head.y),
            );
        }
        self.head = head;
        self.seen_at = at;
        let (anchor, _) = self.anchor;
        if anchor.distance(&head) > 0.2 * anchor.width + 1.5 {
            self.anchor = (head, at);
            self.from_the_start = false;
        }
    }
}

/// Whether a new face can be that of a subject who turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    Possible,
    /// Nobody was elected, or somebody else is about whose face it may be.
    Impossible,
}

/// The heads of subjects and of everybody else.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    subjects: Vec<Track>,
    others: Vec<Track>,
    /// The faces of one look that belong to nobody yet.
    left: Vec<Head>,
}

impl Heads {
    pub(crate) fn reset(&mut self) {
        self.subjects.clear();
        self.others.clear();
    }

    /// Forgets the subjects, who are gone; everybody else is still there.
    pub(crate) fn forget_subjects(&mut self) {
        self.subjects.clear();
    }

    /// Takes in the faces that were found in the frame captured at `at`. `own` says whether a
    /// head's middle is a subject's pixel in the frame before; `returns` whether a new face
    /// among those can be that of a subject who has none.
    pub(crate) fn see(
        &mut self,
        faces: impl Iterator<Item = Head>,
        at: Timestamp,
        own: impl Fn(&Head) -> bool,
        returns: Returns,
    ) {
        let from_the_start = self.subjects.is_empty();
        self.left.clear();
        self.left.extend(faces);
        // Whoever turned away is still there as long as their pixels are.
        self.subjects
            .retain(|track| track.is_known(SUBJECT_HIDDEN, at) || own(&track.head));
        self.others.retain(|track| track.is_known(OTHER_HIDDEN, at));
        for track in &mut self.subjects {
            let expected = track.at(at, SUBJECT_DRIFT);
            let near = nearest(&self.left, &expected, 0.8, 4.0, 1.6);
            if let Some(found) = near {
                track.see(self.left.swap_remove(found), at);
            }
        }
        // A second box on a subject's own face is nobody else.
        for track in &self.subjects {
            let own = track.head;
            self.left
                .retain(|head| own.distance(head) > 0.6 * own.width);
        }
        for track in &mut self.others {
            let expected = track.at(at, OTHER_HIDDEN);
            if let Some(found) = nearest(&self.left, &expected, 1.0, 6.0, 2.5) {
                track.see(self.left.swap_remove(found), at);
            }
        }
        if returns == Returns::Possible {
            self.take_back(at, &own);
        }
        for head in self.left.drain(..) {
            if self.others.len() == MOST_OTHERS {
                let oldest = (0..MOST_OTHERS).min_by_key(|&at| self.others[at].seen_at);
                self.others.swap_remove(oldest.unwrap_or(0));
            }
            self.others.push(Track::new(head, at, from_the_start));
        }
    }

    /// Makes the one new face that is on a subject's pixels that of the subject whose own was
    /// not found: they turned away, or moved farther than a face does between two looks.
    fn take_back(&mut self, at: Timestamp, own: impl Fn(&Head) -> bool) {
        let found = self.subjects.iter().any(|track| track.seen_at == at);
        if found || self.subjects.len() > 1 {
            return;
        }
        let mut inside = (0..self.left.len()).filter(|&at| own(&self.left[at]));
        if let (Some(found), None) = (inside.next(), inside.next()) {
            let head = self.left.swap_remove(found);
            self.subjects.clear();
            self.subjects.push(Track::new(head, at, false));
        }
    }

    /// How many subjects have a face, seen now or lately or hidden since.
    pub(crate) fn subject_count(&self) -> usize {
        self.subjects.len()
    }

    /// Where the subjects' heads are at `now`; of those who turned away, where they were.
    pub(crate) fn subjects(&self, now: Timestamp) -> impl Iterator<Item = Head> + '_ {
        let tracks = self.subjects.iter();
        tracks.map(move |track| track.at(now, SUBJECT_DRIFT))
    }

    /// The same of those whose face was seen not long ago.
    pub(crate) fn subjects_seen(&self, now: Timestamp) -> impl Iterator<Item = Head> + '_ {
        known(&self.subjects, SUBJECT_HIDDEN, SUBJECT_DRIFT, now)
    }

    /// Where the heads of everybody else are at `now`.
    pub(crate) fn others(&self, now: Timestamp) -> impl Iterator<Item = Head> + '_ {
        known(&self.others, OTHER_HIDDEN, OTHER_HIDDEN, now)
    }

    /// The same, each with whether it stands still.
    pub(crate) fn others_and_stillness(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (Head, bool)> + '_ {
        self.others(now)
            .zip(
                self.others
                    .iter()
                    .filter(move |track| track.is_known(OTHER_HIDDEN, now)),
            )
            .map(|(head, track)| (head, track.is_still()))
    }

    /// Whether somebody else has lately moved.
    pub(crate) fn others_move(&self, now: Timestamp) -> bool {
        let known =
            |track: &&Track| now >= track.seen_at && now.since(track.seen_at) <= OTHER_HIDDEN;
        self.others
            .iter()
            .filter(known)
            .any(|track| !track.is_still())
    }

    /// Makes the head of somebody else that is at `head` at `now` a subject's.
    pub(crate) fn promote(&mut self, head: &Head, now: Timestamp) {
        let is = |track: &Track| {
            track.is_known(OTHER_HIDDEN, now) && track.at(now, OTHER_HIDDEN) == *head
        };
        if let Some(at) = self.others.iter().position(is) {
            self.subjects.push(self.others.swap_remove(at));
        }
    }
}

fn known(
    tracks: &[Track],
    hidden: Duration,
    drift: Duration,
    now: Timestamp,
) -> impl Iterator<Item = Head> + '_ {
    tracks
        .iter()
        .filter(move |track| track.is_known(hidden, now))
        .map(move |track| track.at(now, drift))
}

/// The head nearest to where one is expected, within `widths` of its face and `pixels` more,
/// at most `larger` times as large or as small.
fn nearest(
    heads: &[Head],
    expected: &Head,
    widths: f32,
    pixels: f32,
    larger: f32,
) -> Option<usize> {
    let distance = |at: &usize| heads[*at].distance(expected);
    (0..heads.len())
        .filter(|at| distance(at) < widths * expected.width + pixels)
        .filter(|&at| {
            let ratio = heads[at].width / expected.width;
            ratio < larger && ratio * larger > 1.0
        })
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(x: f32, y: f32) -> Head {
        Head { x, y, width: 20.0 }
    }

    fn at(frame: u64) -> Timestamp {
        Timestamp::from_millis(100 * frame)
    }

    #[test]
    fn a_subject_is_followed_and_others_are_told_apart_and_drift_on() {
        let mut heads = Heads::default();
        let see = |heads: &mut Heads, faces: &[Head], frame: u64| {
            heads.see(
                faces.iter().copied(),
                at(frame),
                |_| false,
                Returns::Impossible,
            );
        };
        see(&mut heads, &[head(100.0, 60.0)], 0);
        heads.promote(&head(100.0, 60.0), at(0));
        // Somebody walks in from the right while the subject sways.
        for frame in 1..8u64 {
            let step = frame as f32;
            let faces = [
                head(200.0 - 10.0 * step, 50.0),
                head(100.0 + 2.0 * step, 60.0),
            ];
            see(&mut heads, &faces, frame);
            let subjects: Vec<Head> = heads.subjects(at(frame)).collect();
            assert_eq!(subjects.len(), 1);
            assert!((subjects[0].x - 100.0 - 2.0 * step).abs() < 0.1);
            assert_eq!(heads.others(at(frame)).count(), 1);
        }
        // Hidden behind the subject, they go on.
        see(&mut heads, &[head(116.0, 60.0)], 8);
        let other = heads.others(at(9)).next().unwrap();
        assert!(other.x < 120.0, "{other:?}");
        // After a while they are forgotten, and the subject whose face was not found, too.
        assert_eq!(heads.others(at(25)).count(), 0);
        assert_eq!(heads.subjects_seen(at(25)).count(), 0);
    }

    #[test]
    fn reach_grows_from_the_face_and_turns_with_the_camera() {
        let middle = head(100.0, 60.0);
        // Face, ear's far side, shoulder, far hand, above the hair.
        let places = [(0.0, 0.0), (0.9, 0.0), (1.8, 1.6), (4.0, 1.6), (0.0, -1.3)];
        let beyond = [false, true, false, true, true];
        for rotation in [
            Rotation::None,
            Rotation::Clockwise90,
            Rotation::Half,
            Rotation::Clockwise270,
        ] {
            let upright = Upright::of(rotation);
            for ((across, down), beyond) in places.into_iter().zip(beyond) {
                let x = 100.0 + 20.0 * (across * upright.right.0 + down * upright.down.0);
                let y = 60.0 + 20.0 * (across * upright.right.1 + down * upright.down.1);
                let reach = upright.reach(&middle, x, y);
                assert_eq!(reach > 1.0, beyond, "{rotation:?} {across} {down}: {reach}");
            }
            // Where the turned picture says that up is.
            let stored = (200.0, 120.0);
            let (width, height) = if rotation.swaps_sides() {
                (120.0, 200.0)
            } else {
                stored
            };
            let place = |x: f32, y: f32| rotation.stored_point(stored, x, y);
            let (a, b) = (
                place(width / 2.0, height / 2.0),
                place(width / 2.0, height / 2.0 + 1.0),
            );
            assert_eq!((b.0 - a.0, b.1 - a.1), upright.down, "{rotation:?}");
        }
    }
}
