//! Pictures that say which they are, and what is read of them.

/// No multiple of 64, so that a wrong stride shows.
pub(crate) const WIDTH: usize = 644;
pub(crate) const HEIGHT: usize = 362;
pub(crate) const FRAME_BYTES: usize = 2 * WIDTH * HEIGHT;

/// Steps of luma from one picture to the next; 25 pictures until they repeat.
const STEP: usize = 8;
const CODES: usize = 200;

/// Every byte follows from the first: a picture that is torn, shifted or mixed of two is seen.
pub(crate) fn pattern(out: &mut [u8], number: usize) {
    let offset = STEP * number % CODES;
    for (y, row) in out.chunks_exact_mut(2 * WIDTH).enumerate() {
        for (x, pair) in row.chunks_exact_mut(2).enumerate() {
            let luma = 16 + (x + 3 * y + offset) % CODES;
            let chroma = if x % 2 == 0 { 90 } else { 60 + y % 128 };
            pair.copy_from_slice(&[luma as u8, chroma as u8]);
        }
    }
}

fn is_black(picture: &[u8]) -> bool {
    picture
        .chunks_exact(4)
        .all(|pair| pair == [16, 128, 16, 128])
}

/// The number of each picture, modulo 25; `None` for black.
pub(crate) fn numbers(pictures: &[u8]) -> Vec<Option<usize>> {
    assert_eq!(pictures.len() % FRAME_BYTES, 0, "not whole pictures");
    let mut wanted = vec![0; FRAME_BYTES];
    pictures
        .chunks_exact(FRAME_BYTES)
        .enumerate()
        .map(|(index, picture)| {
            if is_black(picture) {
                return None;
            }
            let number = usize::from(picture[0] - 16) / STEP;
            pattern(&mut wanted, number);
            assert!(
                wanted == picture,
                "picture {index} is not the one that was written"
            );
            Some(number)
        })
        .collect()
}

/// Black at the start at most, and from one picture to the next forwards, by few pictures.
pub(crate) fn assert_in_order(pictures: &[u8], count: usize) {
    let numbers = numbers(pictures);
    assert_eq!(numbers.len(), count);
    let shown: Vec<usize> = numbers
        .iter()
        .skip_while(|n| n.is_none())
        .map(|n| n.expect("no black picture in between"))
        .collect();
    assert!(shown.len() + 2 >= count, "{numbers:?}");
    let steps: Vec<usize> = shown
        .windows(2)
        .map(|pair| (pair[1] + 25 - pair[0]) % 25)
        .collect();
    assert!(steps.iter().all(|step| (1..=6).contains(step)), "{shown:?}");
    let single = steps.iter().filter(|step| **step == 1).count();
    assert!(
        single * 10 >= steps.len() * 8,
        "too many were skipped: {shown:?}"
    );
}
