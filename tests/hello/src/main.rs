//! The smallest program that links frosted.
use frosted as _;

fn main() {}
