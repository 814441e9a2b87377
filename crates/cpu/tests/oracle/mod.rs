//! The compositor's promises written a second time: sample by sample, in f64 and wide
//! integers, sharing nothing with the crate.
#![allow(dead_code, reason = "each test file uses its own part")]

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId};
use frosted_core::{
    Frame, FrameSpec, FrameView, MAX_PLANES, Mask, PixelFormat, Reduced, TextHeight, Timestamp,
};
use frosted_cpu::{CpuCompositor, CpuOptions};

/// Width, height and the squares to try there.
pub(crate) type Size = (usize, usize, &'static [usize]);

/// 300 is past what sums of 16 bits can hold.
pub(crate) const SIZES: [Size; 5] = [
    (16, 16, &[1, 2, 3, 16]),
    (17, 19, &[1, 2, 3, 5]),
    (33, 16, &[2, 4, 7]),
    (321, 181, &[1, 5, 9]),
    (1280, 720, &[5, 300]),
];

pub(crate) fn plan(spec: &FrameSpec, square_px: usize) -> ConcealPlan {
    let mut plan = ConcealPlan::new(spec, (256, 144), TextHeight::default());
    plan.square_px = square_px;
    plan
}

pub(crate) fn compositor(spec: &FrameSpec, square_px: usize, threads: usize) -> CpuCompositor {
    let mut compositor = CpuCompositor::new(CpuOptions { threads }).unwrap();
    compositor.configure(spec, &plan(spec, square_px)).unwrap();
    compositor
}

/// Numbers that look random and are the same each time.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn byte(&mut self) -> u8 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 56) as u8
    }
}

/// A spec with gaps of odd sizes behind its rows.
pub(crate) fn with_gaps(spec: FrameSpec, gap: usize) -> FrameSpec {
    let strides: Vec<usize> = (0..spec.format().plane_count())
        .map(|plane| spec.plane_row_bytes(plane) + gap + 2 * plane)
        .collect();
    spec.with_stride_bytes(&strides).unwrap()
}

/// A picture of noise; every byte of its gaps is `poison`.
pub(crate) fn noise_frame(spec: FrameSpec, seed: u64, poison: u8) -> Frame {
    let mut frame = Frame::new(spec);
    frame.bytes_mut().fill(poison);
    let mut noise = Noise(seed);
    let mut view = frame.view_mut();
    for plane in 0..spec.format().plane_count() {
        for y in 0..spec.plane_rows(plane) {
            view.row_mut(plane, y).fill_with(|| noise.byte());
        }
    }
    frame
}

/// What one byte of a frame is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Byte {
    /// 0 to 2: a colour; 3: alpha.
    pub(crate) channel: usize,
    /// The frame pixels that it stands for; they may reach beyond the frame's edge.
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

pub(crate) fn byte(format: PixelFormat, plane: usize, row: usize, index: usize) -> Byte {
    let at = |channel, x, y, columns, rows| Byte {
        channel,
        x,
        y,
        columns,
        rows,
    };
    match (format, plane) {
        (PixelFormat::Nv12 | PixelFormat::I420, 0) => at(0, index, row, 1, 1),
        (PixelFormat::Nv12, _) => at(1 + index % 2, index / 2 * 2, 2 * row, 2, 2),
        (PixelFormat::I420, plane) => at(plane, 2 * index, 2 * row, 2, 2),
        (PixelFormat::Yuyv, _) => match index % 4 {
            0 => at(0, index / 4 * 2, row, 1, 1),
            2 => at(0, index / 4 * 2 + 1, row, 1, 1),
            1 => at(1, index / 4 * 2, row, 2, 1),
            _ => at(2, index / 4 * 2, row, 2, 1),
        },
        (PixelFormat::Rgb8, _) => at(index % 3, index / 3, row, 1, 1),
        (PixelFormat::Bgr8, _) => at(2 - index % 3, index / 3, row, 1, 1),
        (PixelFormat::Rgba8, _) => at(index % 4, index / 4, row, 1, 1),
        (PixelFormat::Bgra8, _) => at([2, 1, 0, 3][index % 4], index / 4, row, 1, 1),
        other => panic!("{other:?} is not composited as it is"),
    }
}

/// Every byte of the picture: plane, row, index, meaning.
pub(crate) fn bytes(spec: &FrameSpec) -> impl Iterator<Item = (usize, usize, usize, Byte)> {
    let spec = *spec;
    (0..spec.format().plane_count()).flat_map(move |plane| {
        (0..spec.plane_rows(plane)).flat_map(move |row| {
            (0..spec.plane_row_bytes(plane))
                .map(move |index| (plane, row, index, byte(spec.format(), plane, row, index)))
        })
    })
}

/// The three planes of the reduced picture.
pub(crate) fn reduce(frame: &FrameView<'_>, square_px: usize) -> [Vec<u8>; 3] {
    let spec = frame.spec();
    let (columns, rows) = (
        spec.width().div_ceil(square_px),
        spec.height().div_ceil(square_px),
    );
    let mut sums = vec![[(0u64, 0u64); 3]; columns * rows];
    for (plane, row, index, byte) in bytes(spec) {
        if byte.channel == 3 || byte.x >= spec.width() {
            continue;
        }
        let right = (byte.x + byte.columns).min(spec.width()) - 1;
        let bottom = (byte.y + byte.rows).min(spec.height()) - 1;
        for y in byte.y / square_px..=bottom / square_px {
            for x in byte.x / square_px..=right / square_px {
                let (sum, count) = &mut sums[y * columns + x][byte.channel];
                *sum += u64::from(frame.row(plane, row)[index]);
                *count += 1;
            }
        }
    }
    std::array::from_fn(|channel| {
        let means = sums.iter().map(|sums| {
            let (sum, count) = sums[channel];
            ((2 * sum + count) / (2 * count)) as u8
        });
        means.collect()
    })
}

/// Bounds of a value that rounding leaves open, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds(pub(crate) u8, pub(crate) u8);

impl Bounds {
    fn around(value: f64, slack: f64) -> Self {
        let whole = |value: f64| (value + 0.5).floor().clamp(0.0, 255.0) as u8;
        Self(whole(value - slack), whole(value + slack))
    }

    fn only(value: u8) -> Self {
        Self(value, value)
    }
}

/// The alphas of all pixels, rows from the top.
pub(crate) struct Alphas {
    width: usize,
    height: usize,
    values: Vec<Bounds>,
}

impl Alphas {
    pub(crate) fn new(spec: &FrameSpec, plan: &ConcealPlan, matte: &Mask) -> Self {
        let (width, height) = (spec.width(), spec.height());
        let table = plan.ramp.table();
        let mut values = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let value = interpolate(matte, plan.square_px, x, y);
                // Fixed point has 15 bits for each weight and 8 between the two steps.
                let Bounds(least, most) = Bounds::around(value, 0.02);
                values.push(Bounds(table[usize::from(least)], table[usize::from(most)]));
            }
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// Nothing is shown.
    pub(crate) fn covered(spec: &FrameSpec) -> Self {
        Self {
            width: spec.width(),
            height: spec.height(),
            values: vec![Bounds::only(0); spec.width() * spec.height()],
        }
    }

    /// The mean of the pixels that `byte` stands for, rounded down; behind an odd frame's
    /// right edge, that of the edge.
    pub(crate) fn of(&self, byte: Byte) -> Bounds {
        let (mut least, mut most, mut count) = (0, 0, 0);
        for y in byte.y..(byte.y + byte.rows).min(self.height) {
            let x = byte.x.min(self.width - 1);
            for x in x..(x + byte.columns).min(self.width) {
                let Bounds(low, high) = self.values[y * self.width + x];
                least += u32::from(low);
                most += u32::from(high);
                count += 1;
            }
        }
        Bounds((least / count) as u8, (most / count) as u8)
    }
}

fn interpolate(matte: &Mask, square_px: usize, x: usize, y: usize) -> f64 {
    let place = |pixel: usize, count: usize| {
        let place = (pixel as f64 + 0.5) / square_px as f64 - 0.5;
        let place = place.clamp(0.0, (count - 1) as f64);
        (
            place as usize,
            (place as usize + 1).min(count - 1),
            place.fract(),
        )
    };
    let (left, right, across) = place(x, matte.width());
    let (upper, lower, down) = place(y, matte.height());
    let at = |x: usize, y: usize| f64::from(matte.values()[y * matte.width() + x]);
    let row = |y: usize| at(left, y) * (1.0 - across) + at(right, y) * across;
    row(upper) * (1.0 - down) + row(lower) * down
}

fn level(field: &Field, byte: Byte) -> Bounds {
    let plane = &field.planes[byte.channel];
    let at = |x: usize, y: usize| {
        let (x, y) = (x.min(field.width - 1), y.min(field.height - 1));
        f64::from(plane[y * field.width + x]) / 256.0
    };
    let place = |pixel: usize| {
        let share = (pixel % field.step_px) as f64 / field.step_px as f64;
        (pixel / field.step_px, share)
    };
    let ((x, across), (y, down)) = (place(byte.x), place(byte.y));
    let row = |y: usize| at(x, y) * (1.0 - across) + at(x + 1, y) * across;
    // Fixed point has 6 bits below the level and rounds down before the last step.
    Bounds::around(row(y) * (1.0 - down) + row(y + 1) * down, 0.04)
}

/// What a byte of the output may be.
pub(crate) fn painted(
    source: u8,
    alpha: Bounds,
    backdrop: Backdrop<'_>,
    place: (usize, usize, usize),
    byte: Byte,
) -> Bounds {
    let transparent = matches!(backdrop, Backdrop::Transparent(_));
    if byte.channel == 3 {
        return if transparent {
            alpha
        } else {
            Bounds::only(255)
        };
    }
    let behind = match backdrop {
        Backdrop::Field(field) | Backdrop::Transparent(field) => level(field, byte),
        Backdrop::Flat(colour) => Bounds::only(colour[byte.channel]),
        Backdrop::Picture(frame) => {
            let (plane, row, index) = place;
            Bounds::only(frame.view().row(plane, row)[index])
        }
    };
    let mut bounds = Bounds(255, 0);
    for alpha in [alpha.0, alpha.1] {
        for behind in [behind.0, behind.1] {
            let mixed = if transparent && alpha == 0 {
                0
            } else {
                let (s, b, a) = (u64::from(source), u64::from(behind), u64::from(alpha));
                ((s * a + b * (255 - a) + 127) / 255) as u8
            };
            bounds = Bounds(bounds.0.min(mixed), bounds.1.max(mixed));
        }
    }
    bounds
}

/// Says where `actual` leaves what the oracle allows.
pub(crate) fn compare(
    source: &FrameView<'_>,
    alphas: &Alphas,
    backdrop: Backdrop<'_>,
    actual: &FrameView<'_>,
) -> Result<(), String> {
    for (plane, row, index, byte) in bytes(source.spec()) {
        let given = source.row(plane, row)[index];
        let alpha = alphas.of(byte);
        let allowed = painted(given, alpha, backdrop, (plane, row, index), byte);
        let found = actual.row(plane, row)[index];
        if found < allowed.0 || found > allowed.1 {
            return Err(format!(
                "plane {plane} row {row} byte {index}: {found} is not in {allowed:?}, source \
                 {given}, alpha {alpha:?}"
            ));
        }
    }
    Ok(())
}

/// Whether the bytes between the rows all are `poison`.
pub(crate) fn gaps_are(frame: &Frame, poison: u8) -> bool {
    let mut rest = frame.clone();
    for plane in 0..rest.spec().format().plane_count() {
        for row in 0..rest.spec().plane_rows(plane) {
            rest.view_mut().row_mut(plane, row).fill(poison);
        }
    }
    rest.bytes().iter().all(|&byte| byte == poison)
}

/// The picture without its gaps.
pub(crate) fn picture(frame: &Frame) -> Vec<u8> {
    let mut packed = Frame::new(*frame.spec());
    packed.copy_from(&frame.view());
    packed.bytes().to_vec()
}

pub(crate) type MatteOf = fn(&Reduced, &mut Mask);

/// Mattes by name.
pub(crate) const MATTES: [(&str, MatteOf); 5] = [
    ("nobody", |reduced, matte| matte.begin(reduced).fill(128)),
    ("everybody", |reduced, matte| matte.begin(reduced).fill(230)),
    ("half", half),
    ("blob", blob),
    ("noise", |reduced, matte| {
        let mut noise = Noise(9);
        matte.begin(reduced).fill_with(|| noise.byte());
    }),
];

pub(crate) fn half(reduced: &Reduced, matte: &mut Mask) {
    let width = reduced.width();
    for row in matte.begin(reduced).chunks_exact_mut(width) {
        row[..width / 2].fill(255);
    }
}

fn blob(reduced: &Reduced, matte: &mut Mask) {
    let (width, height) = (reduced.width(), reduced.height());
    for (index, value) in matte.begin(reduced).iter_mut().enumerate() {
        let across = (index % width) as f64 / width as f64 - 0.5;
        let down = (index / width) as f64 / height as f64 - 0.6;
        *value = (420.0 - 900.0 * across.hypot(down)).clamp(0.0, 255.0) as u8;
    }
}

/// A field of noise with a node every `step_px`.
pub(crate) fn field(spec: &FrameSpec, step_px: usize) -> Field {
    let nodes = |pixels: usize| (pixels - 1).div_ceil(step_px) + 1;
    let (width, height) = (nodes(spec.width()), nodes(spec.height()));
    let mut noise = Noise(77);
    let mut node = || match noise.byte() {
        0..40 => 0,
        215.. => 255 * 256,
        level => u16::from(level) * 256 + u16::from(noise.byte()),
    };
    Field {
        step_px,
        width,
        height,
        planes: std::array::from_fn(|_| (0..width * height).map(|_| node()).collect()),
    }
}

/// A compositor's answer for one frame, in a frame with gaps of its own.
pub(crate) fn paint(
    compositor: &mut CpuCompositor,
    source: &Frame,
    matte_of: MatteOf,
    backdrop: Backdrop<'_>,
) -> (Frame, Mask) {
    let mut matte = Mask::new();
    let id = FrameId(7);
    matte_of(compositor.reduce(id, &source.view()).unwrap(), &mut matte);
    let spec = with_gaps(source.spec().in_format(source.spec().format()), 5);
    let mut target = Frame::new(spec);
    target.bytes_mut().fill(TARGET_POISON);
    let cover = Cover::Background {
        matte: &matte,
        backdrop,
    };
    compositor
        .paint(id, &source.view(), cover, &mut target.view_mut())
        .unwrap();
    (target, matte)
}

pub(crate) const TARGET_POISON: u8 = 0x5a;

/// Planes of bytes as a view, as cameras hand them out: the last row without its gap.
pub(crate) fn short_view(frame: &Frame) -> FrameView<'_> {
    let spec = *frame.spec();
    let mut rest = frame.bytes();
    let mut planes: Vec<&[u8]> = Vec::new();
    for plane in 0..spec.format().plane_count() {
        let (own, after) = rest.split_at(spec.stride_bytes(plane) * spec.plane_rows(plane));
        planes.push(&own[..spec.plane_bytes(plane)]);
        rest = after;
    }
    assert!(planes.len() <= MAX_PLANES);
    FrameView::new(spec, &planes, Timestamp::ZERO).unwrap()
}
