//! Mixes the frame with what covers the room.

mod scalar;

pub(crate) use scalar::{blend, make_opaque, make_straight, show_opaque, spread_alpha};
