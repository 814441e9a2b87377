//! Who stays sharp: the largest connected part of the mask, kept by overlap.

use frosted_core::Mask;

use crate::facts::PERSON;

/// Matte values from here on are shown by half and more (.7), and tie parts together. What is
/// fainter hangs on to a part but does not lead from the subject to somebody else.
const FIRM: u8 = 179;
/// How far fainter pixels may reach beyond the firm ones, in reduced pixels: the width of a
/// soft edge.
const FRINGE: usize = 2;

/// Finds the subject in one mask after another.
///
/// What it remembers of the last mask only chooses between the parts of the new one. It
/// never adds a pixel to it.
#[derive(Debug, Default)]
pub(crate) struct SubjectFinder {
    /// The subject's pixels in the last mask: 1, all others 0.
    last: Vec<u8>,
    last_size: (usize, usize),
    /// What is within the fringe of the subject: 1, all else 0; and a step on the way there.
    near: Vec<u8>,
    near_across: Vec<u8>,
    runs: Vec<Run>,
    parts: Vec<Part>,
}

/// Neighbouring firm pixels of one row.
#[derive(Clone, Copy, Debug)]
struct Run {
    y: usize,
    from: usize,
    to: usize,
    /// Index of a run of the same part, its own if it is the first: a union-find forest.
    root: usize,
}

/// What is known of the part whose root is the run of the same index.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    area: usize,
    overlap: usize,
}

/// A part that holds less of the last subject than this share of it is somebody else.
const MIN_OVERLAP: (usize, usize) = (1, 10);

impl SubjectFinder {
    /// Forgets the subject.
    pub(crate) fn reset(&mut self) {
        self.last.clear();
    }

    /// Sets to 0 every pixel of `mask` that is rather a person's than not but does not belong
    /// to the subject's part or its fringe. Softer pixels stay: none of them is ever shown.
    pub(crate) fn keep_subject(&mut self, mask: &mut Mask) {
        let (width, height) = (mask.width(), mask.height());
        if self.last.len() != width * height || self.last_size != (width, height) {
            self.last.clear();
            self.last.resize(width * height, 0);
            self.last_size = (width, height);
        }
        self.find_runs(mask);
        let subject = self.choose();
        self.last.fill(0);
        for at in 0..self.runs.len() {
            if Some(self.root(at)) == subject {
                let Run { y, from, to, .. } = self.runs[at];
                self.last[y * width + from..y * width + to].fill(1);
            }
        }
        self.find_fringe();
        let marks = self.last.iter().zip(&self.near);
        for (value, (subject, near)) in mask.values_mut().iter_mut().zip(marks) {
            let others = match *value {
                FIRM.. => *subject == 0,
                PERSON.. => *near == 0,
                _ => false,
            };
            if others {
                *value = 0;
            }
        }
    }

    /// Marks what is no farther from the subject than the fringe, in a square.
    fn find_fringe(&mut self) {
        let (width, height) = self.last_size;
        self.near_across.clone_from(&self.last);
        for (row, out) in self
            .last
            .chunks_exact(width)
            .zip(self.near_across.chunks_exact_mut(width))
        {
            for distance in 1..=FRINGE.min(width - 1) {
                or_into(&mut out[distance..], &row[..width - distance]);
                or_into(&mut out[..width - distance], &row[distance..]);
            }
        }
        self.near.clone_from(&self.near_across);
        for distance in (1..=FRINGE.min(height - 1)).map(|rows| rows * width) {
            let len = self.near.len();
            or_into(
                &mut self.near[distance..],
                &self.near_across[..len - distance],
            );
            or_into(
                &mut self.near[..len - distance],
                &self.near_across[distance..],
            );
        }
    }

    fn find_runs(&mut self, mask: &Mask) {
        self.runs.clear();
        let width = mask.width();
        let (mut above_from, mut above_to) = (0, 0);
        for (y, row) in mask.values().chunks_exact(width.max(1)).enumerate() {
            let mut x = 0;
            while let Some(start) = row[x..].iter().position(|&v| v >= FIRM) {
                let from = x + start;
                let len = row[from..]
                    .iter()
                    .position(|&v| v < FIRM)
                    .unwrap_or(width - from);
                let root = self.runs.len();
                self.runs.push(Run {
                    y,
                    from,
                    to: from + len,
                    root,
                });
                x = from + len;
            }
            let (row_from, row_to) = (above_to, self.runs.len());
            let mut above = above_from;
            for at in row_from..row_to {
                while above < above_to && self.runs[above].to <= self.runs[at].from {
                    above += 1;
                }
                let mut touching = above;
                while touching < above_to && self.runs[touching].from < self.runs[at].to {
                    self.join(touching, at);
                    touching += 1;
                }
            }
            (above_from, above_to) = (row_from, row_to);
        }
    }

    fn root(&mut self, at: usize) -> usize {
        let mut at = at;
        while self.runs[at].root != at {
            // Halves the path, so that long shapes stay cheap.
            self.runs[at].root = self.runs[self.runs[at].root].root;
            at = self.runs[at].root;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.runs[a.max(b)].root = a.min(b);
    }

    /// The root of the part that holds most of the last subject, or else of the largest.
    fn choose(&mut self) -> Option<usize> {
        self.parts.clear();
        self.parts.resize(self.runs.len(), Part::default());
        let width = self.last_size.0;
        for at in 0..self.runs.len() {
            let root = self.root(at);
            let Run { y, from, to, .. } = self.runs[at];
            let known = &self.last[y * width + from..y * width + to];
            self.parts[root].area += to - from;
            self.parts[root].overlap += known.iter().map(|&v| usize::from(v)).sum::<usize>();
        }
        let last_area: usize = self.last.iter().map(|&v| usize::from(v)).sum();
        let most = |key: fn(&Part) -> usize| {
            (0..self.parts.len()).max_by_key(|&at| (key(&self.parts[at]), usize::MAX - at))
        };
        let kept = most(|part| part.overlap).filter(|&at| {
            let overlap = self.parts[at].overlap;
            overlap > 0 && overlap * MIN_OVERLAP.1 >= last_area * MIN_OVERLAP.0
        });
        kept.or_else(|| most(|part| part.area).filter(|&at| self.parts[at].area > 0))
    }
}

fn or_into(target: &mut [u8], source: &[u8]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target |= source;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::{FrameSpec, PixelFormat, Reduced};

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

    #[test]
    fn the_largest_part_stays_however_it_winds() {
        let mut mask = mask(&["#.#.###", "#.#...#", "###.#.#+", "....#.#", "##..###", "##"]);
        SubjectFinder::default().keep_subject(&mut mask);
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
        SubjectFinder::default().keep_subject(&mut mask);
        assert_eq!(
            drawn(&mask, 7),
            ["", "-####--", ".####--", ".####--", "-", "", ""]
        );
    }

    #[test]
    fn the_subject_stays_though_somebody_larger_comes() {
        let mut finder = SubjectFinder::default();
        let mut first = mask(&["", "###", "###"]);
        finder.keep_subject(&mut first);
        let mut second = mask(&[
            "",
            ".###.......#####",
            ".###.......#####",
            "...........#####",
        ]);
        finder.keep_subject(&mut second);
        assert_eq!(drawn(&second, 4), ["", ".###", ".###", ""]);
        finder.reset();
        let mut third = mask(&[
            "",
            ".###.......#####",
            ".###.......#####",
            "...........#####",
        ]);
        finder.keep_subject(&mut third);
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
            SubjectFinder::default().keep_subject(&mut after);
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
}
