// Paints one plane: each invocation makes one word of it. How the plane's samples follow one
// another is known when the pipeline is made (PLANE, SAMPLES, COLUMNS_PX, ROWS_PX and a byte a
// sample in SAMPLE_CHANNELS, SAMPLE_X_PX and SAMPLE_COLUMNS_PX), so that nothing is divided by
// what only the host knows.

@group(0) @binding(1) var<storage, read> given: array<u32>;

// The sums of the alphas of a pattern's pixels: its left column's and its right one's. Behind
// an odd frame's edge the edge counts again.
fn column_alphas(pattern: u32, row: u32) -> vec2<u32> {
    let left = across(pattern * COLUMNS_PX);
    let upper = down(row * ROWS_PX);
    var sums = vec2(alpha_at(left, upper));
    if COLUMNS_PX == 2u {
        let right = across(min(pattern * COLUMNS_PX + 1u, params.width - 1u));
        sums.y = alpha_at(right, upper);
        if ROWS_PX == 2u {
            let lower = down(min(row * ROWS_PX + 1u, params.height - 1u));
            sums += vec2(alpha_at(left, lower), alpha_at(right, lower));
        }
    }
    return sums;
}

// The alpha of the sample at `place` of a pattern: the mean of its pixels', rounded down, so
// that a chroma value is shown whole only where all its pixels are.
fn sample_alpha(place: u32, sums: vec2<u32>) -> u32 {
    let columns = byte_of(SAMPLE_COLUMNS_PX, place);
    let own = select(sums.x, sums.y, byte_of(SAMPLE_X_PX, place) == 1u);
    return select(own, sums.x + sums.y, columns == 2u) / (columns * ROWS_PX);
}

// `level` by `alpha`, `behind` by the rest, rounded to nearest; exactly one of them at either
// end.
fn mix_levels(level: u32, behind: u32, alpha: u32) -> u32 {
    let sum = level * alpha + behind * (OPAQUE - alpha) + OPAQUE / 2u;
    // sum / 255 for every sum below 65535.
    return (sum + 1u + (sum >> 8u)) >> 8u;
}

fn sample_of(channel: u32, level: u32, behind: u32, alpha: u32) -> u32 {
    let transparent = params.room == TRANSPARENT;
    if channel == ALPHA {
        return select(OPAQUE, alpha, transparent);
    }
    // Nothing is left of the colour of a pixel that cannot be seen.
    return select(mix_levels(level, behind, alpha), 0u, transparent && alpha == 0u);
}

@compute @workgroup_size(PAINT_GROUP_X, PAINT_GROUP_Y)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let plane = params.planes[PLANE];
    if id.x >= plane.row_words || id.y >= plane.rows {
        return;
    }
    let at = plane.first_word + id.y * plane.row_words + id.x;
    // What covers everything is painted without looking at the frame, and so is a frame whose
    // matte is not here.
    let shows = params.cover == MATTE && atomicLoad(&painted.receipts[PLANES]) == params.sum;
    var given_word = 0u;
    if shows {
        given_word = given[at];
    }
    var picture_word = 0u;
    if params.behind == PICTURE {
        picture_word = backdrop[at];
    }

    var word = 0u;
    var sums = vec2(0u);
    var summed = 0xffffffffu;
    for (var byte = 0u; byte < 4u; byte++) {
        let index = 4u * id.x + byte;
        if index >= plane.row_bytes {
            break;
        }
        let pattern = index / SAMPLES;
        let place = index % SAMPLES;
        if shows && pattern != summed {
            sums = column_alphas(pattern, id.y);
            summed = pattern;
        }
        let alpha = sample_alpha(place, sums);
        let channel = byte_of(SAMPLE_CHANNELS, place);
        let x = pattern * COLUMNS_PX + byte_of(SAMPLE_X_PX, place);
        var behind = 0u;
        if alpha < OPAQUE && channel != ALPHA {
            behind = behind_at(channel, x, id.y * ROWS_PX, index, picture_word);
        }
        word |= sample_of(channel, byte_of(given_word, index), behind, alpha) << (8u * byte);
    }
    painted.words[at - HEADER_WORDS] = word;
    if local == 0u {
        atomicAdd(&painted.receipts[PLANE], params.receipt);
    }
}
