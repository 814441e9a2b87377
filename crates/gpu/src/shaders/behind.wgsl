// What stands behind the person: a smooth field of few nodes, one colour, or a picture.

// A field: three planes of nodes, two a word, one behind another. A picture: its planes as
// the frame's own.
@group(0) @binding(3) var<storage, read> backdrop: array<u32>;

fn node_at(channel: u32, column: u32, row: u32) -> u32 {
    let across = min(column, params.nodes_across - 1u);
    let down = min(row, params.nodes_down - 1u);
    let index = (channel * params.nodes_down + down) * params.nodes_across + across;
    return (backdrop[index / 2u] >> (16u * (index & 1u))) & 0xffffu;
}

// The node of a column at the height of frame row `y`.
fn between_nodes(channel: u32, column: u32, y: u32) -> i32 {
    let step = 1u << params.step_bits;
    let row = y >> params.step_bits;
    let below = y & (step - 1u);
    let sum = node_at(channel, column, row) * (step - below)
        + node_at(channel, column, row + 1u) * below;
    return i32(min((sum + step / 2u) >> params.step_bits, NODE_LIMIT));
}

// The field's level at pixel (x, y).
fn level_at(channel: u32, x: u32, y: u32) -> u32 {
    const DROPPED: u32 = WEIGHT_BITS + NODE_BITS - LEVEL_BITS - 1u;
    let step = 1u << params.step_bits;
    let column = x >> params.step_bits;
    let left = between_nodes(channel, column, y);
    let right = between_nodes(channel, column + 1u, y);
    let weight = i32(((x & (step - 1u)) << WEIGHT_BITS) >> params.step_bits);
    let start = (left >> (NODE_BITS - LEVEL_BITS)) + (1i << (LEVEL_BITS - 1u));
    // Half the slope, as in the kernels of 16 bits, whose bytes these are to be.
    let rise = (((right - left) >> 1u) * weight) >> DROPPED;
    return u32((start + rise) >> LEVEL_BITS);
}

// What is behind a sample of `channel` at pixel (x, y), byte `index` of its row, of which
// `picture` is the picture's word.
fn behind_at(channel: u32, x: u32, y: u32, index: u32, picture: u32) -> u32 {
    switch params.behind {
        case FIELD: {
            return level_at(channel, x, y);
        }
        case FLAT: {
            return byte_of(params.colour, channel);
        }
        default: {
            return byte_of(picture, index);
        }
    }
}
