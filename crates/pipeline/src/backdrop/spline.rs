use frosted_core::FrameSpec;
use frosted_core::internal::Field;

/// Expands cells to a field by the uniform cubic B-spline.
///
/// The spline's weights are never negative and its own standard deviation is
/// sqrt(4/12) = .577 cells: a blur of cells of twice the text height is thereby smoothed by
/// 1.15 text heights (the variance of the sum of four boxes one cell wide, 4 * 1/12).
#[derive(Debug, Default)]
pub(crate) struct Spline {
    /// What the taps were computed for.
    shape: Option<(FrameSpec, usize, usize)>,
    across: Vec<Tap>,
    down: Vec<Tap>,
    /// The field's columns for each row of cells, in 1/256 level.
    wide: Vec<u16>,
}

/// Four neighbouring cells and their weights in 1/4096.
#[derive(Clone, Copy, Debug)]
struct Tap {
    cells: [usize; 4],
    weights: [u32; 4],
}

impl Spline {
    /// Writes to `field` the smooth form of a grid of `columns` by `rows` cells that covers
    /// a frame of `spec`.
    pub(crate) fn expand(
        &mut self,
        spec: &FrameSpec,
        (columns, rows): (usize, usize),
        means: [&[u16]; 3],
        field: &mut Field,
    ) {
        let (width, height) = (spec.width(), spec.height());
        let step_px = step_px((width / columns).min(height / rows));
        field.step_px = step_px;
        field.width = (width - 1) / step_px + 2;
        field.height = (height - 1) / step_px + 2;
        if self.shape != Some((*spec, columns, rows)) {
            self.shape = Some((*spec, columns, rows));
            fill_taps(&mut self.across, field.width, step_px, width, columns);
            fill_taps(&mut self.down, field.height, step_px, height, rows);
        }
        for (means, nodes) in means.iter().zip(&mut field.planes) {
            self.wide.clear();
            for row in means.chunks_exact(columns) {
                self.wide
                    .extend(self.across.iter().map(|tap| tap.of(|cell| row[cell])));
            }
            nodes.clear();
            for tap in &self.down {
                let rows = tap
                    .cells
                    .map(|row| &self.wide[row * field.width..(row + 1) * field.width]);
                nodes.extend((0..field.width).map(|x| weigh(tap.weights, rows.map(|row| row[x]))));
            }
        }
    }
}

impl Tap {
    fn of(&self, value: impl Fn(usize) -> u16) -> u16 {
        weigh(self.weights, self.cells.map(value))
    }
}

fn weigh(weights: [u32; 4], values: [u16; 4]) -> u16 {
    // Weights sum to 4096: the largest sum is 65280 * 4096 < 2^28.
    let sum: u32 = weights
        .iter()
        .zip(values)
        .map(|(weight, value)| weight * u32::from(value))
        .sum();
    ((sum + 2048) >> 12) as u16
}

/// Nodes stand close enough that straight lines between them look like the spline.
fn step_px(cell_px: usize) -> usize {
    let wanted = (cell_px / 5).clamp(1, 64);
    1 << wanted.ilog2()
}

fn fill_taps(taps: &mut Vec<Tap>, nodes: usize, step_px: usize, side_px: usize, cells: usize) {
    taps.clear();
    for node in 0..nodes {
        // The node's place in cells, counted from the first cell's centre.
        let place = (node * step_px * cells) as f64 / side_px as f64 - 0.5;
        let place = place.clamp(0.0, (cells - 1) as f64);
        let first = place.floor();
        let t = place - first;
        // Unser, "Splines: a perfect fit for signal and image processing", 1999, eq. 4.
        let parts = [
            (1.0 - t).powi(3),
            3.0 * t.powi(3) - 6.0 * t * t + 4.0,
            -3.0 * t.powi(3) + 3.0 * t * t + 3.0 * t + 1.0,
            t.powi(3),
        ];
        let mut weights = parts.map(|part| (part / 6.0 * 4096.0).round() as u32);
        // What rounding took or gave goes to the heaviest tap, so that a flat grid stays flat.
        let rest: u32 = weights[0] + weights[2] + weights[3];
        weights[1] = 4096 - rest;
        let cell = |offset: isize| (first as isize + offset).clamp(0, cells as isize - 1) as usize;
        taps.push(Tap {
            cells: [cell(-1), cell(0), cell(1), cell(2)],
            weights,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::PixelFormat;

    fn expand(spec: &FrameSpec, grid: (usize, usize), means: &[u16]) -> Field {
        let mut field = Field::default();
        Spline::default().expand(spec, grid, [means; 3], &mut field);
        field
    }

    #[test]
    fn a_flat_grid_stays_flat_and_nodes_reach_the_last_pixel() {
        for (width, height) in [(16, 16), (321, 181), (1280, 720), (7680, 4320)] {
            let spec = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
            for grid in [(1, 1), (2, 3), (14, 8)] {
                let field = expand(&spec, grid, &vec![65280; grid.0 * grid.1]);
                assert!(field.planes[2].iter().all(|&v| v == 65280));
                assert!((field.width - 1) * field.step_px >= width - 1, "{width}");
                assert!((field.height - 1) * field.step_px >= height - 1, "{height}");
                assert!(field.step_px.is_power_of_two());
            }
        }
    }

    #[test]
    fn one_bright_cell_is_smoothed_by_more_than_half_a_cell() {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 1280, 720).unwrap();
        let (columns, rows) = (14, 8);
        let mut means = vec![0; columns * rows];
        means[4 * columns + 7] = 65280;
        let field = expand(&spec, (columns, rows), &means);
        let row = (4 * 90 + 45) / field.step_px;
        let nodes = &field.planes[0][row * field.width..(row + 1) * field.width];
        let moment = |power: i32, centre: f64| -> f64 {
            let total: f64 = nodes.iter().map(|&v| f64::from(v)).sum();
            let sum = nodes.iter().enumerate();
            sum.map(|(x, &v)| f64::from(v) * ((x * field.step_px) as f64 - centre).powi(power))
                .sum::<f64>()
                / total
        };
        let centre = moment(1, 0.0);
        let sigma_px = moment(2, centre).sqrt();
        let cell_px = 1280.0 / columns as f64;
        assert!((centre - 7.5 * cell_px).abs() < 1.0, "{centre}");
        assert!((sigma_px - 0.577 * cell_px).abs() < 1.0, "{sigma_px}");
    }
}
