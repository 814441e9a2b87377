//! What a plate goes through while somebody sits in front of it, as clips of frames.

use super::tests::{mask, picture};
use super::*;
use frosted_core::{PixelFormat, TextHeight};

const SIZE: (usize, usize) = (256, 144);
const FRAME_MILLIS: u64 = 33;

/// A room whose picture can be shifted, under a light of so many per cent, with somebody in
/// front of it.
struct Clip {
    maker: BackdropMaker,
    frame: u64,
    light: usize,
    shift: (usize, usize),
    /// Where the middle of the person is; far away: nobody is there.
    person: isize,
    field: Field,
}

const NOBODY: isize = -1000;

impl Clip {
    fn new() -> Self {
        let spec = FrameSpec::new(PixelFormat::Rgb8, SIZE.0, SIZE.1).unwrap();
        let plan = ConcealPlan::new(&spec, SIZE, TextHeight::default());
        let background = Background::Frost(TextHeight::default());
        Self {
            maker: BackdropMaker::new(&spec, &background, &plan).unwrap(),
            frame: 0,
            light: 100,
            shift: (4, 4),
            person: 128,
            field: Field::default(),
        }
    }

    /// Lets `frames` pass and gives the plate as it is shown then.
    fn play(&mut self, frames: u64) -> Vec<u16> {
        for _ in 0..frames {
            let (person, light, (right, down)) = (self.person, self.light, self.shift);
            let covers = |x: usize, y: usize| (x as isize - person).abs() < 30 && y > 40;
            let room = |x: usize, y: usize| {
                let (x, y) = (x + right, y + down);
                // Cells of 36 differ; inside them there is as much again.
                60 + 50 * ((x / 40 + y / 40) % 3) + 30 * ((x / 3 + y / 5) % 2)
            };
            let now = picture(SIZE.0, SIZE.1, |x, y| match covers(x, y) {
                true => 250,
                false => (room(x, y) * light / 100) as u8,
            });
            let people = mask(&now, covers);
            let at = Timestamp::from_millis(FRAME_MILLIS * self.frame);
            self.maker.observe(&now, &people, at);
            match self.maker.make(&now, &people) {
                Backdrop::Field(field) => self.field.clone_from(field),
                other => panic!("{other:?}"),
            }
            self.frame += 1;
        }
        self.field.planes[0].clone()
    }

    fn plates(&self) -> u32 {
        self.maker.plate_bits().1
    }

    fn bits(&self) -> u32 {
        self.maker.plate_bits().0
    }
}

#[test]
fn it_stays_to_the_bit_while_the_camera_shakes_and_the_light_wavers() {
    let mut clip = Clip::new();
    let before = clip.play(30);
    for frame in 0..200usize {
        clip.shift = (frame * 7 % 5 + 2, frame * 3 % 5 + 2);
        clip.light = 97 + frame * 5 % 7;
        assert!(clip.play(1) == before, "frame {frame}");
    }
    assert_eq!(clip.plates(), 1);
}

#[test]
fn it_stays_while_the_person_leaves_and_returns_but_for_what_they_uncover() {
    let mut clip = Clip::new();
    let before = clip.play(30);
    let known = clip.bits();
    for step in 0..60 {
        clip.person = 128 + 4 * step;
        let _ = clip.play(1);
    }
    clip.person = NOBODY;
    let empty = clip.play(90);
    assert!(empty != before, "what was behind the person is seen now");
    assert!(clip.bits() > known);
    let known = clip.bits();
    clip.person = 128;
    assert!(clip.play(90) == empty, "nobody becomes the room");
    assert_eq!((clip.plates(), clip.bits()), (1, known));
}

#[test]
fn another_light_fades_in_without_a_jump_and_both_plates_count_meanwhile() {
    let mut clip = Clip::new();
    // A plate stands for five seconds.
    let before = clip.play(200);
    let known = clip.bits();
    clip.light = 60;
    let (mut last, mut most, mut counted) = (before.clone(), 0, 0);
    for _ in 0..150 {
        let now = clip.play(1);
        let steps = now.iter().zip(&last).map(|(a, b)| a.abs_diff(*b));
        most = most.max(steps.max().unwrap_or(0));
        let brighter = now.iter().zip(&last).any(|(now, last)| now > last);
        assert!(!brighter, "it falls all the way");
        counted = counted.max(clip.bits());
        last = now;
    }
    let all = before.iter().zip(&last).map(|(a, b)| a.abs_diff(*b));
    let all = all.max().unwrap_or(0);
    assert!(all > 30 * 256, "the plate is another one: {all}");
    assert!(8 * most < all, "{most} of {all} in one frame");
    assert_eq!((clip.plates(), clip.bits()), (2, known));
    assert_eq!(counted, 2 * known);
}

#[test]
fn cells_that_nobody_saw_take_the_mean_of_their_neighbours() {
    use cells::{Cells, Weigh};
    use plate::{Hold, Plate};
    // Four by four cells; the second column is behind the person, whose 250 has no part in it.
    let now = picture(64, 64, |x, _| match x / 16 {
        0 => 41,
        1 => 250,
        _ => 206,
    });
    let people = mask(&now, |x, _| x / 16 == 1);
    let mut cells = Cells::default();
    cells.measure(&now, 16, Weigh::Room(&people));
    let mut plate = Plate::new(Hold::Plate);
    plate.update(&cells, Timestamp::ZERO);
    // 5 bits of 41 are level 41, of 206 level 206; as many neighbours have the one as the other.
    let row = [41 * 256, (41 + 206) * 128, 206 * 256, 206 * 256];
    assert_eq!(plate.means()[0], row.repeat(4));
}
