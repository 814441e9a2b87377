//! The fixed point that every compositor reckons in: how many bits stand behind the point of
//! what passes from one step to the next, so that all of them round alike.

/// Of the weight of the second of two neighbours.
pub const WEIGHT_BITS: u32 = 15;
/// Of a matte value at a frame row's height, still on the reduced grid's columns.
pub const MATTE_BITS: u32 = 8;
/// Of a field's node.
pub const NODE_BITS: u32 = 8;
/// Of a level of a field on its way to a frame's column.
pub const LEVEL_BITS: u32 = 6;
/// The greatest value of a node: 255 levels.
pub const NODE_LIMIT: u16 = OPAQUE as u16 * (1 << NODE_BITS);
/// The alpha of a pixel that is shown as it is.
pub const OPAQUE: u8 = 255;

/// What is added before `bits` bits, at least 1, are dropped, to round to nearest.
pub const fn half(bits: u32) -> u32 {
    1 << (bits - 1)
}
