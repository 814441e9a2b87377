use super::{Layout, ModelSpec, OutputKind};

/// One output of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelOutput {
    name: Option<String>,
    shapes: Vec<Vec<usize>>,
}

impl ModelOutput {
    /// Its name in the model; `None` for the only output of a model that is no state,
    /// whatever its name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The shapes that it may have, the fullest first.
    pub fn shapes(&self) -> &[Vec<usize>] {
        &self.shapes
    }
}

/// Anchors at the centres of square cells that tile the input. Their rows go cell by cell,
/// from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnchorGrid {
    /// Side of a cell in pixels, 2 to 256, a divisor of width and height.
    pub stride_px: usize,
    /// Anchors in a cell, 1 to 16.
    pub per_cell: usize,
}

/// Numbers in a row of boxes: centre, width, height, six key points.
pub(crate) const FACE_NUMBERS: usize = 16;

impl ModelSpec {
    pub(super) fn list_outputs(&mut self) {
        self.outputs = match &self.output {
            OutputKind::Faces {
                boxes,
                scores,
                grids,
            } => {
                let anchors = grids.iter().map(|grid| {
                    let (across, down) =
                        (self.width / grid.stride_px, self.height / grid.stride_px);
                    across * down * grid.per_cell
                });
                let rows: usize = anchors.sum();
                let output = |name: &String, shapes| ModelOutput {
                    name: Some(name.clone()),
                    shapes,
                };
                vec![
                    output(
                        boxes,
                        vec![vec![1, rows, FACE_NUMBERS], vec![rows, FACE_NUMBERS]],
                    ),
                    output(
                        scores,
                        vec![vec![1, rows, 1], vec![rows, 1], vec![1, rows], vec![rows]],
                    ),
                ]
            }
            _ => vec![ModelOutput {
                name: None,
                shapes: self.picture_shapes(),
            }],
        };
    }

    fn picture_shapes(&self) -> Vec<Vec<usize>> {
        let scale = match self.output {
            OutputKind::Planes { scale } | OutputKind::AlphaPlanes { scale } => scale,
            _ => 1,
        };
        let (planes, height, width) = (
            self.output_planes(),
            self.height / scale,
            self.width / scale,
        );
        let picture = match self.layout {
            Layout::Nchw => vec![planes, height, width],
            Layout::Nhwc => vec![height, width, planes],
        };
        let mut shapes = vec![[vec![1], picture.clone()].concat(), picture];
        if planes == 1 {
            shapes.extend([vec![1, height, width], vec![height, width]]);
        }
        shapes.dedup();
        shapes
    }
}
