//! Maps of 0 and 1 over the reduced grid: growing and shrinking.

/// Sets each pixel that has a 1 within `radius` of it in a square.
pub(crate) fn dilate_square(map: &mut [u8], width: usize, radius: usize, scratch: &mut Vec<u8>) {
    scratch.clear();
    scratch.extend_from_slice(map);
    if width == 0 {
        return;
    }
    for (row, out) in map.chunks_exact(width).zip(scratch.chunks_exact_mut(width)) {
        for distance in 1..=radius.min(width - 1) {
            or_into(&mut out[distance..], &row[..width - distance]);
            or_into(&mut out[..width - distance], &row[distance..]);
        }
    }
    map.copy_from_slice(scratch);
    let rows = map.len() / width;
    for distance in (1..=radius.min(rows.saturating_sub(1))).map(|rows| rows * width) {
        let len = map.len();
        or_into(&mut map[distance..], &scratch[..len - distance]);
        or_into(&mut map[..len - distance], &scratch[distance..]);
    }
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
