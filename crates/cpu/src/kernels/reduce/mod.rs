//! Means over squares of pixels.

mod scalar;

pub(crate) use scalar::{ColumnSums, Squares};
