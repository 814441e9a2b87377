use frosted_core::internal::Work;
use frosted_core::internal::fixed::OPAQUE;
use frosted_core::internal::layout::PlaneLayout;

pub(super) struct Blend<'a> {
    pub(super) source: &'a [u8],
    pub(super) backdrop: &'a [u8],
    pub(super) alpha: &'a [u8],
    pub(super) out: &'a mut [u8],
}

impl Work for Blend<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let inputs = self.source.iter().zip(self.backdrop).zip(self.alpha);
        for (out, ((&source, &backdrop), &alpha)) in self.out.iter_mut().zip(inputs) {
            *out = mix(source, backdrop, alpha);
        }
    }
}

/// In 16 bits, so that a vector holds twice as many as in 32.
#[inline(always)]
fn mix(source: u8, backdrop: u8, alpha: u8) -> u8 {
    let (source, backdrop) = (u16::from(source), u16::from(backdrop));
    let (alpha, opaque) = (u16::from(alpha), u16::from(OPAQUE));
    let sum = source * alpha + backdrop * (opaque - alpha) + opaque / 2;
    // sum / 255 for every sum below 65535.
    ((sum + 1 + (sum >> 8)) >> 8) as u8
}

pub(super) struct SpreadAlpha<'a> {
    pub(super) layout: &'a PlaneLayout,
    pub(super) upper: &'a [u8],
    pub(super) lower: &'a [u8],
    pub(super) out: &'a mut [u8],
}

impl Work for SpreadAlpha<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            layout,
            upper,
            lower,
            out,
        } = self;
        match (layout.samples.len(), layout.columns_px, layout.rows_px) {
            (1, 1, 1) => out.copy_from_slice(&upper[..out.len()]),
            (3, 1, 1) => spread_pixels::<3>(upper, out),
            (4, 1, 1) => spread_pixels::<4>(upper, out),
            (4, 2, 1) => spread_packed(upper, out),
            (1, 2, 2) => spread_chroma::<1>(upper, lower, out),
            (2, 2, 2) => spread_chroma::<2>(upper, lower, out),
            other => unreachable!("no layout is {other:?}"),
        }
    }
}

#[inline(always)]
fn spread_pixels<const SAMPLES: usize>(alpha: &[u8], out: &mut [u8]) {
    for (pixel, &alpha) in out.chunks_exact_mut(SAMPLES).zip(alpha) {
        pixel.fill(alpha);
    }
}

#[inline(always)]
fn spread_packed(alpha: &[u8], out: &mut [u8]) {
    for (pair, alpha) in out.chunks_exact_mut(4).zip(alpha.chunks_exact(2)) {
        let chroma = ((u16::from(alpha[0]) + u16::from(alpha[1])) / 2) as u8;
        pair.copy_from_slice(&[alpha[0], chroma, alpha[1], chroma]);
    }
}

#[inline(always)]
fn spread_chroma<const SAMPLES: usize>(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let rows = upper.chunks_exact(2).zip(lower.chunks_exact(2));
    for (samples, (upper, lower)) in out.chunks_exact_mut(SAMPLES).zip(rows) {
        let sum = |row: &[u8]| u16::from(row[0]) + u16::from(row[1]);
        samples.fill(((sum(upper) + sum(lower)) / 4) as u8);
    }
}

pub(super) struct ShowOpaque<'a> {
    pub(super) source: &'a [u8],
    pub(super) out: &'a mut [u8],
}

impl Work for ShowOpaque<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (source, _) = self.source.as_chunks::<4>();
        let (out, _) = self.out.as_chunks_mut::<4>();
        for (out, &source) in out.iter_mut().zip(source) {
            *out = opaque(source);
        }
    }
}

pub(super) struct MakeOpaque<'a>(pub(super) &'a mut [u8]);

impl Work for MakeOpaque<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (pixels, _) = self.0.as_chunks_mut::<4>();
        for pixel in pixels {
            *pixel = opaque(*pixel);
        }
    }
}

#[inline(always)]
fn opaque(pixel: [u8; 4]) -> [u8; 4] {
    // As one number, so that a vector holds many pixels.
    (u32::from_le_bytes(pixel) | u32::from_le_bytes([0, 0, 0, OPAQUE])).to_le_bytes()
}

/// Gives pixels of four samples this straight alpha, one value for each sample. Nothing is
/// left of the colour of a pixel that cannot be seen.
pub(crate) fn make_straight(alpha: &[u8], pixels: &mut [u8]) {
    for (pixel, alpha) in pixels.chunks_exact_mut(4).zip(alpha.chunks_exact(4)) {
        match alpha[3] {
            0 => pixel.fill(0),
            alpha => pixel[3] = alpha,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_is_exact_for_every_input() {
        for alpha in 0..=255 {
            for source in 0..=255 {
                for backdrop in 0..=255 {
                    let [s, b, a] = [source, backdrop, alpha].map(u32::from);
                    let wanted = (s * a + b * (255 - a) + 127) / 255;
                    assert_eq!(
                        u32::from(mix(source, backdrop, alpha)),
                        wanted,
                        "source {source}, backdrop {backdrop}, alpha {alpha}"
                    );
                }
            }
        }
    }

    #[test]
    fn chroma_is_shown_whole_only_where_all_its_pixels_are() {
        let mut out = [0; 6];
        let (upper, lower) = ([255, 255, 255, 254, 0, 0], [255, 255, 255, 255, 0, 3]);
        spread_chroma::<2>(&upper, &lower, &mut out);
        assert_eq!(out, [255, 255, 254, 254, 0, 0]);
        let mut out = [0; 8];
        spread_packed(&[255, 254, 7, 8], &mut out);
        assert_eq!(out, [255, 254, 254, 254, 7, 7, 8, 7]);
    }

    #[test]
    fn a_pixel_that_cannot_be_seen_has_no_colour() {
        let mut pixels = [1, 2, 3, 4, 5, 6, 7, 8];
        make_straight(&[0, 0, 0, 0, 9, 9, 9, 9], &mut pixels);
        assert_eq!(pixels, [0, 0, 0, 0, 5, 6, 7, 9]);
    }
}
