use frosted_core::internal::Work;

use super::Smooth;

/// For each pixel of `now`, by how many levels it differs from the nearest alike of the nine
/// pixels around its place in `then`; 255 where none of them is known.
///
/// The nine forgive a camera that shakes by a reduced pixel. The difference of two colours is
/// that of the plane in which they differ most; chroma counts twice, because the spans of
/// colours that differ visibly are half as wide in it.
pub(super) struct LeastDifferences<'a>(
    pub(super) &'a Smooth,
    pub(super) [&'a [u8]; 3],
    pub(super) &'a [u8],
    pub(super) &'a mut Vec<u8>,
);

impl Work for LeastDifferences<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(now, then, unknown, out) = self;
        let (width, height) = now.size();
        out.resize(width * height, 255);
        // What of a difference of chroma counts again.
        let again = if now.is_yuv() { 255 } else { 0 };
        for (y, out) in out.chunks_exact_mut(width.max(1)).enumerate() {
            let row = y * width..(y + 1) * width;
            let now = now.planes().map(|plane| &plane[row.clone()]);
            out.fill(255);
            for other in y.saturating_sub(1)..(y + 2).min(height) {
                let row = other * width..(other + 1) * width;
                let then = then.map(|plane| &plane[row.clone()]);
                lessen_row(now, then, &unknown[row], again, out);
            }
        }
    }
}

/// Lessens `out` to the difference from one of three neighbours in the row of `then`.
#[inline(always)]
fn lessen_row(now: [&[u8]; 3], then: [&[u8]; 3], unknown: &[u8], again: u8, out: &mut [u8]) {
    let last = out.len() - 1;
    let at = |now_at: usize, then_at: usize| {
        let (now, then) = (now.map(|p| p[now_at]), then.map(|p| p[then_at]));
        difference(now, then, unknown[then_at], again)
    };
    out[0] = out[0].min(at(0, 0)).min(at(0, 1.min(last)));
    out[last] = out[last]
        .min(at(last, last))
        .min(at(last, last.saturating_sub(1)));
    let Some(inside) = last.checked_sub(1) else {
        return;
    };
    for shift in 0..3 {
        let then = then.map(|plane| &plane[shift..]);
        let now = now.map(|plane| &plane[1..]);
        let unknown = &unknown[shift..];
        // Slices of one length each, so that the loop is vectorised.
        let (now_a, now_b, now_c) = (&now[0][..inside], &now[1][..inside], &now[2][..inside]);
        let (then_a, then_b, then_c) = (&then[0][..inside], &then[1][..inside], &then[2][..inside]);
        let unknown = &unknown[..inside];
        let out = &mut out[1..][..inside];
        for at in 0..inside {
            let (now, then) = (
                [now_a[at], now_b[at], now_c[at]],
                [then_a[at], then_b[at], then_c[at]],
            );
            out[at] = out[at].min(difference(now, then, unknown[at], again));
        }
    }
}

#[inline(always)]
fn difference(now: [u8; 3], then: [u8; 3], unknown: u8, again: u8) -> u8 {
    let chroma = |at: usize| {
        let differs = now[at].abs_diff(then[at]).min(127);
        differs + (differs & again)
    };
    let luma = now[0].abs_diff(then[0]);
    luma.max(chroma(1)).max(chroma(2)).max(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::picture;
    use frosted_core::internal::Level;

    fn least_differences(now: &Smooth, then: [&[u8]; 3], unknown: &[u8], out: &mut Vec<u8>) {
        Level::COMMON.run(LeastDifferences(now, then, unknown, out));
        for level in Level::all() {
            let mut other = Vec::new();
            level.run(LeastDifferences(now, then, unknown, &mut other));
            assert_eq!(other, *out, "{level}");
        }
    }

    fn smooth(value: impl Fn(usize, usize) -> u8) -> Smooth {
        let mut smooth = Smooth::default();
        smooth.take(&picture(40, 24, value));
        smooth
    }

    #[test]
    fn a_shift_by_one_is_forgiven_and_a_shift_by_eight_is_not() {
        let stripes =
            |shift: usize| smooth(move |x, y| if (x + y + shift) % 16 < 8 { 40 } else { 200 });
        let (now, known) = (stripes(0), vec![0; 40 * 24]);
        let mut out = Vec::new();
        for (shift, most) in [(0, 0), (1, 40), (8, 255)] {
            least_differences(&now, stripes(shift).planes(), &known, &mut out);
            let worst = *out.iter().max().unwrap();
            assert!(worst <= most, "{shift}: {worst}");
        }
        assert!(out.iter().filter(|&&difference| difference > 60).count() > 200);
    }

    #[test]
    fn what_is_unknown_is_like_nothing() {
        let now = smooth(|_, _| 90);
        let mut unknown = vec![0; 40 * 24];
        for y in 0..24 {
            unknown[y * 40 + 10..y * 40 + 20].fill(255);
        }
        let mut out = Vec::new();
        least_differences(&now, smooth(|_, _| 90).planes(), &unknown, &mut out);
        // At the border a known neighbour is alike.
        assert!((0..24).all(|y| out[y * 40 + 11..y * 40 + 19].iter().all(|&d| d == 255)));
        assert!(out[..10].iter().all(|&d| d == 0));
    }
}
