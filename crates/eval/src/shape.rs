//! Operations on maps of a byte a pixel, 0 = no, anything else = yes.

/// What a pixel of an opening needs around it: 3x3.
pub(crate) fn open_3x3(map: &mut [u8], width: usize, scratch: &mut Vec<u8>) {
    let square = [1, 1, 1];
    shrink(map, width, &square, scratch);
    grow(map, width, &square, scratch);
}

/// The half widths of the rows of a disc that is `2 * radius + 1` rows high.
pub(crate) fn disc(radius: usize) -> Vec<usize> {
    let r = radius as f64;
    (0..=2 * radius)
        .map(|row| {
            let dy = row as f64 - r;
            (r * r - dy * dy).sqrt().round_ties_even() as usize
        })
        .collect()
}

/// Keeps the pixels around which the whole shape is set. `half_widths` are those of the
/// shape's rows, an odd number of them; what lies outside the picture counts as set.
pub(crate) fn shrink(map: &mut [u8], width: usize, half_widths: &[usize], scratch: &mut Vec<u8>) {
    along(map, width, half_widths, scratch, u8::MAX, u8::min);
}

/// Sets the pixels around which any of the shape is set; what lies outside counts as not.
pub(crate) fn grow(map: &mut [u8], width: usize, half_widths: &[usize], scratch: &mut Vec<u8>) {
    along(map, width, half_widths, scratch, 0, u8::max);
}

fn along(
    map: &mut [u8],
    width: usize,
    half_widths: &[usize],
    scratch: &mut Vec<u8>,
    outside: u8,
    pick: impl Fn(u8, u8) -> u8 + Copy,
) {
    let (height, reach) = (map.len() / width, half_widths.len() / 2);
    scratch.clear();
    scratch.resize(map.len(), outside);
    let mut widened = vec![outside; width];
    // Rows of the shape that are equally wide share the work.
    let mut widths: Vec<usize> = half_widths.to_vec();
    widths.sort_unstable();
    widths.dedup();
    for y in 0..height {
        let row = &map[y * width..][..width];
        for &half in &widths {
            widen(row, half, pick, &mut widened);
            for (at, _) in half_widths
                .iter()
                .enumerate()
                .filter(|(_, is)| **is == half)
            {
                // Row `at` of the shape sees this row from `at - reach` rows away.
                let Some(to) = (y + reach).checked_sub(at).filter(|to| *to < height) else {
                    continue;
                };
                for (out, &value) in scratch[to * width..][..width].iter_mut().zip(&widened) {
                    *out = pick(*out, value);
                }
            }
        }
    }
    map.copy_from_slice(scratch);
}

fn widen(row: &[u8], half: usize, pick: impl Fn(u8, u8) -> u8 + Copy, out: &mut [u8]) {
    out.copy_from_slice(row);
    let width = row.len();
    for at in 1..=half.min(width) {
        for (out, &value) in out[at..].iter_mut().zip(row) {
            *out = pick(*out, value);
        }
        for (out, &value) in out[..width - at].iter_mut().zip(&row[at..]) {
            *out = pick(*out, value);
        }
    }
}

/// The pixels of the largest patch whose pixels touch, corners included.
pub(crate) fn largest_patch(map: &[u8], width: usize) -> usize {
    let mut left: Vec<bool> = map.iter().map(|&value| value != 0).collect();
    let (mut largest, mut open) = (0, Vec::new());
    for start in 0..left.len() {
        if !std::mem::take(&mut left[start]) {
            continue;
        }
        let mut size = 0;
        open.push(start);
        while let Some(at) = open.pop() {
            size += 1;
            for near in neighbours(at, width, left.len()) {
                if std::mem::take(&mut left[near]) {
                    open.push(near);
                }
            }
        }
        largest = largest.max(size);
    }
    largest
}

fn neighbours(at: usize, width: usize, len: usize) -> impl Iterator<Item = usize> {
    let (x, y) = ((at % width) as isize, (at / width) as isize);
    let (width, height) = (width as isize, (len / width) as isize);
    (-1..=1)
        .flat_map(|dy| (-1..=1).map(move |dx| (dx, dy)))
        .map(move |(dx, dy)| (x + dx, y + dy))
        .filter(move |(x, y)| (0..width).contains(x) && (0..height).contains(y))
        .map(move |(x, y)| (y * width + x) as usize)
}

/// How far each pixel is from the nearest one that `is_target`, in pixels; steps count .955,
/// diagonal ones 1.3693 (Borgefors 1986, the best 3x3 weights).
pub(crate) fn distances(
    width: usize,
    height: usize,
    is_target: impl Fn(usize, usize) -> bool,
    out: &mut Vec<f32>,
) {
    const STEP: f32 = 0.955;
    const DIAGONAL: f32 = 1.3693;
    out.clear();
    out.resize(width * height, f32::MAX);
    let reach = |out: &[f32], from: Option<usize>, cost: f32| {
        from.map_or(f32::MAX, |from| out[from] + cost)
    };
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            if is_target(x, y) {
                out[at] = 0.0;
                continue;
            }
            let up = (y > 0).then(|| at - width);
            let near = [
                reach(out, (x > 0).then(|| at - 1), STEP),
                reach(out, up, STEP),
                reach(out, up.filter(|_| x > 0).map(|up| up - 1), DIAGONAL),
                reach(out, up.filter(|_| x + 1 < width).map(|up| up + 1), DIAGONAL),
            ];
            out[at] = near.into_iter().fold(f32::MAX, f32::min);
        }
    }
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            let at = y * width + x;
            let down = (y + 1 < height).then(|| at + width);
            let near = [
                reach(out, (x + 1 < width).then(|| at + 1), STEP),
                reach(out, down, STEP),
                reach(out, down.filter(|_| x > 0).map(|down| down - 1), DIAGONAL),
                reach(
                    out,
                    down.filter(|_| x + 1 < width).map(|down| down + 1),
                    DIAGONAL,
                ),
            ];
            out[at] = near.into_iter().fold(out[at], f32::min);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(rows: &[&str]) -> (Vec<u8>, usize) {
        let bytes = rows.iter().flat_map(|row| row.bytes());
        (bytes.map(|b| u8::from(b == b'#')).collect(), rows[0].len())
    }

    #[test]
    fn discs_are_as_wide_as_circles() {
        assert_eq!(disc(1), [0, 1, 0]);
        assert_eq!(disc(2), [0, 2, 2, 2, 0]);
        assert_eq!(disc(3), [0, 2, 3, 3, 3, 2, 0]);
    }

    #[test]
    fn opening_removes_what_is_thinner_than_three() {
        let (mut is, width) = map(&["......", ".###..", ".####.", ".###.#", "......"]);
        let (expected, _) = map(&["......", ".###..", ".###..", ".###..", "......"]);
        open_3x3(&mut is, width, &mut Vec::new());
        assert_eq!(is, expected);
    }

    #[test]
    fn outside_counts_as_set_when_shrinking() {
        let (mut is, width) = map(&["##.", "##.", "..."]);
        let (expected, _) = map(&["#..", "...", "..."]);
        shrink(&mut is, width, &[1, 1, 1], &mut Vec::new());
        assert_eq!(is, expected);
    }

    #[test]
    fn a_shape_grows_a_point_to_itself() {
        let (mut is, width) = map(&[".....", ".....", "..#..", ".....", "....."]);
        let (expected, _) = map(&["..#..", "#####", "#####", "#####", "..#.."]);
        grow(&mut is, width, &disc(2), &mut Vec::new());
        assert_eq!(is, expected);
    }

    #[test]
    fn patches_touch_at_corners() {
        let (is, width) = map(&["#....##", ".#...##", "..#....", "......."]);
        assert_eq!(largest_patch(&is, width), 4);
        let (is, width) = map(&["###", "...", "##."]);
        assert_eq!(largest_patch(&is, width), 3);
        assert_eq!(largest_patch(&[0; 12], 4), 0);
    }

    #[test]
    fn distances_count_steps_and_diagonals() {
        let mut got = Vec::new();
        distances(4, 3, |x, y| (x, y) == (1, 1), &mut got);
        assert_eq!(got[0], 1.3693);
        assert_eq!(got[1], 0.955);
        assert_eq!(got[3], 0.955 + 1.3693);
        assert_eq!(got[5], 0.0);
    }
}
