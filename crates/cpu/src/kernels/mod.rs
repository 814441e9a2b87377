//! The loops over pixels, one folder each: `scalar.rs` is the truth, `mod.rs` picks.

pub(crate) mod blend;
pub(crate) mod expand;
mod fetch;
pub(crate) mod matte;
pub(crate) mod reduce;

pub(crate) use fetch::fetch;
