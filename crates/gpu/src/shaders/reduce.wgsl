// Reduces the frame: each reduced pixel is the mean of the samples that its square touches,
// rounded to nearest. One invocation makes one square's three means. Neighbours read words
// beside one another; a workgroup's means are packed in its own memory, so that each word of
// the output is written once.

@group(0) @binding(1) var<storage, read> given: array<u32>;
@group(0) @binding(2) var<storage, read_write> reduced: Reduced;

struct Reduced {
    // What each workgroup that ran added, see Params.
    receipts: atomic<u32>,
    words: array<u32>,
}

const GROUP_WORDS: u32 = REDUCE_GROUP / 4u;

var<workgroup> means: array<array<u32, REDUCE_GROUP>, CHANNELS>;

// The first of `count` values, each standing for `value_px` pixels, that square `index`
// touches, and the one behind the last.
fn touched(index: u32, value_px: u32, count: u32) -> vec2<u32> {
    let first = index * params.square_px / value_px;
    let end = ((index + 1u) * params.square_px + value_px - 1u) / value_px;
    return vec2(first, min(end, count));
}

// The sum of one row's values.
fn row_sum(channel: u32, row: u32, columns: vec2<u32>) -> u32 {
    let at = params.channels[channel];
    let plane = params.planes[at.plane];
    let row_byte = 4u * (plane.first_word + row * plane.row_words) + at.offset_bytes;
    let end = row_byte + columns.y * at.step_bytes;
    var sum = 0u;
    for (var byte = row_byte + columns.x * at.step_bytes; byte < end; byte += at.step_bytes) {
        sum += byte_of(given[byte / 4u], byte);
    }
    return sum;
}

// The means of square (column, row). Channels of one plane are summed row by row together,
// so that a row that was just read is read again from a cache. No square is so large that its
// sum does not fit: the host sees to that.
fn square_means(column: u32, row: u32) -> vec3<u32> {
    let columns_0 = touched(column, params.channels[0].columns_px, params.channels[0].values);
    let columns_1 = touched(column, params.channels[1].columns_px, params.channels[1].values);
    let columns_2 = touched(column, params.channels[2].columns_px, params.channels[2].values);
    let columns = vec3(
        columns_0.y - columns_0.x,
        columns_1.y - columns_1.x,
        columns_2.y - columns_2.x,
    );
    var sums = vec3(0u);
    var counts = vec3(0u);
    for (var plane = 0u; plane < params.plane_count; plane++) {
        let rows = touched(row, params.planes[plane].rows_px, params.planes[plane].rows);
        let has_0 = params.channels[0].plane == plane;
        let has_1 = params.channels[1].plane == plane;
        let has_2 = params.channels[2].plane == plane;
        counts = select(counts, columns * (rows.y - rows.x), vec3(has_0, has_1, has_2));
        for (var y = rows.x; y < rows.y; y++) {
            if has_0 {
                sums.x += row_sum(0u, y, columns_0);
            }
            if has_1 {
                sums.y += row_sum(1u, y, columns_1);
            }
            if has_2 {
                sums.z += row_sum(2u, y, columns_2);
            }
        }
    }
    return (sums + counts / 2u) / counts;
}

@compute @workgroup_size(REDUCE_GROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group_index = group.y * groups.x + group.x;
    let square = group_index * REDUCE_GROUP + local;
    var mean = vec3(0u);
    if square < params.columns * params.rows {
        mean = square_means(square % params.columns, square / params.columns);
    }
    means[0][local] = mean.x;
    means[1][local] = mean.y;
    means[2][local] = mean.z;
    workgroupBarrier();

    if local < CHANNELS * GROUP_WORDS {
        let channel = local / GROUP_WORDS;
        let place = local % GROUP_WORDS;
        let word = group_index * GROUP_WORDS + place;
        if word < params.reduced_words {
            let first = 4u * place;
            reduced.words[channel * params.reduced_words + word] = means[channel][first]
                | (means[channel][first + 1u] << 8u)
                | (means[channel][first + 2u] << 16u)
                | (means[channel][first + 3u] << 24u);
        }
    }
    if local == 0u {
        atomicAdd(&reduced.receipts, params.receipt);
    }
}
