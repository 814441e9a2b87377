// The alpha of a frame's pixel: the matte, brought from the reduced grid to the pixel's
// place, and through the ramp. Every step is a weighted mean whose weights sum to a power of
// two, so that a pixel between covered values alone is covered.

// The ramp, four alphas a word; a word for the place of each frame column, and of each frame
// row; the matte, four values a word.
@group(0) @binding(2) var<storage, read> tables: array<u32>;

// A place between two neighbours on the reduced grid.
struct Place {
    first: u32,
    second: u32,
    // Of the second.
    weight: u32,
}

// As packed by the host: the first neighbour, whether the second is the next one or the
// same, the weight.
fn unpack(packed: u32) -> Place {
    let first = packed & ((1u << PLACE_BITS) - 1u);
    let second = first + ((packed >> PLACE_BITS) & 1u);
    return Place(first, second, packed >> (PLACE_BITS + 1u));
}

fn across(x: u32) -> Place {
    return unpack(tables[RAMP_WORDS + x]);
}

fn down(y: u32) -> Place {
    return unpack(tables[RAMP_WORDS + params.width + y]);
}

fn matte_at(column: u32, row: u32) -> u32 {
    let index = row * params.columns + column;
    return byte_of(tables[params.matte_word + index / 4u], index);
}

// The matte's column at a frame row's height, in 1 << MATTE_BITS of a value.
fn between_rows(column: u32, y: Place) -> u32 {
    const DROPPED: u32 = WEIGHT_BITS - MATTE_BITS;
    let sum = matte_at(column, y.first) * ((1u << WEIGHT_BITS) - y.weight)
        + matte_at(column, y.second) * y.weight;
    return (sum + (1u << (DROPPED - 1u))) >> DROPPED;
}

fn alpha_at(x: Place, y: Place) -> u32 {
    const DROPPED: u32 = WEIGHT_BITS + MATTE_BITS;
    let left = i32(between_rows(x.first, y));
    let slope = i32(between_rows(x.second, y)) - left;
    let sum = (left << WEIGHT_BITS) + (1i << (DROPPED - 1u)) + slope * i32(x.weight);
    let value = u32(sum >> DROPPED);
    return byte_of(tables[value / 4u], value);
}
