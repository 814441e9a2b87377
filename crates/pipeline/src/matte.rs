//! The band: the mask is shrunk by about its edge error, so that what the network draws
//! too wide does not show the room.

use frosted_core::Mask;
use frosted_core::internal::{Level, Work};

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
        Level::chosen().run(Shrink(self, mask, radius_q8));
    }
}

struct Shrink<'a>(&'a mut Shrinker, &'a mut Mask, u32);

impl Work for Shrink<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(Shrinker { across }, mask, radius_q8) = self;
        let (width, height) = (mask.width(), mask.height());
        across.resize(width * height, 0);
        let rows = mask.values().chunks_exact(width.max(1));
        for (row, out) in rows.zip(across.chunks_exact_mut(width.max(1))) {
            out.copy_from_slice(row);
            for (near, far, part) in taps(radius_q8) {
                lessen_across(row, out, near, far, part);
            }
        }
        let rows = mask.values_mut().chunks_exact_mut(width.max(1));
        for (y, out) in rows.enumerate() {
            let row = |y: usize| &across[y * width..(y + 1) * width];
            out.copy_from_slice(row(y));
            for (near, far, part) in taps(radius_q8) {
                let below = |by: usize| row((y + by).min(height - 1));
                let above = |by: usize| row(y.saturating_sub(by));
                lessen(out, below(near), below(far), part);
                lessen(out, above(near), above(far), part);
            }
        }
    }
}

/// Lessens `out` to what a tap finds to the right and to the left of each pixel of `row`.
#[inline(always)]
fn lessen_across(row: &[u8], out: &mut [u8], near: usize, far: usize, part: u16) {
    let last = row.len() - 1;
    let far = far.min(last);
    let near = near.min(far);
    let inside = row.len() - far;
    lessen(
        &mut out[..inside],
        &row[near..][..inside],
        &row[far..],
        part,
    );
    lessen(&mut out[far..], &row[far - near..][..inside], row, part);
    // At the ends the picture goes on as it ends there.
    for x in 0..far {
        let left = mix(row[x.saturating_sub(near)], row[0], part);
        out[x] = out[x].min(left);
        let x = last - x;
        let right = mix(row[(x + near).min(last)], row[last], part);
        out[x] = out[x].min(right);
    }
}

#[inline(always)]
fn lessen(out: &mut [u8], near: &[u8], far: &[u8], part: u16) {
    for (out, (&near, &far)) in out.iter_mut().zip(near.iter().zip(far)) {
        *out = (*out).min(mix(near, far, part));
    }
}

/// The two neighbouring distances and the share (of 256) of the farther one, for every place
/// within the radius where the least value can be.
#[inline(always)]
fn taps(radius_q8: u32) -> impl Iterator<Item = (usize, usize, u16)> {
    let (whole, part) = ((radius_q8 >> 8) as usize, (radius_q8 & 255) as u16);
    let last = (part > 0).then_some((whole, whole + 1, part));
    (1..=whole)
        .map(|distance| (distance, distance, 0))
        .chain(last)
}

#[inline(always)]
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
            let levels = Level::all().map(|level| {
                let mut shrunk = mask(width, height, noise);
                level.run(Shrink(&mut Shrinker::default(), &mut shrunk, radius_q8));
                shrunk
            });
            let levels: Vec<_> = levels.collect();
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
                    for shrunk in &levels {
                        assert_eq!(
                            shrunk.values()[y * width + x],
                            expected,
                            "{x},{y} radius {radius_q8}"
                        );
                    }
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
