// Sums up what alphas are made of, tables and matte, as it has arrived here. The passes behind
// this one show nothing of the frame unless it is the sum that the host made: a matte that did
// not arrive, or not all of it, would be another frame's.

fn share(word: u32, place: u32) -> u32 {
    let mixed = (word + place * PLACE_FACTOR) * WORD_FACTOR;
    return (mixed ^ (mixed >> FOLD_BITS)) * PLACE_FACTOR;
}

@compute @workgroup_size(CHECK_GROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let first = group.x * CHECK_GROUP * CHECK_WORDS + local;
    let end = params.matte_word + params.reduced_words;
    var sum = 0u;
    for (var round = 0u; round < CHECK_WORDS; round++) {
        let place = first + round * CHECK_GROUP;
        if place < end {
            sum += share(tables[place], place);
        }
    }
    atomicAdd(&painted.receipts[PLANES], sum);
}
