//! What the compositor refuses, and that the target is left as it was.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::refusals;

#[test]
fn what_is_wrong_is_refused_and_nothing_else() {
    let mut compositor = CpuCompositor::new(CpuOptions::default()).unwrap();
    let mut failures = Vec::new();
    for refusal in refusals() {
        let outcome = refusal.attempt(&mut compositor);
        if outcome.clone().map_err(|error| error.kind()) != refusal.wanted() {
            failures.push(format!("{refusal:?}: {outcome:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
