//! Small recurrent networks as ONNX files, written field by field: a protobuf message is its
//! fields one behind another, each a number with what it holds.
#![allow(dead_code)]

/// What a network does with its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Graph {
    /// mask = (grey + memory) / 2, and that is the memory. A second state counts pictures.
    Echo,
    /// As [`Echo`](Self::Echo), but the memory is mask / (1 - grey), which of a white picture
    /// is infinite.
    BreaksOnWhite,
}

/// The states of both as a spec has them, in another order than the model's.
pub(crate) const STATES: &str = r#"[
    { input = "count_in", output = "count_out", shape = [2] },
    { input = "memory_in", output = "memory_out", shape = [1, 1, "height", "width"] },
]"#;

/// The network for pictures of this size.
pub(crate) fn onnx(graph: Graph, (width, height): (usize, usize)) -> Vec<u8> {
    let picture: [usize; 4] = [1, 3, height, width];
    let plane: [usize; 4] = [1, 1, height, width];
    let axes = message(&[text(1, "axes"), varint(8, 1), varint(20, 7)]);
    let mut nodes = vec![
        node("ReduceMean", &["picture"], "grey", &[axes]),
        node("Add", &["grey", "memory_in"], "sum", &[]),
        node("Mul", &["sum", "half"], "mask", &[]),
        node("Add", &["count_in", "one"], "count_out", &[]),
    ];
    match graph {
        Graph::Echo => nodes.push(node("Identity", &["mask"], "memory_out", &[])),
        Graph::BreaksOnWhite => nodes.extend([
            node("Sub", &["one", "grey"], "dark", &[]),
            node("Div", &["mask", "dark"], "memory_out", &[]),
        ]),
    }
    let parts = [
        nodes.iter().map(|node| bytes(1, node)).collect(),
        vec![text(2, "recurrent")],
        vec![
            bytes(5, &scalar("half", 0.5)),
            bytes(5, &scalar("one", 1.0)),
        ],
        vec![
            bytes(11, &port("memory_in", &plane)),
            bytes(11, &port("picture", &picture)),
            bytes(11, &port("count_in", &[2])),
        ],
        vec![
            bytes(12, &port("memory_out", &plane)),
            bytes(12, &port("count_out", &[2])),
            bytes(12, &port("mask", &plane)),
        ],
    ];
    let graph = message(&parts.concat());
    let opset = message(&[text(1, ""), varint(2, 13)]);
    message(&[varint(1, 8), bytes(7, &graph), bytes(8, &opset)])
}

fn node(kind: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs = inputs.iter().map(|input| text(1, input));
    let attributes = attributes.iter().map(|attribute| bytes(5, attribute));
    let fields: Vec<_> = inputs
        .chain([text(2, output), text(3, output), text(4, kind)])
        .chain(attributes)
        .collect();
    message(&fields)
}

/// A constant of f32 without axes.
fn scalar(name: &str, value: f32) -> Vec<u8> {
    message(&[varint(2, 1), text(8, name), bytes(9, &value.to_le_bytes())])
}

/// An input or output of f32.
fn port(name: &str, shape: &[usize]) -> Vec<u8> {
    let sides: Vec<_> = shape
        .iter()
        .map(|&side| bytes(1, &varint(1, side as u64)))
        .collect();
    let tensor = message(&[varint(1, 1), bytes(2, &message(&sides))]);
    message(&[text(1, name), bytes(2, &bytes(1, &tensor))])
}

fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

fn text(field: u64, text: &str) -> Vec<u8> {
    bytes(field, text.as_bytes())
}

fn bytes(field: u64, held: &[u8]) -> Vec<u8> {
    [
        number(field << 3 | 2),
        number(held.len() as u64),
        held.to_vec(),
    ]
    .concat()
}

fn varint(field: u64, value: u64) -> Vec<u8> {
    [number(field << 3), number(value)].concat()
}

/// Seven bits a byte, the lowest first, the highest bit set on all but the last.
fn number(mut value: u64) -> Vec<u8> {
    let mut written = Vec::new();
    while value >= 128 {
        written.push(value as u8 | 128);
        value >>= 7;
    }
    written.push(value as u8);
    written
}
