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
        #[cfg_attr(
            not(target_arch = "x86_64"),
            expect(unused_variables, reason = "no kernel is for other processors")
        )]
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

#[cfg(test)]
mod tests {
    use frosted_core::internal::layout;
    use frosted_core::{FrameSpec, PixelFormat};

    use super::*;

    /// Nodes at which something begins or ends to fit; more than 255 * 256 is cut off.
    const NODES: [u16; 14] = [
        0, 1, 2, 3, 127, 128, 255, 256, 32767, 32768, 65151, 65279, 65280, 65535,
    ];

    /// A field whose rows hold every one of [`NODES`] beside every other, as far as there is
    /// room.
    fn field(spec: &FrameSpec, step_px: usize) -> Field {
        let nodes = |pixels: usize| (pixels - 1).div_ceil(step_px) + 1;
        let (width, height) = (nodes(spec.width()), nodes(spec.height()));
        let node = |at: usize| {
            let (pair, right) = (at / 2 % (NODES.len() * NODES.len()), at % 2 == 1);
            NODES[if right {
                pair % NODES.len()
            } else {
                pair / NODES.len()
            }]
        };
        Field {
            step_px,
            width,
            height,
            planes: std::array::from_fn(|channel| {
                (0..width * height)
                    .map(|at| node(at + 31 * channel))
                    .collect()
            }),
        }
    }

    #[test]
    fn every_level_expands_every_pair_of_nodes_as_the_common_one_from_any_pattern_on() {
        for format in PixelFormat::DIRECT {
            for (width, step_px) in [16, 17, 33, 65, 641, 7680]
                .into_iter()
                .flat_map(|width| (0..=12).map(move |bits| (width, 1 << bits)))
            {
                let spec = FrameSpec::new(format, width, 16).unwrap();
                let field = field(&spec, step_px);
                for (plane, layout) in layout::planes(format).unwrap().iter().enumerate() {
                    let (bytes, samples) = (spec.plane_row_bytes(plane), layout.samples.len());
                    let mut ruler = Ruler::with_room(bytes);
                    ruler.set(layout, bytes, step_px);
                    let mut lines = Lines::with_room(bytes);
                    for level in Level::all().skip(1) {
                        #[cfg(target_arch = "x86_64")]
                        if step_px >= 16 {
                            lines.set(level, &field, layout, &ruler, 0);
                            assert!(x86::expand(level, &lines, &ruler, 0, &mut [0; 16]));
                        }
                        for y in [0, step_px.min(16) / 2] {
                            for first in [0, 1, 5, 16].map(|first| first % (bytes / samples)) {
                                let len = bytes - first * samples;
                                let [out, wanted] = [level, Level::COMMON].map(|level| {
                                    lines.set(level, &field, layout, &ruler, y);
                                    let mut out = vec![0x55; len];
                                    lines.expand(level, samples, &ruler, first, &mut out);
                                    out
                                });
                                assert!(
                                    out == wanted,
                                    "{format} {width}, plane {plane}, a node every {step_px}, \
                                     row {y} from {first}, {level}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}
