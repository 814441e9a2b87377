//! Maps of 0 and 1 over the reduced grid: growing and shrinking.

/// Sets each pixel that has a 1 within `radius` of it in a square.
pub(crate) fn dilate_square(map: &mut [u8], width: usize, radius: usize, scratch: &mut Vec<u8>) {
    scratch.clear();
    scratch.extend_from_slice(map);
    if width == 0 || radius == 0 {
        return;
    }
    let pairs = map
        .chunks_exact_mut(width)
        .zip(scratch.chunks_exact_mut(width));
    for (row, out) in pairs {
        spread(row, out, 1, radius.min(width - 1));
        row.copy_from_slice(out);
    }
    let rows = map.len() / width;
    scratch.copy_from_slice(map);
    spread(map, scratch, width, radius.min(rows.saturating_sub(1)));
    map.copy_from_slice(scratch);
}

/// Sets in `out`, which equals `map`, what has a 1 in it at up to `radius` times `step` before
/// or behind it; leaves `map` used up.
///
/// Spans that grow by doubling: a pass for each bit of the radius, not one for each pixel.
fn spread(map: &mut [u8], out: &mut [u8], step: usize, radius: usize) {
    let len = map.len();
    // What has a 1 at 0 to `reach` steps behind it.
    let mut reach = 0;
    while reach < radius {
        let more = (reach + 1).min(radius - reach) * step;
        let (target, source) = (&mut map[..len - more], &out[more..]);
        or_into(target, source);
        out.copy_from_slice(map);
        reach += more / step;
    }
    // Before those that end at a pixel, at the beginning the first one, which reaches it.
    let (first, rest) = out.split_at_mut(radius * step);
    for near in first.chunks_exact_mut(step) {
        or_into(near, &map[..step]);
    }
    or_into(rest, &map[..len - radius * step]);
}

/// Clears each pixel that has a 0 within `radius` of it in a square. The map goes on beyond
/// its edges as it ends there.
pub(crate) fn erode_square(map: &mut [u8], width: usize, radius: usize, scratch: &mut Vec<u8>) {
    invert(map);
    dilate_square(map, width, radius, scratch);
    invert(map);
}

/// Sets each pixel that has a 1 above, below or beside it.
pub(crate) fn dilate_cross(map: &mut [u8], width: usize, scratch: &mut Vec<u8>) {
    scratch.clear();
    scratch.extend_from_slice(map);
    if width == 0 {
        return;
    }
    for (row, out) in scratch.chunks_exact(width).zip(map.chunks_exact_mut(width)) {
        or_into(&mut out[1..], &row[..width - 1]);
        or_into(&mut out[..width - 1], &row[1..]);
    }
    let len = map.len();
    if len > width {
        or_into(&mut map[width..], &scratch[..len - width]);
        or_into(&mut map[..len - width], &scratch[width..]);
    }
}

/// Clears each pixel that has a 0 above, below or beside it.
pub(crate) fn erode_cross(map: &mut [u8], width: usize, scratch: &mut Vec<u8>) {
    invert(map);
    dilate_cross(map, width, scratch);
    invert(map);
}

/// How many pixels are 1.
pub(crate) fn count(map: &[u8]) -> usize {
    // In bytes as long as they hold it: a quarter of the work.
    let parts = map.chunks(255).map(|part| part.iter().sum::<u8>());
    parts.map(usize::from).sum()
}

fn invert(map: &mut [u8]) {
    for value in map {
        *value ^= 1;
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

    fn map(rows: &[&str]) -> Vec<u8> {
        rows.iter()
            .flat_map(|row| row.bytes().map(|b| u8::from(b == b'#')))
            .collect()
    }

    #[test]
    fn any_radius_agrees_with_the_definition() {
        let mut scratch = Vec::new();
        for (width, height) in [(1, 1), (1, 9), (9, 1), (13, 11), (16, 16)] {
            for radius in 0..20 {
                let noise = |x: usize, y: usize| (x * 7 + y * 11 + x * y * 5) % 23 == 3;
                let pixels = (0..width * height).map(|at| (at % width, at / width));
                let mut grown: Vec<u8> =
                    pixels.clone().map(|(x, y)| u8::from(noise(x, y))).collect();
                dilate_square(&mut grown, width, radius, &mut scratch);
                for ((x, y), &grown) in pixels.zip(&grown) {
                    let columns = x.saturating_sub(radius)..(x + radius + 1).min(width);
                    let mut rows = y.saturating_sub(radius)..(y + radius + 1).min(height);
                    let near = rows.any(|y| columns.clone().any(|x| noise(x, y)));
                    assert_eq!(
                        grown,
                        u8::from(near),
                        "{x},{y} of {width}x{height}: {radius}"
                    );
                }
            }
        }
    }

    #[test]
    fn squares_and_crosses_grow_and_shrink() {
        let dot = ["......", "......", "..#...", "......", "......"];
        let cross = ["......", "..#...", ".###..", "..#...", "......"];
        let square = ["......", ".###..", ".###..", ".###..", "......"];
        let mut scratch = Vec::new();
        let mut grown = map(&dot);
        dilate_cross(&mut grown, 6, &mut scratch);
        assert_eq!(grown, map(&cross));
        erode_cross(&mut grown, 6, &mut scratch);
        assert_eq!(grown, map(&dot));
        dilate_square(&mut grown, 6, 1, &mut scratch);
        assert_eq!(grown, map(&square));
        erode_square(&mut grown, 6, 1, &mut scratch);
        assert_eq!(grown, map(&dot));
        dilate_square(&mut grown, 6, 9, &mut scratch);
        assert!(grown.iter().all(|&v| v == 1));
        // Nothing is cleared from the edge inwards.
        erode_square(&mut grown, 6, 2, &mut scratch);
        assert!(grown.iter().all(|&v| v == 1));
    }
}
