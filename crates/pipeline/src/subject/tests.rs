use super::*;
use frosted_core::{Face, FrameSpec, PixelFormat, Reduced};

/// A mask drawn with one letter a pixel: `#` person, `.` room, `+` never shown, `-` faint.
fn mask(rows: &[&str]) -> Mask {
    let spec = FrameSpec::new(PixelFormat::Rgb8, 16, 16).unwrap();
    let mut picture = Reduced::default();
    let _ = picture.prepare(&spec, 1, frosted_core::internal::FrameId(1));
    let mut mask = Mask::new();
    let values = mask.begin(&picture);
    for (y, row) in rows.iter().enumerate() {
        for (x, letter) in row.bytes().enumerate() {
            values[y * 16 + x] = match letter {
                b'#' => 255,
                b'+' => 100,
                b'-' => 150,
                _ => 0,
            };
        }
    }
    mask
}

fn drawn(mask: &Mask, rows: usize) -> Vec<String> {
    let letter = |v: &u8| match v {
        255 => '#',
        0 => '.',
        150 => '-',
        _ => '+',
    };
    let rows = mask.values().chunks(16).take(rows);
    rows.map(|row| {
        row.iter()
            .map(letter)
            .collect::<String>()
            .trim_end_matches('.')
            .to_owned()
    })
    .collect()
}

/// Keeps the subject of mask after mask of a grey picture, a frame apart.
#[derive(Default)]
struct Looker {
    finder: SubjectFinder,
    frame: u64,
    like: Bitmap,
}

const AT_ONCE: Choice = Choice {
    subjects: Subjects::One,
    newcomers: Newcomers::AtOnce,
};

impl Looker {
    fn keep(&mut self, matte: &mut Mask) {
        self.keep_seeing(matte, None, AT_ONCE);
    }

    fn keep_seeing(&mut self, matte: &mut Mask, faces: Option<&[Face]>, choice: Choice) {
        let mut people = Mask::new();
        people.copy_from(matte);
        let mut smooth = Smooth::default();
        smooth.take(&crate::backdrop::tests::picture(
            matte.width(),
            matte.height(),
            |_, _| 90,
        ));
        self.like.fit((matte.width(), matte.height()));
        let at = Timestamp::from_millis(33 * self.frame);
        let sight = Sight {
            at,
            picture: &smooth,
            rotation: Rotation::None,
            people: &people,
            like: &self.like,
            surely: &self.like,
            faces: faces.map_or(Looked::Not, |faces| Looked::Seen(Seen { faces, at })),
            faces_matter: if faces.is_some() {
                FacesMatter::Yes
            } else {
                FacesMatter::No
            },
        };
        self.finder.keep_subject(matte, &sight, choice);
        self.frame += 1;
    }
}

#[test]
fn the_largest_part_stays_however_it_winds() {
    let mut mask = mask(&["#.#.###", "#.#...#", "###.#.#+", "....#.#", "##..###", "##"]);
    Looker::default().keep(&mut mask);
    assert_eq!(
        drawn(&mask, 6),
        ["....###", "......#", "....#.#+", "....#.#", "....###", ""]
    );
}

#[test]
fn a_faint_bridge_leads_to_nobody() {
    let mut mask = mask(&[
        "",
        "-####----------",
        ".####-----###--",
        ".####------##",
        "-",
        "",
        "--",
    ]);
    Looker::default().keep(&mut mask);
    assert_eq!(
        drawn(&mask, 7),
        ["", "-####--", ".####--", ".####--", "-", "", ""]
    );
}

#[test]
fn the_subject_stays_though_somebody_larger_comes() {
    let mut finder = Looker::default();
    let mut first = mask(&["", "###", "###"]);
    finder.keep(&mut first);
    let mut second = mask(&[
        "",
        ".###.......#####",
        ".###.......#####",
        "...........#####",
    ]);
    finder.keep(&mut second);
    assert_eq!(drawn(&second, 4), ["", ".###", ".###", ""]);
    finder.finder.reset();
    let mut third = mask(&[
        "",
        ".###.......#####",
        ".###.......#####",
        "...........#####",
    ]);
    finder.keep(&mut third);
    assert_eq!(drawn(&third, 2), ["", "...........#####"]);
}

#[test]
fn labels_agree_with_a_flood_fill() {
    let mut seed = 1u32;
    for _ in 0..200 {
        let mut rows = vec![String::new(); 16];
        for row in &mut rows {
            for _ in 0..16 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                row.push(if seed >> 30 < 2 { '#' } else { '.' });
            }
        }
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let before = mask(&rows);
        let mut after = mask(&rows);
        Looker::default().keep(&mut after);
        let largest = largest_by_flood(before.values());
        let kept = after.values().iter().filter(|&&v| v == 255).count();
        assert_eq!(kept, largest);
    }
}

fn largest_by_flood(values: &[u8]) -> usize {
    let mut seen = vec![false; values.len()];
    let mut largest = 0;
    for start in 0..values.len() {
        let mut area = 0;
        let mut todo = vec![start];
        while let Some(at) = todo.pop() {
            if values[at] != 255 || seen[at] {
                continue;
            }
            seen[at] = true;
            area += 1;
            let (x, y) = (at % 16, at / 16);
            todo.extend((x > 0).then(|| at - 1));
            todo.extend((x < 15).then(|| at + 1));
            todo.extend((y > 0).then(|| at - 16));
            todo.extend((y < 15).then(|| at + 16));
        }
        largest = largest.max(area);
    }
    largest
}
