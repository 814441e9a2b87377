use frosted_core::internal::{Level, Work};
use frosted_core::{Colour, Reduced};
use ndarray::ArrayView4;

use crate::placement::{Placement, Turn};
use crate::resample::{Grid, Resampler};
use crate::spec::{ChannelOrder, Layout, ModelSpec};

/// From reduced pictures to a network's input.
///
/// A letterbox's border is black: measured against repeated edges it lost little at 4:3 and
/// won at 9:16, where the border is two thirds of the input.
#[derive(Debug)]
pub(crate) struct Preprocessor {
    shape: [usize; 4],
    layout: Layout,
    /// Which channel each of R, G, B goes to.
    channel: [usize; 3],
    /// From R, G, B in 0 to 255 to the input: `value * gain + offset`.
    gain: [f32; 3],
    offset: [f32; 3],
    input: Vec<f32>,
    resampler: Option<Resampler>,
}

impl Preprocessor {
    pub(crate) fn new(spec: &ModelSpec) -> Self {
        let channel = match spec.channels() {
            ChannelOrder::Rgb => [0, 1, 2],
            ChannelOrder::Bgr => [2, 1, 0],
        };
        let (mean, std) = (spec.mean(), spec.std());
        Self {
            shape: spec.input_shape(),
            layout: spec.layout(),
            channel,
            gain: channel.map(|c| 1.0 / (255.0 * std[c])),
            offset: channel.map(|c| -mean[c] / std[c]),
            input: vec![0.0; 3 * spec.width() * spec.height()],
            resampler: None,
        }
    }

    /// Gets ready for pictures that lie as `placement` says, and paints the border.
    pub(crate) fn place(&mut self, placement: &Placement) {
        let (width, height) = placement.content;
        self.resampler = (!placement.keeps_size()).then(|| {
            let content = (Grid::whole(width), Grid::whole(height));
            Resampler::of_part(
                placement.picture,
                placement.first,
                placement.picture_width,
                content,
            )
        });
        let (mut target, _) = self.target();
        for index in 0..placement.network.0 * placement.network.1 {
            target.put(index, [0.0; 3]);
        }
    }

    /// Writes the input of `picture`, which must lie as the last placement said.
    pub(crate) fn fill(&mut self, picture: &Reduced, placement: &Placement) {
        let (width, turn) = (placement.content.0, &placement.turn);
        let coefficients = picture.colour().map(Colour::rgb_coefficients);
        let (mut target, resampler) = self.target();
        match resampler {
            None => target.paint(0, picture.planes(), width, turn, coefficients),
            Some(resampler) => resampler.rows_of(picture.planes(), |y, rows| {
                target.paint(y, rows, width, turn, coefficients);
            }),
        }
    }

    /// The input as it was last written.
    pub(crate) fn input(&self) -> ArrayView4<'_, f32> {
        ArrayView4::from_shape(self.shape, &self.input).expect("the buffer is made for the shape")
    }

    fn target(&mut self) -> (Target<'_>, Option<&mut Resampler>) {
        let target = Target {
            plane: self.input.len() / 3,
            input: &mut self.input,
            layout: self.layout,
            channel: self.channel,
            gain: self.gain,
            offset: self.offset,
        };
        (target, self.resampler.as_mut())
    }
}

/// A network's input, written pixel by pixel in R, G, B of 0 to 255.
struct Target<'a> {
    input: &'a mut [f32],
    plane: usize,
    layout: Layout,
    channel: [usize; 3],
    gain: [f32; 3],
    offset: [f32; 3],
}

impl Target<'_> {
    /// Paints rows of the picture from row `first` on; `coefficients` are from Y, Cb, Cr, if the
    /// planes are not R, G, B already.
    fn paint<S: Copy + Into<f32>>(
        &mut self,
        first: usize,
        planes: [&[S]; 3],
        width: usize,
        turn: &Turn,
        coefficients: Option<[f32; 6]>,
    ) {
        Level::chosen().run(Paint {
            target: self,
            first,
            planes,
            width,
            turn,
            coefficients,
        });
    }

    /// A row in the common case, in a form that becomes vector code.
    #[inline(always)]
    fn put_row<S: Copy + Into<f32>>(
        &mut self,
        row: usize,
        planes: [&[S]; 3],
        coefficients: Option<[f32; 6]>,
    ) {
        let (gain, offset, width) = (self.gain, self.offset, planes[0].len());
        let (first, rest) = self.input.split_at_mut(self.plane);
        let (second, third) = rest.split_at_mut(self.plane);
        let [first, second, third] =
            [first, second, third].map(|plane| &mut plane[row..row + width]);
        let (red, blue) = if self.channel[0] == 0 {
            (first, third)
        } else {
            (third, first)
        };
        let targets = red.iter_mut().zip(second).zip(blue);
        let pixels = planes[0].iter().zip(planes[1]).zip(planes[2]);
        for (((r, g), b), ((&x, &y), &z)) in targets.zip(pixels) {
            let pixel = rgb([x.into(), y.into(), z.into()], coefficients);
            *r = pixel[0] * gain[0] + offset[0];
            *g = pixel[1] * gain[1] + offset[1];
            *b = pixel[2] * gain[2] + offset[2];
        }
    }

    fn put(&mut self, index: usize, pixel: [f32; 3]) {
        for (i, value) in pixel.into_iter().enumerate() {
            let channel = self.channel[i];
            let index = match self.layout {
                Layout::Nchw => channel * self.plane + index,
                Layout::Nhwc => 3 * index + channel,
            };
            self.input[index] = value * self.gain[i] + self.offset[i];
        }
    }
}

/// What a [`Target`] is painted from.
struct Paint<'a, 'b, 't, S> {
    target: &'a mut Target<'t>,
    /// Which row of the picture the planes begin with.
    first: usize,
    planes: [&'b [S]; 3],
    width: usize,
    turn: &'b Turn,
    coefficients: Option<[f32; 6]>,
}

impl<S: Copy + Into<f32>> Work for Paint<'_, '_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            target,
            first: first_row,
            planes,
            width,
            turn,
            coefficients,
        } = self;
        let [first, second, third] = planes.map(|plane| plane.chunks_exact(width));
        for (y, ((first, second), third)) in first.zip(second).zip(third).enumerate() {
            let row = turn.row(first_row + y);
            if target.layout == Layout::Nchw && turn.step_x == 1 {
                // Each a loop of its own, which does not ask at every pixel.
                match coefficients {
                    None => target.put_row(row, [first, second, third], None),
                    Some(_) => target.put_row(row, [first, second, third], coefficients),
                }
                continue;
            }
            let mut index = row;
            for ((&x, &y), &z) in first.iter().zip(second).zip(third) {
                target.put(index, rgb([x.into(), y.into(), z.into()], coefficients));
                index = index.wrapping_add_signed(turn.step_x);
            }
        }
    }
}

#[inline(always)]
fn rgb(pixel: [f32; 3], coefficients: Option<[f32; 6]>) -> [f32; 3] {
    let Some([y_gain, y_offset, r_cr, g_cb, g_cr, b_cb]) = coefficients else {
        return pixel;
    };
    let [y, cb, cr] = pixel;
    let y = (y - y_offset) * y_gain;
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    let [r, g, b] = [y + r_cr * cr, y + g_cb * cb + g_cr * cr, y + b_cb * cb];
    [
        r.clamp(0.0, 255.0),
        g.clamp(0.0, 255.0),
        b.clamp(0.0, 255.0),
    ]
}
