//! How two frames differ, as numbers and as pictures.

use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use frosted_core::{Frame, FrameView, Rgb};

/// How far from the CPU's samples a GPU's may be, should a driver's arithmetic ever differ:
/// nearly all of them by so many levels, and none by more than that.
const NEARLY_ALL_WITHIN: u8 = 2;
const NEARLY_ALL_PER_10000: usize = 9999;
const ALL_WITHIN: u8 = 6;

/// How the samples of two frames differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    samples: usize,
    different: usize,
    /// By more than nearly all may be.
    far: usize,
    worst: u8,
    /// Bytes between the rows that differ.
    gaps: usize,
}

impl Difference {
    pub(crate) fn between(wanted: &Frame, actual: &Frame) -> Self {
        assert_eq!(wanted.spec(), actual.spec());
        let mut difference = Self::default();
        for (wanted, actual) in rows(&wanted.view()).zip(rows(&actual.view())) {
            for (wanted, actual) in wanted.iter().zip(actual) {
                let levels = wanted.abs_diff(*actual);
                difference.samples += 1;
                difference.different += usize::from(levels > 0);
                difference.far += usize::from(levels > NEARLY_ALL_WITHIN);
                difference.worst = difference.worst.max(levels);
            }
        }
        let bytes = wanted.bytes().iter().zip(actual.bytes());
        let all = bytes.filter(|(wanted, actual)| wanted != actual).count();
        difference.gaps = all - difference.different;
        difference
    }

    pub(crate) fn is_none(&self) -> bool {
        self.different == 0 && self.gaps == 0
    }

    pub(crate) fn is_tolerable(&self) -> bool {
        let near = self.samples - self.far;
        self.worst <= ALL_WITHIN
            && self.gaps == 0
            && 10_000 * near >= NEARLY_ALL_PER_10000 * self.samples
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} samples and {} bytes of gaps differ, {} by more than {NEARLY_ALL_WITHIN}, at \
             most by {}",
            self.different, self.samples, self.gaps, self.far, self.worst
        )
    }
}

fn rows<'a>(frame: &FrameView<'a>) -> impl Iterator<Item = &'a [u8]> {
    let frame = *frame;
    (0..frame.spec().format().plane_count()).flat_map(move |plane| {
        (0..frame.spec().plane_rows(plane)).map(move |y| frame.row(plane, y))
    })
}

type ColourAt<'a> = &'a dyn Fn(usize, usize) -> [u8; 3];

/// Writes what was wanted, what came, and by how much they differ (times 16), to `folder`.
pub(crate) fn write(folder: &Path, wanted: &Frame, actual: &Frame) -> [PathBuf; 3] {
    let (wanted, actual) = (wanted.view(), actual.view());
    let bytes = |rgb: Rgb| [rgb.r, rgb.g, rgb.b];
    let difference = |x, y| {
        let (a, b) = (bytes(wanted.rgb_at(x, y)), bytes(actual.rgb_at(x, y)));
        std::array::from_fn(|index| a[index].abs_diff(b[index]).saturating_mul(16))
    };
    let pictures: [(&str, ColourAt<'_>); 3] = [
        ("wanted", &|x, y| bytes(wanted.rgb_at(x, y))),
        ("actual", &|x, y| bytes(actual.rgb_at(x, y))),
        ("difference", &difference),
    ];
    let (width, height) = (wanted.spec().width(), wanted.spec().height());
    pictures.map(|(name, colour)| {
        let path = folder.join(format!("{name}.png"));
        let file = BufWriter::new(File::create(&path).unwrap());
        let mut encoder = png::Encoder::new(file, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let data: Vec<u8> = pixels.flat_map(|(x, y)| colour(x, y)).collect();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&data).unwrap();
        path
    })
}
