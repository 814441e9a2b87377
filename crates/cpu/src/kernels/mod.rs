//! The loops over pixels, one folder each: `scalar.rs` is the truth, `mod.rs` picks.

pub(crate) mod blend;
pub(crate) mod expand;
pub(crate) mod matte;
pub(crate) mod reduce;
