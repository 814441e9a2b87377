use frosted_core::internal::layout::{self, ALPHA, PlaneLayout};
use frosted_core::internal::{Backdrop, ConcealPlan, Cover, FrameId, Level, Placement, checks};
use frosted_core::{ComposeError, FrameSpec, FrameView, FrameViewMut, MAX_PLANES, Reduced};

use crate::alpha::MatteJob;
use crate::bands::Bands;
use crate::kernels::expand::Ruler;
use crate::kernels::reduce::{ColumnSums, Squares};
use crate::painter::{Behind, Brush, Job};
use crate::spans::Certain;
use crate::threads::Threads;

/// All that depends on the spec and the plan, and the memory that frames are worked in.
pub(crate) struct Session {
    level: Level,
    spec: FrameSpec,
    planes: &'static [PlaneLayout],
    squares: [Squares; 3],
    placement: Placement,
    alpha_table: [u8; 256],
    certain: Certain,
    reduced: Reduced,
    sums: Vec<ColumnSums>,
    brushes: Vec<Brush>,
    backdrops: Backdrops,
}

impl Session {
    /// # Errors
    /// As [`checks::check_configuration`].
    pub(crate) fn new(
        level: Level,
        spec: &FrameSpec,
        plan: &ConcealPlan,
        bands: usize,
    ) -> Result<Self, ComposeError> {
        let planes = checks::check_configuration(spec, plan)?;
        let square_px = plan.square_px;
        let mut reduced = Reduced::default();
        reduced.prepare(spec, square_px, FrameId::default());
        let row_bytes = (0..MAX_PLANES).map(|plane| spec.plane_row_bytes(plane));
        let longest = row_bytes.max().unwrap_or_default();
        Ok(Self {
            level,
            spec: *spec,
            planes,
            squares: std::array::from_fn(|channel| {
                let channel = layout::channel(planes, channel);
                Squares::new(channel, square_px, spec.width(), spec.height())
            }),
            placement: Placement::new(square_px),
            alpha_table: *plan.ramp.table(),
            certain: Certain::new(plan.ramp.table()),
            sums: (0..bands)
                .map(|_| ColumnSums::new(longest, square_px))
                .collect(),
            brushes: (0..bands)
                .map(|_| Brush::with_room(level, spec.width(), longest, reduced.width()))
                .collect(),
            backdrops: Backdrops::with_room(spec),
            reduced,
        })
    }

    pub(crate) fn spec(&self) -> &FrameSpec {
        &self.spec
    }

    pub(crate) fn reduced(&self) -> &Reduced {
        &self.reduced
    }

    /// Fills the reduced picture with the means of `source`, a frame of the session's spec.
    pub(crate) fn reduce(&mut self, id: FrameId, source: &FrameView<'_>, threads: &Threads) {
        let (width, height) = (self.reduced.width(), self.reduced.height());
        let square_px = self.reduced.square_px();
        let out = self.reduced.prepare(&self.spec, square_px, id);
        let (level, squares) = (self.level, &self.squares);
        let band_rows = height.div_ceil(self.sums.len());
        let bytes = band_rows * width;
        let [first, second, third] = out.map(|plane| plane.chunks_mut(bytes));
        let out = first.zip(second.zip(third));
        let bands = out.zip(&mut self.sums).enumerate();
        threads.run(bands, |(band, ((first, (second, third)), sums))| {
            let rows = first.chunks_exact_mut(width).zip(
                second
                    .chunks_exact_mut(width)
                    .zip(third.chunks_exact_mut(width)),
            );
            for (row, (first, (second, third))) in rows.enumerate() {
                let out = [first, second, third];
                reduce_row(level, source, squares, band * band_rows + row, sums, out);
            }
        });
    }

    /// Paints `source` under `cover` to `target`; all have been checked against the spec.
    pub(crate) fn paint(
        &mut self,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
        threads: &Threads,
    ) {
        let (matte, backdrop) = match cover {
            Cover::Background { matte, backdrop } => (Some(matte), backdrop),
            Cover::Everything { backdrop } => (None, backdrop),
        };
        let transparent = matches!(backdrop, Backdrop::Transparent(_));
        let job = Job {
            planes: self.planes,
            source,
            matte: matte.map(|mask| MatteJob {
                mask,
                placement: &self.placement,
                table: &self.alpha_table,
                certain: self.certain,
            }),
            behind: self.backdrops.prepare(&self.spec, self.planes, backdrop),
            transparent,
        };
        let bands = Bands::of(target, self.planes, self.brushes.len());
        threads.run(bands.zip(&mut self.brushes), |(band, brush)| {
            brush.paint(&job, band);
        });
    }
}

/// The memory that backdrops are made ready in.
struct Backdrops {
    rulers: [Ruler; MAX_PLANES],
    flat_rows: [Vec<u8>; MAX_PLANES],
}

impl Backdrops {
    fn with_room(spec: &FrameSpec) -> Self {
        let row_bytes: [usize; MAX_PLANES] =
            std::array::from_fn(|plane| spec.plane_row_bytes(plane));
        Self {
            rulers: row_bytes.map(Ruler::with_room),
            flat_rows: row_bytes.map(|bytes| vec![0; bytes]),
        }
    }

    fn prepare<'a>(
        &'a mut self,
        spec: &FrameSpec,
        planes: &[PlaneLayout],
        backdrop: Backdrop<'a>,
    ) -> Behind<'a> {
        match backdrop {
            Backdrop::Field(field) | Backdrop::Transparent(field) => {
                for (plane, (ruler, layout)) in self.rulers.iter_mut().zip(planes).enumerate() {
                    ruler.set(layout, spec.plane_row_bytes(plane), field.step_px);
                }
                Behind::Field(field, &self.rulers)
            }
            Backdrop::Flat(colour) => {
                for (row, layout) in self.flat_rows.iter_mut().zip(planes) {
                    fill_row(row, layout, colour);
                }
                Behind::Flat(&self.flat_rows)
            }
            Backdrop::Picture(picture) => Behind::Picture(picture.view()),
        }
    }
}

fn fill_row(row: &mut [u8], layout: &PlaneLayout, colour: [u8; 3]) {
    for pattern in row.chunks_exact_mut(layout.samples.len()) {
        for (value, sample) in pattern.iter_mut().zip(layout.samples) {
            *value = match sample.channel {
                ALPHA => 255,
                channel => colour[channel],
            };
        }
    }
}

fn reduce_row(
    level: Level,
    source: &FrameView<'_>,
    squares: &[Squares; 3],
    index: usize,
    sums: &mut ColumnSums,
    out: [&mut [u8]; 3],
) {
    let mut summed = None;
    for (squares, out) in squares.iter().zip(out) {
        let (plane, rows) = (squares.channel().plane, squares.rows(index));
        if summed != Some(plane) {
            sums.sum(level, rows.clone().map(|row| source.row(plane, row)));
            summed = Some(plane);
        }
        sums.means(level, squares, rows.len(), out);
    }
}
