use super::*;
use crate::backdrop::tests::{mask, picture};
use crate::bits::tests::drawn;

const SIZE: (usize, usize) = (80, 45);

/// A room of large patches.
fn room(x: usize, y: usize) -> u8 {
    (60 + 90 * ((x / 9 + y / 7) % 2) + x) as u8
}

fn person(x: usize, y: usize) -> bool {
    (20..40).contains(&x) && y > 10
}

struct Watcher {
    model: RoomModel,
    smooth: Smooth,
    frame: u64,
}

impl Watcher {
    fn new() -> Self {
        Self {
            model: RoomModel::default(),
            smooth: Smooth::default(),
            frame: 0,
        }
    }

    /// Shows `frames` frames with somebody where `somebody` says and looks at the last one.
    fn see(
        &mut self,
        frames: u64,
        value: impl Fn(usize, usize) -> u8,
        somebody: impl Fn(usize, usize) -> bool,
    ) -> Bitmap {
        let picture = picture(SIZE.0, SIZE.1, value);
        let people = mask(&picture, somebody);
        self.smooth.take(&picture);
        for _ in 0..frames {
            self.model.look(&self.smooth, &people);
            let at = Timestamp::from_millis(33 * self.frame);
            self.model.learn(&self.smooth, &people, None, at);
            self.frame += 1;
        }
        self.model.look(&self.smooth, &people);
        self.model.like().clone()
    }
}

fn share(like: &Bitmap, of: impl Fn(usize, usize) -> bool) -> f32 {
    let places = (0..SIZE.0 * SIZE.1).map(|at| (at % SIZE.0, at / SIZE.0));
    let places = places.filter(|&(x, y)| of(x, y));
    let (all, alike) = places.fold((0, 0), |(all, alike), (x, y)| {
        (all + 1, alike + usize::from(like.get(x, y)))
    });
    alike as f32 / all as f32
}

const STRANGE: u8 = 30;

#[test]
fn what_was_seen_of_the_room_is_known_again_and_somebody_is_not() {
    let mut watcher = Watcher::new();
    let with_person = |x, y| if person(x, y) { STRANGE } else { room(x, y) };
    let like = watcher.see(10, with_person, person);
    assert!(share(&like, |x, y| !person(x, y) && x < 15) > 0.95);
    assert_eq!(share(&like, person), 0.0);
    // The person leaves: what was behind is not known yet, whoever the network finds there.
    let like = watcher.see(1, room, person);
    assert!(share(&like, |x, y| (24..36).contains(&x) && y > 15) < 0.1);
    // It is, once it was seen empty.
    watcher.see(10, room, |_, _| false);
    let like = watcher.see(1, room, person);
    assert!(share(&like, person) > 0.95);
}

#[test]
fn light_and_a_shake_of_a_pixel_are_forgiven() {
    let mut watcher = Watcher::new();
    watcher.see(10, room, |_, _| false);
    let dimmed = |x, y| (f32::from(room(x, y)) * 0.6) as u8;
    let like = watcher.see(1, dimmed, person);
    assert!(share(&like, |_, _| true) > 0.95, "dimmed");
    let like = watcher.see(1, |x, y| room(x + 1, y), person);
    assert!(share(&like, |_, _| true) > 0.9, "shaken");
}

#[test]
fn a_forgotten_room_is_like_nothing() {
    let mut watcher = Watcher::new();
    watcher.see(10, room, |_, _| false);
    watcher.model.reset();
    let picture = picture(SIZE.0, SIZE.1, room);
    let people = mask(&picture, |_, _| false);
    watcher.model.look(&watcher.smooth, &people);
    assert!(!watcher.model.like().has_any());
}

#[test]
fn what_has_not_changed_since_it_was_the_room_stays_it_until_somebody_stands_there() {
    let mut watcher = Watcher::new();
    watcher.see(20, room, |_, _| false);
    // The network errs; the picture is as it was.
    watcher.see(20, room, person);
    assert!(share(&watcher.model.unchanged, person) > 0.99);
    let with_person = |x, y| if person(x, y) { STRANGE } else { room(x, y) };
    watcher.see(1, with_person, person);
    assert!(share(&watcher.model.unchanged, person) < 0.2);
    // And it is not the room's again before it was seen empty for a while.
    watcher.see(6, room, |_, _| false);
    assert!(share(&watcher.model.unchanged, person) < 0.2);
    watcher.see(20, room, |_, _| false);
    assert!(share(&watcher.model.unchanged, person) > 0.99);
}

#[test]
fn the_rooms_texture_is_the_room_and_a_plain_wall_may_be_somebody() {
    let mut watcher = Watcher::new();
    // A poster of stripes on a plain wall.
    let poster = |x: usize, y: usize| (30..50).contains(&x) && (15..35).contains(&y);
    let hung = |x, y| {
        if poster(x, y) {
            60 + 60 * (x as u8 / 4 % 2)
        } else {
            120
        }
    };
    watcher.see(20, hung, |_, _| false);
    // Somebody walked through, so that everything has changed since.
    watcher.see(1, |_, _| STRANGE, |_, _| true);
    watcher.see(1, hung, |_, _| true);
    let surely = &watcher.model.surely;
    assert!(
        share(surely, |x, y| (33..47).contains(&x)
            && (18..32).contains(&y))
            > 0.95
    );
    assert_eq!(share(surely, |x, _| x < 20), 0.0);
    // Somebody before the poster who has one of its colours.
    watcher.see(1, |x, y| if poster(x, y) { 60 } else { 120 }, |_, _| true);
    assert_eq!(share(&watcher.model.surely, |_, _| true), 0.0);
}

#[test]
fn every_level_looks_and_learns_alike() {
    for (width, height) in [(17, 16), (80, 45), (131, 20)] {
        let size = (width, height);
        let person = |x: usize, y: usize| (5..9).contains(&x) && y > 6;
        let subject = drawn(size, person);
        let seen = |level: Level| {
            let mut model = RoomModel::default();
            model.fit(size);
            let mut smooth = Smooth::default();
            for frame in 0..20usize {
                // The light changes, somebody stands there, and somebody else comes by.
                let passes = |x: usize, y: usize| x / 3 == frame && y > 9;
                let picture = picture(width, height, |x, y| match (person(x, y), passes(x, y)) {
                    (true, _) => STRANGE,
                    (_, true) => 250,
                    _ => room(x, y) / 2 + (frame / 8) as u8 * 10,
                });
                let people = mask(&picture, |x, y| person(x, y) || passes(x, y) || y == 2);
                smooth.take(&picture);
                level.run(Look(&mut model, &smooth, &people));
                let subject = (frame > 2).then_some(&subject);
                level.run(Learn(&mut model, &smooth, &people, subject));
            }
            for map in [&model.like, &model.surely, &model.unchanged] {
                assert!(map.has_any() && map.count() < width * height);
            }
            format!("{model:?}")
        };
        let wanted = seen(Level::COMMON);
        for level in Level::all().skip(1) {
            assert!(seen(level) == wanted, "{size:?}, {level}");
        }
    }
}
