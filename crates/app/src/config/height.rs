//! A text height in frames of a known height: pixels are held to a 34th to half of it.

use frosted::{Background, TextHeight};

/// What is said where a height is held to what frames of this upright height in pixels allow;
/// none where it is used as it is.
pub(crate) fn held(wish: TextHeight, frame_height_px: usize) -> Option<String> {
    let TextHeight::Pixels(wish_px) = wish else {
        return None;
    };
    let used_px = wish.in_pixels(frame_height_px);
    let (end, done) = match wish_px {
        _ if wish_px < used_px => ("lower than a 34th", "raised"),
        _ if wish_px > used_px => ("higher than half", "lowered"),
        _ => return None,
    };
    Some(format!(
        "text height {wish_px}px is {end} of a frame's {frame_height_px} pixels: {done} to {used_px}px"
    ))
}

/// The height that is used in frames of this upright height, in pixels; none where nothing of
/// the room is shown.
pub(crate) fn used_px(background: &Background, frame_height_px: usize) -> Option<u32> {
    match background {
        Background::Blur(height) | Background::Frost(height) => {
            Some(height.in_pixels(frame_height_px))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_said_with_both_numbers() {
        let held = |wish: &str, frame_px| held(wish.parse().unwrap(), frame_px);
        assert_eq!(
            held("5px", 720).unwrap(),
            "text height 5px is lower than a 34th of a frame's 720 pixels: raised to 22px"
        );
        assert_eq!(
            held("361px", 720).unwrap(),
            "text height 361px is higher than half of a frame's 720 pixels: lowered to 360px"
        );
        for (as_it_is, frame_px) in [("22px", 720), ("360px", 720), ("1/34", 720), ("1/2", 16)] {
            assert_eq!(held(as_it_is, frame_px), None, "{as_it_is}");
        }
    }

    #[test]
    fn only_what_shows_the_room_has_a_height() {
        let pixels = TextHeight::Pixels(5);
        assert_eq!(used_px(&Background::Blur(pixels), 720), Some(22));
        assert_eq!(used_px(&Background::Frost(pixels), 1080), Some(32));
        assert_eq!(used_px(&Background::Transparent, 720), None);
    }
}
