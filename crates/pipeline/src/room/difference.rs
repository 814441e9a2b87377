use super::Smooth;

/// For each pixel of `now`, by how many levels it differs from the nearest alike of the nine
/// pixels around its place in `then`; 255 where none of them is known.
///
/// The nine forgive a camera that shakes by a reduced pixel. The difference of two colours is
/// that of the plane in which they differ most; chroma counts twice, because the spans of
/// colours that differ visibly are half as wide in it.
pub(crate) fn least_differences(now: &Smooth, then: [&[u8]; 3], unknown: &[u8], out: &mut Vec<u8>) {
    let (width, height) = now.size();
    out.clear();
    out.resize(width * height, 255);
    let chroma = if now.is_yuv() { 2 } else { 1 };
    for y in 0..height {
        let row = y * width..(y + 1) * width;
        let planes = now.planes().map(|plane| &plane[row.clone()]);
        let out = &mut out[row];
        for other in y.saturating_sub(1)..(y + 2).min(height) {
            let row = other * width..(other + 1) * width;
            let then = then.map(|plane| &plane[row.clone()]);
            let unknown = &unknown[row];
            for (shift_now, shift_then) in [(0, 0), (0, 1), (1, 0)] {
                let len = width - shift_now.max(shift_then);
                let now = planes.map(|plane| &plane[shift_now..][..len]);
                let then = then.map(|plane| &plane[shift_then..][..len]);
                let unknown = &unknown[shift_then..][..len];
                let out = &mut out[shift_now..][..len];
                lessen(now, then, unknown, chroma, out);
            }
        }
    }
}

fn lessen(now: [&[u8]; 3], then: [&[u8]; 3], unknown: &[u8], chroma: u8, out: &mut [u8]) {
    let len = out.len();
    // Slices of one length each, so that the loop is vectorised.
    let ([now_a, now_b, now_c], [then_a, then_b, then_c]) = (
        now.map(|plane| &plane[..len]),
        then.map(|plane| &plane[..len]),
    );
    let unknown = &unknown[..len];
    for at in 0..len {
        let twice = |difference: u8| difference.saturating_add(difference * (chroma - 1));
        let most = now_a[at]
            .abs_diff(then_a[at])
            .max(twice(now_b[at].abs_diff(then_b[at]).min(127)))
            .max(twice(now_c[at].abs_diff(then_c[at]).min(127)))
            .max(unknown[at]);
        out[at] = out[at].min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::picture;

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
