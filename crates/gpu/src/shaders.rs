//! The shaders as they are given to the driver, for whoever wants to check them without one.
//!
//! Each begins with the constants that it shares with the CPU compositor, written by this
//! crate from the same Rust constants, so that none is written down twice.

use std::fmt::Write;

use frosted_core::internal::fixed::{
    LEVEL_BITS, MATTE_BITS, NODE_BITS, NODE_LIMIT, OPAQUE, WEIGHT_BITS,
};
use frosted_core::internal::layout::{self, ALPHA, PlaneLayout};
use frosted_core::{MAX_PLANES, PixelFormat};

use crate::packing::HEADER_WORDS;
use crate::params::{CHANNELS, EVERYTHING, FIELD, FLAT, MATTE, OPAQUE_ROOM, PICTURE, TRANSPARENT};
use crate::receipts::{CHECK_GROUP, CHECK_WORDS, FOLD_BITS, PLACE_FACTOR, WORD_FACTOR};
use crate::tables::{PLACE_BITS, RAMP_WORDS};

/// Squares that one workgroup reduces; a multiple of 4.
pub(crate) const REDUCE_GROUP: u32 = 64;

/// Words and rows that one workgroup paints: a row of it is 128 bytes, a line of a GPU's
/// cache; two rows share the matte's.
pub(crate) const PAINT_GROUP: (u32, u32) = (32, 2);

const FRAME: &str = include_str!("shaders/frame.wgsl");
const REDUCE: &str = include_str!("shaders/reduce.wgsl");
const ALPHA_AT: &str = include_str!("shaders/alpha.wgsl");
const BEHIND: &str = include_str!("shaders/behind.wgsl");
const PAINTED: &str = include_str!("shaders/painted.wgsl");
const CHECK: &str = include_str!("shaders/check.wgsl");
const PAINT: &str = include_str!("shaders/paint.wgsl");

/// The shader that reduces frames of any format.
pub fn reduce() -> String {
    [&shared_constants(), FRAME, REDUCE].concat()
}

/// The shader that sums up the matte before a frame is painted by it.
pub fn check() -> String {
    [&shared_constants(), FRAME, ALPHA_AT, PAINTED, CHECK].concat()
}

/// The shaders that paint the planes of `format`, one a plane; none for a format that is not
/// composited as it is.
pub fn paint(format: PixelFormat) -> Vec<String> {
    let planes = layout::planes(format).unwrap_or_default();
    (0..planes.len())
        .map(|plane| {
            let constants = [shared_constants(), plane_constants(planes, plane)].concat();
            [&constants, FRAME, ALPHA_AT, BEHIND, PAINTED, PAINT].concat()
        })
        .collect()
}

fn shared_constants() -> String {
    constants(&[
        ("PLANES", MAX_PLANES as u32),
        ("CHANNELS", CHANNELS as u32),
        ("ALPHA", ALPHA as u32),
        ("HEADER_WORDS", HEADER_WORDS as u32),
        ("REDUCE_GROUP", REDUCE_GROUP),
        ("PAINT_GROUP_X", PAINT_GROUP.0),
        ("PAINT_GROUP_Y", PAINT_GROUP.1),
        ("CHECK_GROUP", CHECK_GROUP),
        ("CHECK_WORDS", CHECK_WORDS),
        ("PLACE_FACTOR", PLACE_FACTOR),
        ("WORD_FACTOR", WORD_FACTOR),
        ("FOLD_BITS", FOLD_BITS),
        ("RAMP_WORDS", RAMP_WORDS as u32),
        ("PLACE_BITS", PLACE_BITS),
        ("WEIGHT_BITS", WEIGHT_BITS),
        ("MATTE_BITS", MATTE_BITS),
        ("NODE_BITS", NODE_BITS),
        ("LEVEL_BITS", LEVEL_BITS),
        ("NODE_LIMIT", u32::from(NODE_LIMIT)),
        ("OPAQUE", u32::from(OPAQUE)),
        ("EVERYTHING", EVERYTHING),
        ("MATTE", MATTE),
        ("FIELD", FIELD),
        ("FLAT", FLAT),
        ("PICTURE", PICTURE),
        ("OPAQUE_ROOM", OPAQUE_ROOM),
        ("TRANSPARENT", TRANSPARENT),
    ])
}

fn plane_constants(planes: &[PlaneLayout], plane: usize) -> String {
    let PlaneLayout {
        samples,
        columns_px,
        rows_px,
    } = planes[plane];
    let bytes = |value: &dyn Fn(&layout::Sample) -> usize| {
        let values = samples.iter().rev().map(value);
        values.fold(0, |word, value| word << 8 | value as u32)
    };
    constants(&[
        ("PLANE", plane as u32),
        ("SAMPLES", samples.len() as u32),
        ("COLUMNS_PX", columns_px as u32),
        ("ROWS_PX", rows_px as u32),
        ("SAMPLE_CHANNELS", bytes(&|sample| sample.channel)),
        ("SAMPLE_X_PX", bytes(&|sample| sample.x_px)),
        (
            "SAMPLE_COLUMNS_PX",
            bytes(&|sample| layout::channel(planes, sample.channel).columns_px),
        ),
    ])
}

fn constants(values: &[(&str, u32)]) -> String {
    values
        .iter()
        .fold(String::new(), |mut text, (name, value)| {
            writeln!(text, "const {name}: u32 = {value}u;")
                .expect("a string takes all that is written");
            text
        })
}
