use crate::bits::Bitmap;

/// The connected parts of a map.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    runs: Vec<Run>,
    parts: Vec<Part>,
}

/// Neighbouring marked pixels of one row.
#[derive(Clone, Copy, Debug)]
struct Run {
    y: usize,
    from: usize,
    to: usize,
    /// Index of a run of the same part, its own if it is the first: a union-find forest.
    root: usize,
}

/// How many of a part's pixels are marked in the maps that were counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    /// Index of the first of its runs, by which it is asked for.
    pub(crate) root: usize,
    pub(crate) area: usize,
    /// Of the subject in the frame before.
    pub(crate) overlap: usize,
    /// Like the room.
    pub(crate) like: usize,
    /// Not as they were a while ago.
    pub(crate) moved: usize,
    /// In a subject's face.
    pub(crate) face: usize,
}

/// What is counted in each part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks<'a> {
    pub(crate) last: Option<&'a Bitmap>,
    pub(crate) like: Option<&'a Bitmap>,
    pub(crate) moved: Option<&'a Bitmap>,
    pub(crate) face: Option<&'a Bitmap>,
}

impl Parts {
    /// Finds the parts of `map`.
    pub(crate) fn find(&mut self, map: &Bitmap) {
        self.runs.clear();
        self.parts.clear();
        let (mut above_from, mut above_to) = (0, 0);
        for y in 0..map.size().1 {
            let mut x = 0;
            while let Some(from) = map.next_marked(y, x) {
                let to = map.next_clear(y, from);
                let root = self.runs.len();
                self.runs.push(Run { y, from, to, root });
                x = to;
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

    /// Counts each part's pixels and those that are marked.
    pub(crate) fn count(&mut self, marks: &Marks<'_>) {
        self.parts.clear();
        for at in 0..self.runs.len() {
            // A root is the first of its runs, so that its part is there before the others.
            let root = self.root(at);
            let index = if root == at {
                self.parts.push(Part {
                    root,
                    ..Part::default()
                });
                self.parts.len() - 1
            } else {
                self.parts.partition_point(|part| part.root < root)
            };
            let Run { y, from, to, .. } = self.runs[at];
            let marked = |map: Option<&Bitmap>| map.map_or(0, |map| map.count_between(y, from, to));
            let part = &mut self.parts[index];
            part.area += to - from;
            part.overlap += marked(marks.last);
            part.like += marked(marks.like);
            part.moved += marked(marks.moved);
            part.face += marked(marks.face);
        }
    }

    /// The parts as they were counted.
    pub(crate) fn list(&self) -> &[Part] {
        &self.parts
    }

    /// Whether the part named by its root has a pixel in row `y`.
    pub(crate) fn reaches_row(&self, root: usize, y: usize) -> bool {
        let first = self.runs.partition_point(|run| run.y < y);
        let row = self.runs[first..].iter().take_while(|run| run.y == y);
        let mut at = (first..).zip(row);
        at.any(|(at, _)| self.find_root(at) == root)
    }

    /// Whether the part named by its root lies in `columns` and below row 0.
    pub(crate) fn lies_within(&self, root: usize, columns: &std::ops::Range<f32>) -> bool {
        let mut runs = (0..self.runs.len()).filter(|&at| self.find_root(at) == root);
        runs.all(|at| {
            let Run { y, from, to, .. } = self.runs[at];
            y > 0 && columns.start <= from as f32 && to as f32 <= columns.end
        })
    }

    /// The root of the part that holds the pixel (x, y).
    pub(crate) fn at(&self, x: usize, y: usize) -> Option<usize> {
        let before = self.runs.partition_point(|run| (run.y, run.from) <= (y, x));
        let at = before.checked_sub(1)?;
        let Run { y: row, to, .. } = self.runs[at];
        (row == y && x < to).then(|| self.find_root(at))
    }

    /// Marks the pixels of the parts that `wanted` names by their roots in `map`, and no others.
    pub(crate) fn draw(&mut self, wanted: impl Fn(usize) -> bool, map: &mut Bitmap) {
        map.clear();
        for at in 0..self.runs.len() {
            if wanted(self.root(at)) {
                let Run { y, from, to, .. } = self.runs[at];
                map.fill(y, from, to);
            }
        }
    }

    /// As [`draw`](Self::draw), for the counted parts that `wanted` names; the list keeps
    /// only those.
    pub(crate) fn draw_those(&mut self, wanted: impl Fn(&Part) -> bool, map: &mut Bitmap) {
        let mut parts = std::mem::take(&mut self.parts);
        parts.retain(|part| wanted(part));
        let named = |root| parts.binary_search_by_key(&root, |part| part.root).is_ok();
        self.draw(named, map);
        self.parts = parts;
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

    /// As [`root`](Self::root), without a shorter path for the next one who asks.
    fn find_root(&self, at: usize) -> usize {
        let mut at = at;
        while self.runs[at].root != at {
            at = self.runs[at].root;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.runs[a.max(b)].root = a.min(b);
    }
}
