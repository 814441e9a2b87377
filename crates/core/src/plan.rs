use crate::background::TextHeight;
use crate::spec::FrameSpec;

/// The numbers by which a frame is concealed: integers, the same for every compositor.
///
/// Distances on the reduced grid are in reduced pixels, all others in frame pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcealPlan {
    /// Side of the square of frame pixels that one reduced pixel is the mean of, at least 1.
    pub square_px: usize,
    /// By how much the matte is shrunk, in 1/256 reduced pixel.
    pub band_q8: u32,
    /// From matte values to alpha.
    pub ramp: MatteRamp,
    /// Side of a blur's cell in reduced pixels: at least twice the text height.
    pub blur_cell: usize,
    /// Side of a frost's cell in reduced pixels: at least four times the text height.
    pub frost_cell: usize,
}

impl ConcealPlan {
    /// The plan for frames of `spec`, whose network sees them at `wanted_size` (width and
    /// height in the frame's own orientation), protecting text of `text`.
    pub fn new(spec: &FrameSpec, wanted_size: (usize, usize), text: TextHeight) -> Self {
        let (wanted_width, wanted_height) = (wanted_size.0.max(1), wanted_size.1.max(1));
        // A quarter of a pixel larger than what the network sees: it loses nothing by an
        // eighth fewer pixels, and everything else has half as many.
        let square = |len: usize, wanted: usize| (4 * len + wanted) / (4 * wanted);
        let square_px = square(spec.width(), wanted_width)
            .min(square(spec.height(), wanted_height))
            .max(1);
        let text_px = text.in_pixels(spec.upright_height()) as usize;
        Self {
            square_px,
            band_q8: band_q8(spec.upright_height(), square_px),
            ramp: MatteRamp::new(COVERED_UP_TO, SHOWN_FROM),
            blur_cell: (2 * text_px).div_ceil(square_px),
            frost_cell: (4 * text_px).div_ceil(square_px),
        }
    }
}

/// Up to and with this matte value a pixel is covered: the network is not sure enough that
/// it is the person's (.5).
pub const COVERED_UP_TO: u8 = 128;
/// From this matte value on a pixel is shown as it is (.8).
pub const SHOWN_FROM: u8 = 204;
/// From this matte value on a pixel is shown by half and more (.65).
pub const SHOWN_BY_HALF_FROM: u8 = 166;

/// The band in pixels at a height of 720, never less than one pixel of the frame. A wider one
/// loses more of the person, a narrower one shows more of the room in the fringe; `frosted
/// audit` tells both.
const BAND_PX_AT_720: u32 = 1;

fn band_q8(upright_height: usize, square_px: usize) -> u32 {
    let band_px_q8 = (256 * BAND_PX_AT_720 * upright_height as u32 / 720).max(256);
    band_px_q8.div_ceil(square_px as u32)
}

/// A smoothstep from 8-bit matte values to 8-bit alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatteRamp {
    alpha: [u8; 256],
}

impl MatteRamp {
    /// 0 up to and with `from`, 255 from `to` on, 3t^2 - 2t^3 between them.
    fn new(from: u8, to: u8) -> Self {
        let (from, span) = (u64::from(from), u64::from(to) - u64::from(from));
        let mut alpha = [0; 256];
        for (value, alpha) in (0u64..).zip(alpha.iter_mut()) {
            let t = value.saturating_sub(from).min(span);
            // In integers, so that every compositor's table is the same to the bit.
            *alpha = (255 * t * t * (3 * span - 2 * t) / (span * span * span)) as u8;
        }
        Self { alpha }
    }

    /// The alpha of each matte value: 0 = covered, 255 = shown.
    pub fn table(&self) -> &[u8; 256] {
        &self.alpha
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::PixelFormat;

    fn plan(width: usize, height: usize, wanted: (usize, usize)) -> ConcealPlan {
        let spec = FrameSpec::new(PixelFormat::Nv12, width, height).unwrap();
        ConcealPlan::new(&spec, wanted, TextHeight::default())
    }

    #[test]
    fn cells_are_never_smaller_than_the_text_asks() {
        for (width, height) in [
            (16, 16),
            (640, 480),
            (1280, 720),
            (1919, 1081),
            (7680, 4320),
            (720, 1280),
        ] {
            let plan = plan(width, height, (256, 144));
            let text = TextHeight::default().in_pixels(height) as usize;
            assert!(
                plan.blur_cell * plan.square_px >= 2 * text,
                "{width}x{height}: {plan:?}"
            );
            assert!(
                plan.frost_cell * plan.square_px >= 4 * text,
                "{width}x{height}: {plan:?}"
            );
        }
    }

    #[test]
    fn a_720p_frame_is_reduced_to_just_what_the_landscape_network_sees() {
        let plan = plan(1280, 720, (256, 144));
        assert_eq!((plan.square_px, plan.band_q8), (5, 52));
    }

    #[test]
    fn the_ramp_is_exact_at_its_ends_and_never_falls() {
        let ramp = MatteRamp::new(COVERED_UP_TO, SHOWN_FROM);
        let table = ramp.table();
        assert!(table[..=usize::from(COVERED_UP_TO)].iter().all(|&a| a == 0));
        assert!(table[usize::from(SHOWN_FROM)..].iter().all(|&a| a == 255));
        assert!(table.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(table[usize::from(SHOWN_BY_HALF_FROM)], 127);
    }
}
