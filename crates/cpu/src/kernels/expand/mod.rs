//! Expands a field's nodes to rows of samples.

mod scalar;

pub(crate) use scalar::{Ruler, along_row, between_rows};
