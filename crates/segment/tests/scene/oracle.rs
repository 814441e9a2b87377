//! What comes before and after a network, in the plainest form: every weight of every
//! pixel in f64, no tables, no order of passes.

use frosted_core::{Reduced, Rotation};
use frosted_segment::{ChannelOrder, Fit, ModelSpec};

/// Left, top, width, height of the picture in the network's input.
fn content(picture: &Reduced, spec: &ModelSpec) -> [usize; 4] {
    let (width, height) = (spec.width(), spec.height());
    if spec.fit() == Fit::Stretch {
        return [0, 0, width, height];
    }
    let (frame_width, frame_height) = picture.rotation().upright(picture.frame_size());
    let scale_x = width as f64 / frame_width as f64;
    let scale_y = height as f64 / frame_height as f64;
    let scale = if scale_x < scale_y { scale_x } else { scale_y };
    let w = ((frame_width as f64 * scale).round() as usize).max(1);
    let h = ((frame_height as f64 * scale).round() as usize).max(1);
    [(width - w) / 2, (height - h) / 2, w, h]
}

fn exact_size(picture: &Reduced) -> (f64, f64) {
    let (width, height) = picture.frame_size();
    let square = picture.square_px() as f64;
    (width as f64 / square, height as f64 / square)
}

/// The part of `cell` in a mean over `from..to`, or on the line through centres at its
/// middle.
fn weight(cell: usize, cells: usize, extent: f64, from: f64, to: f64, mean: bool) -> f64 {
    let end = |cell: usize| extent.min(cell as f64 + 1.0);
    if mean {
        return (end(cell).min(to) - from.max(cell as f64)).max(0.0) / (to - from);
    }
    let centre = |cell: usize| (cell as f64 + end(cell)) / 2.0;
    let at = ((from + to) / 2.0).clamp(centre(0), centre(cells - 1));
    let falls_to = |neighbour: usize| {
        let gap = (centre(neighbour) - centre(cell)).abs();
        (1.0 - (at - centre(cell)).abs() / gap).max(0.0)
    };
    if at == centre(cell) {
        1.0
    } else if at > centre(cell) && cell + 1 < cells {
        falls_to(cell + 1)
    } else if at < centre(cell) && cell > 0 {
        falls_to(cell - 1)
    } else {
        0.0
    }
}

/// From a point of the upright picture to the stored one.
fn to_stored(rotation: Rotation, (width, height): (f64, f64), x: f64, y: f64) -> (f64, f64) {
    match rotation {
        Rotation::None => (x, y),
        Rotation::Clockwise90 => (y, height - x),
        Rotation::Half => (width - x, height - y),
        Rotation::Clockwise270 => (width - y, x),
    }
}

fn to_upright(rotation: Rotation, (width, height): (f64, f64), x: f64, y: f64) -> (f64, f64) {
    match rotation {
        Rotation::None => (x, y),
        Rotation::Clockwise90 => (height - y, x),
        Rotation::Half => (width - x, height - y),
        Rotation::Clockwise270 => (y, width - x),
    }
}

fn sorted(a: f64, b: f64) -> (f64, f64) {
    (a.min(b), a.max(b))
}

/// The network's input value of R, G, B (0, 1, 2) at (x, y).
pub(crate) fn input(
    picture: &Reduced,
    spec: &ModelSpec,
    channel: usize,
    (x, y): (usize, usize),
) -> f64 {
    let rgb = pixel(picture, spec, (x, y)).map_or([0.0; 3], |p| in_rgb(picture, p));
    let place = match spec.channels() {
        ChannelOrder::Rgb => channel,
        ChannelOrder::Bgr => 2 - channel,
    };
    (rgb[channel] / 255.0 - f64::from(spec.mean()[place])) / f64::from(spec.std()[place])
}

/// The three planes' means at a pixel of the input; none in the border.
fn pixel(picture: &Reduced, spec: &ModelSpec, (x, y): (usize, usize)) -> Option<[f64; 3]> {
    let [left, top, width, height] = content(picture, spec);
    let (x, y) = (x.checked_sub(left)?, y.checked_sub(top)?);
    if x >= width || y >= height {
        return None;
    }
    let stored = exact_size(picture);
    let swap = picture.rotation().swaps_sides();
    let upright = if swap { (stored.1, stored.0) } else { stored };
    let at = |x: usize, y: usize| {
        let (x, y) = (x as f64 / width as f64, y as f64 / height as f64);
        to_stored(picture.rotation(), stored, x * upright.0, y * upright.1)
    };
    let (a, b) = (at(x, y), at(x + 1, y + 1));
    let (xs, ys) = (sorted(a.0, b.0), sorted(a.1, b.1));
    let (across, down) = if swap {
        (height, width)
    } else {
        (width, height)
    };
    let means = (stored.0 >= across as f64, stored.1 >= down as f64);
    let mut sums = [0.0; 3];
    for j in 0..picture.height() {
        let wy = weight(j, picture.height(), stored.1, ys.0, ys.1, means.1);
        for i in 0..if wy > 0.0 { picture.width() } else { 0 } {
            let wx = weight(i, picture.width(), stored.0, xs.0, xs.1, means.0);
            for (sum, plane) in sums.iter_mut().zip(picture.planes()) {
                *sum += wx * wy * f64::from(plane[j * picture.width() + i]);
            }
        }
    }
    Some(sums)
}

fn in_rgb(picture: &Reduced, planes: [f64; 3]) -> [f64; 3] {
    let Some(colour) = picture.colour() else {
        return planes;
    };
    let [y_gain, y_offset, r_cr, g_cb, g_cr, b_cb] = colour.rgb_coefficients().map(f64::from);
    let y = (planes[0] - y_offset) * y_gain;
    let (cb, cr) = (planes[1] - 128.0, planes[2] - 128.0);
    [y + r_cr * cr, y + g_cb * cb + g_cr * cr, y + b_cb * cb].map(|v| v.clamp(0.0, 255.0))
}

/// The mask's value, 0 to 255, at (i, j) of the stored picture, from alpha at (x, y).
pub(crate) fn mask(
    picture: &Reduced,
    spec: &ModelSpec,
    (i, j): (usize, usize),
    alpha: impl Fn(usize, usize) -> f64,
) -> f64 {
    let [left, top, width, height] = content(picture, spec);
    let stored = exact_size(picture);
    let swap = picture.rotation().swaps_sides();
    let upright = if swap { (stored.1, stored.0) } else { stored };
    let scale = (width as f64 / upright.0, height as f64 / upright.1);
    let a = to_upright(picture.rotation(), stored, i as f64, j as f64);
    let (x, y) = (
        (i as f64 + 1.0).min(stored.0),
        (j as f64 + 1.0).min(stored.1),
    );
    let b = to_upright(picture.rotation(), stored, x, y);
    let (xs, ys) = (sorted(a.0, b.0), sorted(a.1, b.1));
    let (x0, x1) = (xs.0 * scale.0, xs.1 * scale.0);
    let (y0, y1) = (ys.0 * scale.1, ys.1 * scale.1);
    let mut sum = 0.0;
    for row in 0..height {
        let wy = weight(row, height, height as f64, y0, y1, scale.1 >= 1.0);
        for column in 0..if wy > 0.0 { width } else { 0 } {
            let wx = weight(column, width, width as f64, x0, x1, scale.0 >= 1.0);
            if wx > 0.0 {
                sum += wx * wy * alpha(left + column, top + row);
            }
        }
    }
    255.0 * sum
}
