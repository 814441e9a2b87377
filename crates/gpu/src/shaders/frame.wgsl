// What every pass knows of the frame. Planes are stored as words of four bytes, the lowest
// bits first; each row begins at a word of its own.

struct Plane {
    // Where its first word is.
    first_word: u32,
    // Words from one row to the next.
    row_words: u32,
    // Bytes of picture in a row.
    row_bytes: u32,
    rows: u32,
    // Frame rows that one row stands for, 1 or 2.
    rows_px: u32,
    unused_1: u32,
    unused_2: u32,
    unused_3: u32,
}

struct Channel {
    plane: u32,
    // Bytes of a row before the first value, and from one value to the next.
    offset_bytes: u32,
    step_bytes: u32,
    // Frame columns that one value stands for, 1 or 2.
    columns_px: u32,
    // Values in a row.
    values: u32,
    unused_1: u32,
    unused_2: u32,
    unused_3: u32,
}

struct Params {
    planes: array<Plane, PLANES>,
    channels: array<Channel, CHANNELS>,
    plane_count: u32,
    // The frame, in pixels.
    width: u32,
    height: u32,
    // The reduced grid: frame pixels along the side of a square, columns, rows, and words
    // of a plane of it.
    square_px: u32,
    columns: u32,
    rows: u32,
    reduced_words: u32,
    // Where in the tables the matte begins.
    matte_word: u32,
    // Whether a matte was given: MATTE, or else all is covered.
    cover: u32,
    // What is behind the person: FIELD, FLAT or PICTURE.
    behind: u32,
    // Whether what is covered is left transparent: TRANSPARENT, or OPAQUE_ROOM.
    room: u32,
    // The field: 1 << step_bits frame pixels from node to node, and how many nodes.
    step_bits: u32,
    nodes_across: u32,
    nodes_down: u32,
    // The flat colour: one level a byte.
    colour: u32,
    // An odd number, the frame's own. Each workgroup that ran adds it beside the output to what
    // was 0, so that what an earlier frame left there is never taken for this frame's.
    receipt: u32,
    // Of the tables and the matte, if one was given; else 0.
    sum: u32,
    unused_1: u32,
    unused_2: u32,
    unused_3: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

// Byte `index` of words of which `word` is the one that holds it.
fn byte_of(word: u32, index: u32) -> u32 {
    return (word >> (8u * (index & 3u))) & 0xffu;
}
