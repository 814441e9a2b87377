//! Expands a field's nodes to rows of samples.

mod ruler;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

use frosted_core::internal::fixed::{LEVEL_BITS, NODE_BITS, WEIGHT_BITS};
use frosted_core::internal::layout::PlaneLayout;
use frosted_core::internal::{Field, Level};

pub(crate) use ruler::Ruler;

/// What is dropped of half a slope times a weight, to leave units of a level's.
const DROPPED: u32 = WEIGHT_BITS + NODE_BITS - LEVEL_BITS - 1;

/// The most samples in a pattern.
const MOST_SAMPLES: usize = 4;

/// A field's nodes at one height, in the order of a plane's samples, as lines from each to
/// the next.
#[derive(Debug)]
pub(crate) struct Lines {
    /// Where each begins, in 1/64 of a level, with what rounds to whole levels.
    starts: Vec<i16>,
    /// Half of what it rises by, in 1/256 of a level.
    slopes: Vec<i16>,
    /// The nodes themselves, for each sample of a pattern.
    nodes: [Vec<u16>; MOST_SAMPLES],
}

impl Lines {
    /// For rows of up to `row_bytes`.
    pub(crate) fn with_room(row_bytes: usize) -> Self {
        // At most a line for every pattern of a row, and what a vector reads behind the last.
        let room = vec![0; row_bytes + 4 + ruler::WIDEST];
        Self {
            starts: room.clone(),
            slopes: room,
            nodes: std::array::from_fn(|_| vec![0; row_bytes + 1]),
        }
    }

    /// Becomes the lines of `field` at frame row `y`, in the order of `layout`'s samples.
    pub(crate) fn set(
        &mut self,
        level: Level,
        field: &Field,
        layout: &PlaneLayout,
        ruler: &Ruler,
        y: usize,
    ) {
        level.run(scalar::SetLines {
            lines: self,
            field,
            layout,
            ruler,
            y,
        });
    }

    /// Writes `out`, samples of a row from pattern `first_pattern` on, of a plane whose
    /// pattern has `samples`.
    pub(crate) fn expand(
        &self,
        level: Level,
        samples: usize,
        ruler: &Ruler,
        first_pattern: usize,
        out: &mut [u8],
    ) {
        #[cfg(target_arch = "x86_64")]
        if x86::expand(level, self, ruler, first_pattern * samples, out) {
            return;
        }
        match samples {
            1 => scalar::expand::<1, 8>(self, ruler, first_pattern, out),
            2 => scalar::expand::<2, 8>(self, ruler, first_pattern, out),
            3 => scalar::expand::<3, 24>(self, ruler, first_pattern, out),
            4 => scalar::expand::<4, 8>(self, ruler, first_pattern, out),
            _ => unreachable!("no pattern has {samples} samples"),
        }
    }
}
