use frosted_core::internal::{Level, Work};
use frosted_core::{Mask, Reduced, SegmentError, SegmentErrorKind};
use ndarray::ArrayViewD;

use crate::placement::Placement;
use crate::resample::{Grid, Resampler};
use crate::spec::{Layout, ModelSpec, OutputKind, shape_text};

/// From a network's output to masks on the reduced picture's grid.
#[derive(Debug)]
pub(crate) struct Postprocessor {
    shapes: Vec<Vec<usize>>,
    kind: OutputKind,
    layout: Layout,
    planes: usize,
    /// Width and height of the network's plane.
    size: (usize, usize),
    /// An output that an engine did not hand over in one piece.
    gathered: Vec<f32>,
    /// Alpha as the network sees it, 0 to 1.
    upright: Vec<f32>,
    /// Alpha of the content in the stored orientation, where that differs.
    stored: Vec<f32>,
    resampler: Option<Resampler>,
}

impl Postprocessor {
    pub(crate) fn new(spec: &ModelSpec) -> Self {
        let size = (spec.width(), spec.height());
        let planes = spec.output_planes();
        Self {
            shapes: spec.output_shapes().to_vec(),
            kind: spec.output().clone(),
            layout: spec.layout(),
            planes,
            size,
            gathered: Vec::new(),
            upright: vec![0.0; size.0 * size.1],
            stored: Vec::new(),
            resampler: None,
        }
    }

    /// Gets ready for pictures that lie as `placement` says.
    pub(crate) fn place(&mut self, placement: &Placement) {
        let (width, height) = placement.content;
        self.resampler = (!placement.keeps_size()).then(|| {
            let content = (Grid::whole(width), Grid::whole(height));
            Resampler::new(content, placement.picture)
        });
        self.stored.clear();
        if !placement.is_whole_plane() {
            self.stored.resize(width * height, 0.0);
        }
    }

    /// Writes the mask of `picture` if `output` is one that the spec allows and wholly
    /// finite; touches nothing if it is not.
    pub(crate) fn write(
        &mut self,
        output: &ArrayViewD<'_, f32>,
        placement: &Placement,
        picture: &Reduced,
        mask: &mut Mask,
    ) -> Result<(), SegmentError> {
        check_shape(output.shape(), &self.shapes)?;
        if output.as_slice().is_none() {
            self.gathered.clear();
            self.gathered.extend(output.iter());
        }
        let values = output.as_slice().unwrap_or(&self.gathered);
        check_finite(values)?;
        let is_alpha = matches!(
            self.kind,
            OutputKind::Alpha | OutputKind::AlphaPlanes { .. }
        );
        if is_alpha {
            check_alpha(values)?;
        }
        let pixels = Pixels {
            values,
            planes: self.planes,
            layout: self.layout,
        };
        pixels.alpha(&self.kind, self.size.0, &mut self.upright);
        let alpha = if placement.is_whole_plane() {
            &self.upright
        } else {
            turn_back(&self.upright, placement, &mut self.stored);
            &self.stored
        };
        let target = mask.begin(picture);
        match &mut self.resampler {
            None => to_bytes(alpha, target),
            Some(resampler) => {
                let width = picture.width();
                resampler.rows(alpha, |y, row| {
                    to_bytes(row, &mut target[y * width..(y + 1) * width]);
                });
            }
        }
        Ok(())
    }
}

pub(crate) fn check_shape(shape: &[usize], allowed: &[Vec<usize>]) -> Result<(), SegmentError> {
    if allowed.iter().any(|allowed| allowed == shape) {
        return Ok(());
    }
    let allowed: Vec<_> = allowed.iter().map(|shape| shape_text(shape)).collect();
    Err(SegmentError::new(
        SegmentErrorKind::WrongSize,
        format!(
            "the network's output is {}, its spec says {}",
            shape_text(shape),
            allowed.join(" or ")
        ),
    ))
}

/// By how much rounding may take an alpha out of 0 to 1.
const ALPHA_SLACK: f32 = 0.02;

/// An alpha far outside 0 to 1 is something else, most often one of 0 to 255, whose
/// background would count as the person.
pub(crate) fn check_alpha(values: &[f32]) -> Result<(), SegmentError> {
    let within = -ALPHA_SLACK..=1.0 + ALPHA_SLACK;
    if holds_for_all(values, |value| within.contains(&value)) {
        return Ok(());
    }
    let value = values.iter().find(|value| !within.contains(*value));
    Err(SegmentError::new(
        SegmentErrorKind::OutOfRange,
        format!(
            "the network's output holds an alpha of {}, its spec says 0 to 1",
            value.unwrap_or(&f32::NAN)
        ),
    ))
}

pub(crate) fn all_finite(values: &[f32]) -> bool {
    holds_for_all(values, f32::is_finite)
}

fn holds_for_all(values: &[f32], holds: impl Fn(f32) -> bool) -> bool {
    // No early way out within a piece, so that the loop becomes vector code.
    let mut pieces = values.chunks(1024);
    pieces.all(|piece| piece.iter().fold(true, |all, &value| all & holds(value)))
}

pub(crate) fn check_finite(values: &[f32]) -> Result<(), SegmentError> {
    if all_finite(values) {
        return Ok(());
    }
    let count = values.iter().filter(|value| !value.is_finite()).count();
    Err(SegmentError::new(
        SegmentErrorKind::NonFinite,
        format!(
            "{count} of the network's {} output values are not finite",
            values.len()
        ),
    ))
}

/// An output's values, found by plane and pixel.
struct Pixels<'a> {
    values: &'a [f32],
    planes: usize,
    layout: Layout,
}

impl Pixels<'_> {
    fn at(&self, plane: usize, pixel: usize) -> f32 {
        match self.layout {
            Layout::Nchw => self.values[plane * (self.values.len() / self.planes) + pixel],
            Layout::Nhwc => self.values[pixel * self.planes + plane],
        }
    }

    /// Row `y` of a plane of `width`.
    fn row(&self, plane: usize, y: usize, width: usize) -> impl Iterator<Item = f32> {
        let (first, step) = match self.layout {
            Layout::Nchw => (plane * (self.values.len() / self.planes) + y * width, 1),
            Layout::Nhwc => (y * width * self.planes + plane, self.planes),
        };
        let values = self.values[first..].iter().step_by(step);
        values.take(width).copied()
    }

    /// Alpha in 0 to 1 for a plane of `width`.
    fn alpha(&self, kind: &OutputKind, width: usize, target: &mut [f32]) {
        match kind {
            OutputKind::Alpha => {
                for (target, value) in target.iter_mut().zip(self.values) {
                    *target = value.clamp(0.0, 1.0);
                }
            }
            OutputKind::Logit => {
                for (target, &value) in target.iter_mut().zip(self.values) {
                    *target = sigmoid(value);
                }
            }
            OutputKind::TwoClass { person } => {
                for (pixel, target) in target.iter_mut().enumerate() {
                    // The softmax of two is the sigmoid of their difference.
                    *target = sigmoid(self.at(*person, pixel) - self.at(1 - person, pixel));
                }
            }
            OutputKind::MultiClass { classes, person } => {
                for (pixel, target) in target.iter_mut().enumerate() {
                    *target = self.share_of(*classes, person, pixel);
                }
            }
            // Not reached: `NetworkSegmenter::new` refuses it. Nobody is what hides most.
            OutputKind::Faces { .. } => target.fill(0.0),
            OutputKind::AlphaPlanes { scale } => {
                for (y, row) in target.chunks_exact_mut(width).enumerate() {
                    let (first_plane, columns) = (y % scale * scale, width / scale);
                    for plane in 0..*scale {
                        let values = self.row(first_plane + plane, y / scale, columns);
                        let targets = row[plane..].iter_mut().step_by(*scale);
                        for (target, value) in targets.zip(values) {
                            *target = value.clamp(0.0, 1.0);
                        }
                    }
                }
            }
            OutputKind::Planes { scale } => {
                for (y, row) in target.chunks_exact_mut(width).enumerate() {
                    let (first_plane, first) = (y % scale * scale, y / scale * (width / scale));
                    for (x, target) in row.iter_mut().enumerate() {
                        *target = sigmoid(self.at(first_plane + x % scale, first + x / scale));
                    }
                }
            }
        }
    }

    fn share_of(&self, classes: usize, person: &[usize], pixel: usize) -> f32 {
        let logits = (0..classes).map(|class| self.at(class, pixel));
        let largest = logits.clone().fold(f32::MIN, f32::max);
        let all: f32 = logits.map(|logit| (logit - largest).exp()).sum();
        let person: f32 = person
            .iter()
            .map(|&class| (self.at(class, pixel) - largest).exp())
            .sum();
        // Sums in another order may differ by a rounding.
        (person / all).min(1.0)
    }
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

fn turn_back(upright: &[f32], placement: &Placement, stored: &mut [f32]) {
    for (y, row) in stored.chunks_exact_mut(placement.content.0).enumerate() {
        let mut index = placement.turn.row(y);
        for value in row {
            *value = upright[index];
            index = index.wrapping_add_signed(placement.turn.step_x);
        }
    }
}

fn to_bytes(alpha: &[f32], target: &mut [u8]) {
    Level::chosen().run(ToBytes(alpha, target));
}

struct ToBytes<'a>(&'a [f32], &'a mut [u8]);

impl Work for ToBytes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (target, value) in self.1.iter_mut().zip(self.0) {
            // `as` saturates: what rounding adds beyond the ends is cut.
            *target = (value * 255.0 + 0.5) as u8;
        }
    }
}
