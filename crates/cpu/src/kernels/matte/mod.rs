//! Brings the matte from the reduced grid to the frame's pixels, and through the ramp.

mod scalar;

pub(crate) use scalar::{along_row, between_rows};
