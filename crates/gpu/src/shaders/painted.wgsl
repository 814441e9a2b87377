// What is painted, plane by plane.

@group(0) @binding(4) var<storage, read_write> painted: Painted;

struct Painted {
    // One a plane: what each workgroup that ran added, see Params; behind them the sum of the
    // tables and the matte.
    receipts: array<atomic<u32>, HEADER_WORDS>,
    // Planes count words from the header on.
    words: array<u32>,
}
