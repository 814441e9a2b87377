//! The band: the mask is shrunk by about its edge error, so that what the network draws
//! too wide does not show the room.

use frosted_core::Mask;

/// Shrinks masks by a radius that may be a fraction of a pixel.
#[derive(Debug, Default)]
pub(crate) struct Shrinker {
    across: Vec<u8>,
}

impl Shrinker {
    /// Sets each value to the least that linear interpolation finds within `radius_q8` /
    /// 256 pixels of it in a square. Beyond the edges the picture goes on as it ends there,
    /// so that a person who is cut by the frame stays so.
    pub(crate) fn shrink(&mut self, mask: &mut Mask, radius_q8: u32) {
        let (width, height) = (mask.width(), mask.height());
        self.across.clear();
        self.across.resize(width * height, 0);
        let rows = mask.values().chunks_exact(width.max(1));
        for (row, out) in rows.zip(self.across.chunks_exact_mut(width.max(1))) {
            out.copy_from_slice(row);
            for_each_tap(radius_q8, |near, far, part| {
                // A tap's two pixels, to the right and to the left; clamped ones are at the ends.
                let far = far.min(width - 1);
                let near = near.min(far);
                for (x, out) in out.iter_mut().enumerate() {
                    let at = |i: usize| row[i.min(width - 1)];
                    let right = mix(at(x + near), at(x + far), part);
                    let left = mix(
                        row[x.saturating_sub(near)],
                        row[x.saturating_sub(far)],
                        part,
                    );
                    *out = (*out).min(right).min(left);
                }
            });
        }
        let values = mask.values_mut();
        values.copy_from_slice(&self.across);
        for_each_tap(radius_q8, |near, far, part| {
            for y in 0..height {
                let row = |y: usize| &self.across[y * width..(y + 1) * width];
                let (below_near, below_far) = (
                    row((y + near).min(height - 1)),
                    row((y + far).min(height - 1)),
                );
                let (above_near, above_far) =
                    (row(y.saturating_sub(near)), row(y.saturating_sub(far)));
                let out = &mut values[y * width..(y + 1) * width];
                for (x, out) in out.iter_mut().enumerate() {
                    let below = mix(below_near[x], below_far[x], part);
                    let above = mix(above_near[x], above_far[x], part);
                    *out = (*out).min(below).min(above);
                }
            }
        });
    }
}

/// Calls `tap` with the two neighbouring distances and the share (of 256) of the farther
/// one, for every place within the radius where the least value can be.
fn for_each_tap(radius_q8: u32, mut tap: impl FnMut(usize, usize, u16)) {
    let (whole, part) = ((radius_q8 >> 8) as usize, (radius_q8 & 255) as u16);
    for distance in 1..=whole {
        tap(distance, distance, 0);
    }
    if part > 0 {
        tap(whole, whole + 1, part);
    }
}

fn mix(near: u8, far: u8, far_share: u16) -> u8 {
    ((u16::from(near) * (256 - far_share) + u16::from(far) * far_share) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::{FrameSpec, PixelFormat, Reduced};

    fn mask(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Mask {
        let spec = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
        let mut picture = Reduced::default();
        let _ = picture.prepare(&spec, 1, frosted_core::internal::FrameId(1));
        let mut mask = Mask::new();
        for (at, slot) in mask.begin(&picture).iter_mut().enumerate() {
            *slot = value(at % width, at / width);
        }
        mask
    }

    #[test]
    fn agrees_with_the_definition_at_whole_and_broken_radii() {
        let (width, height) = (19, 17);
        let noise = |x: usize, y: usize| (x * 71 + y * 37 + x * y * 13) as u8;
        for radius_q8 in [0, 1, 100, 205, 255, 256, 300, 512, 700, 256 * 40] {
            let mut shrunk = mask(width, height, noise);
            Shrinker::default().shrink(&mut shrunk, radius_q8);
            let along = |values: &dyn Fn(isize) -> u8, len: usize, at: usize| -> u8 {
                let value = |i: isize| values(i.clamp(0, len as isize - 1));
                let at = at as isize;
                let whole = (radius_q8 >> 8) as isize;
                let part = (radius_q8 & 255) as u16;
                let mut least = value(at);
                for side in [-1, 1] {
                    for d in 1..=whole {
                        least = least.min(value(at + side * d));
                    }
                    if part > 0 {
                        least = least.min(mix(
                            value(at + side * whole),
                            value(at + side * (whole + 1)),
                            part,
                        ));
                    }
                }
                least
            };
            for y in 0..height {
                for x in 0..width {
                    let across = |x: usize, y: usize| along(&|i| noise(i as usize, y), width, x);
                    let expected = along(&|i| across(x, i as usize), height, y);
                    assert_eq!(
                        shrunk.values()[y * width + x],
                        expected,
                        "{x},{y} radius {radius_q8}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_person_cut_by_the_frame_stays_cut_there() {
        let mut shrunk = mask(32, 32, |x, _| if x >= 16 { 255 } else { 0 });
        Shrinker::default().shrink(&mut shrunk, 512);
        for y in 0..32 {
            let row = &shrunk.values()[y * 32..(y + 1) * 32];
            assert!(
                row[..18].iter().all(|&v| v == 0) && row[18..].iter().all(|&v| v == 255),
                "{y}"
            );
        }
    }
}
