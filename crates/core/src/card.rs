use std::fmt;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use crate::background::Rgb;
use crate::format::PixelFormat;
use crate::rotation::Rotation;
use crate::spec::FrameSpec;
use crate::view::FrameViewMut;

/// DejaVu Sans, Latin, Greek and Cyrillic only (assets/README.md).
static FONT: &[u8] = include_bytes!("../assets/dejavu-sans-subset.ttf");

/// The card's own colour.
const PAPER: Rgb = Rgb::new(0x1C, 0x25, 0x30);
/// The text's colour; against the paper its contrast is above 7:1 (WCAG 2.2, 1.4.6).
const INK: Rgb = Rgb::new(0xF2, 0xF5, 0xF7);

/// Below this size a letter is a smudge; a card without room for it stays blank.
const MIN_LETTER_PX: f32 = 7.0;
/// The second line's size as a share of the first one's.
const REASON_SHARE: f32 = 0.62;

/// Paints the privacy card: plain paper with up to two paragraphs of text, upright for
/// whoever looks at it, in the frame's own format.
///
/// It needs no network and no compositor, so that it can stand in for both. Text is set
/// from left to right without shaping: Latin, Greek and Cyrillic; other letters become
/// boxes. The letters are rasterised when text or size change and kept.
///
/// ```
/// use frosted_core::{CardPainter, Frame, FrameSpec, PixelFormat};
///
/// let mut frame = Frame::new(FrameSpec::new(PixelFormat::Rgb8, 320, 180)?);
/// CardPainter::new().paint("Camera covered", "starting", &mut frame.view_mut());
/// let brightest = frame.bytes().iter().max();
/// assert!(brightest > Some(&200), "the text is there");
/// # Ok::<(), frosted_core::FrameError>(())
/// ```
pub struct CardPainter {
    font: Option<FontRef<'static>>,
    drawn: Option<Drawn>,
}

/// The letters of one card: how much ink lies on each pixel of the stored picture.
struct Drawn {
    title: String,
    reason: String,
    spec: FrameSpec,
    /// 0 = paper, 255 = ink; `spec.width() * spec.height()` values.
    ink: Vec<u8>,
}

impl CardPainter {
    /// A painter that has drawn nothing yet.
    pub fn new() -> Self {
        Self {
            font: FontRef::try_from_slice(FONT).ok(),
            drawn: None,
        }
    }

    /// Paints a card that says `title` and, smaller below it, `reason`; either may be empty.
    pub fn paint(&mut self, title: &str, reason: &str, target: &mut FrameViewMut<'_>) {
        target.fill(PAPER);
        let spec = *target.spec();
        let known = self.drawn.as_ref().is_some_and(|drawn| {
            drawn.title == title && drawn.reason == reason && drawn.spec.same_picture(&spec)
        });
        if !known {
            self.drawn = self.font.as_ref().map(|font| Drawn {
                title: title.to_owned(),
                reason: reason.to_owned(),
                spec,
                ink: draw(font, title, reason, &spec),
            });
        }
        if let Some(drawn) = &self.drawn {
            lay_on(&drawn.ink, target);
        }
    }
}

impl Default for CardPainter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CardPainter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardPainter").finish_non_exhaustive()
    }
}

/// A line of text with the size of its letters.
struct Line<'t> {
    text: &'t str,
    letter_px: f32,
}

fn draw(font: &FontRef<'_>, title: &str, reason: &str, spec: &FrameSpec) -> Vec<u8> {
    let stored = (spec.width(), spec.height());
    let (width, height) = spec.rotation().upright(stored);
    let mut ink = vec![0; stored.0 * stored.1];
    let Some(lines) = set(font, title, reason, width as f32, height as f32) else {
        return ink;
    };
    let leading = 1.35;
    let block: f32 = lines.iter().map(|line| line.letter_px * leading).sum();
    let mut top = (height as f32 - block) / 2.0;
    for line in &lines {
        let scale = PxScale::from(line.letter_px);
        let scaled = font.as_scaled(scale);
        let mut x = (width as f32 - text_width(font, line.text, line.letter_px)) / 2.0;
        let baseline = top + scaled.ascent();
        for letter in line.text.chars() {
            let id = scaled.glyph_id(letter);
            let glyph = id.with_scale_and_position(scale, point(x, baseline));
            x += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else {
                continue;
            };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, coverage| {
                let upright = (
                    bounds.min.x + dx as f32 + 0.5,
                    bounds.min.y + dy as f32 + 0.5,
                );
                if let Some(at) = stored_index(spec.rotation(), stored, upright) {
                    ink[at] = ink[at].max((coverage * 255.0).round() as u8);
                }
            });
        }
        top += line.letter_px * leading;
    }
    ink
}

/// Where the pixel whose centre is `upright` lies in the stored picture.
fn stored_index(rotation: Rotation, stored: (usize, usize), upright: (f32, f32)) -> Option<usize> {
    let (width, height) = stored;
    let (x, y) = rotation.stored_point((width as f32, height as f32), upright.0, upright.1);
    let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
    inside.then(|| y as usize * width + x as usize)
}

/// Breaks the text into lines of the largest letters that fit; `None` if none do.
fn set<'t>(
    font: &FontRef<'_>,
    title: &'t str,
    reason: &'t str,
    width: f32,
    height: f32,
) -> Option<Vec<Line<'t>>> {
    let (room_x, room_y) = (width * 0.88, height * 0.8);
    let mut letter_px = (height / 9.0).min(width / 9.0);
    while letter_px >= MIN_LETTER_PX {
        let mut lines = Vec::new();
        let fits = wrap(font, title, letter_px, room_x, &mut lines)
            && wrap(font, reason, letter_px * REASON_SHARE, room_x, &mut lines);
        if fits && lines.iter().map(|line| line.letter_px * 1.35).sum::<f32>() <= room_y {
            return Some(lines);
        }
        letter_px *= 0.9;
    }
    None
}

/// Adds `text` to `lines`, broken at spaces; `false` if a word is wider than the room.
fn wrap<'t>(
    font: &FontRef<'_>,
    text: &'t str,
    letter_px: f32,
    room: f32,
    lines: &mut Vec<Line<'t>>,
) -> bool {
    for paragraph in text.lines() {
        let mut rest = paragraph.trim();
        while !rest.is_empty() {
            let ends = rest
                .match_indices(' ')
                .map(|(at, _)| at)
                .chain([rest.len()]);
            let fitting = ends.take_while(|&end| text_width(font, &rest[..end], letter_px) <= room);
            let Some(end) = fitting.last() else {
                return false;
            };
            lines.push(Line {
                text: &rest[..end],
                letter_px,
            });
            rest = rest[end..].trim_start();
        }
    }
    true
}

fn text_width(font: &FontRef<'_>, text: &str, letter_px: f32) -> f32 {
    let scaled = font.as_scaled(PxScale::from(letter_px));
    text.chars()
        .map(|letter| scaled.h_advance(scaled.glyph_id(letter)))
        .sum()
}

fn lay_on(ink: &[u8], target: &mut FrameViewMut<'_>) {
    let spec = *target.spec();
    let (width, height) = (spec.width(), spec.height());
    let colour = spec.colour();
    let (paper, pen) = if spec.format().is_yuv() {
        (colour.yuv_of(PAPER), colour.yuv_of(INK))
    } else {
        ([PAPER.r, PAPER.g, PAPER.b], [INK.r, INK.g, INK.b])
    };
    let mix = |channel: usize, ink: u8| {
        let (p, i) = (u32::from(paper[channel]), u32::from(pen[channel]));
        ((p * (255 - u32::from(ink)) + i * u32::from(ink) + 127) / 255) as u8
    };
    // The most ink of the block that one chroma sample stands for.
    let block = |x: usize, y: usize, rows: usize| {
        let mut most = 0;
        for y in y..(y + rows).min(height) {
            for x in x..(x + 2).min(width) {
                most = most.max(ink[y * width + x]);
            }
        }
        most
    };
    for y in 0..height {
        let inked = &ink[y * width..(y + 1) * width];
        if inked.iter().all(|&ink| ink == 0) {
            continue;
        }
        match spec.format() {
            PixelFormat::Rgb8 | PixelFormat::Bgr8 | PixelFormat::Rgba8 | PixelFormat::Bgra8 => {
                let bytes = if spec.format().has_alpha() { 4 } else { 3 };
                let blue_first = matches!(spec.format(), PixelFormat::Bgr8 | PixelFormat::Bgra8);
                for (slot, &ink) in target.row_mut(0, y).chunks_exact_mut(bytes).zip(inked) {
                    for (at, sample) in slot[..3].iter_mut().enumerate() {
                        *sample = mix(if blue_first { 2 - at } else { at }, ink);
                    }
                }
            }
            PixelFormat::Yuyv | PixelFormat::Uyvy => {
                let luma_at = usize::from(spec.format() == PixelFormat::Uyvy);
                for (pair, slot) in target.row_mut(0, y).chunks_exact_mut(4).enumerate() {
                    let x = 2 * pair;
                    slot[luma_at] = mix(0, inked[x]);
                    slot[luma_at + 2] = mix(0, inked.get(x + 1).copied().unwrap_or(inked[x]));
                    slot[1 - luma_at] = mix(1, block(x, y, 1));
                    slot[3 - luma_at] = mix(2, block(x, y, 1));
                }
            }
            PixelFormat::Nv12 | PixelFormat::Nv21 | PixelFormat::I420 | PixelFormat::I422 => {
                for (slot, &ink) in target.row_mut(0, y).iter_mut().zip(inked) {
                    *slot = mix(0, ink);
                }
                lay_on_chroma(target, y, &mix, &block);
            }
        }
    }
}

fn lay_on_chroma(
    target: &mut FrameViewMut<'_>,
    y: usize,
    mix: &impl Fn(usize, u8) -> u8,
    block: &impl Fn(usize, usize, usize) -> u8,
) {
    let format = target.spec().format();
    let rows = if format == PixelFormat::I422 { 1 } else { 2 };
    // A block of two rows is written with whichever of its rows has ink; twice is harmless.
    let (chroma_y, y) = (y / rows, y / rows * rows);
    match format {
        PixelFormat::Nv12 | PixelFormat::Nv21 => {
            let cb_at = usize::from(format == PixelFormat::Nv21);
            for (x, slot) in target.row_mut(1, chroma_y).chunks_exact_mut(2).enumerate() {
                slot[cb_at] = mix(1, block(2 * x, y, rows));
                slot[1 - cb_at] = mix(2, block(2 * x, y, rows));
            }
        }
        _ => {
            for plane in [1, 2] {
                for (x, slot) in target.row_mut(plane, chroma_y).iter_mut().enumerate() {
                    *slot = mix(plane, block(2 * x, y, rows));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;

    /// WCAG 2.2, "contrast ratio" and "relative luminance".
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let luminance = |c: Rgb| {
            let [r, g, b] = [c.r, c.g, c.b].map(|v| {
                let v = f64::from(v) / 255.0;
                if v <= 0.04045 {
                    v / 12.92
                } else {
                    ((v + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        let (a, b) = (luminance(a), luminance(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn text_stands_out_from_the_paper() {
        assert!(contrast(INK, PAPER) >= 7.0);
        assert!(
            contrast(Rgb::new(0x77, 0x77, 0x77), PAPER) < 7.0,
            "the formula can say no"
        );
    }

    fn card(spec: FrameSpec, title: &str) -> Frame {
        let mut frame = Frame::new(spec);
        CardPainter::new().paint(title, "because", &mut frame.view_mut());
        frame
    }

    #[test]
    fn every_format_and_rotation_gets_a_card_with_text_at_the_same_place() {
        let rgb = card(
            FrameSpec::new(PixelFormat::Rgb8, 321, 181).unwrap(),
            "Covered",
        );
        let most = |row: &[u8]| row.iter().copied().max().unwrap_or(0);
        for format in PixelFormat::ALL {
            let frame = card(FrameSpec::new(format, 321, 181).unwrap(), "Covered");
            for y in 0..181 {
                let luma: Vec<u8> = match format {
                    PixelFormat::Yuyv => {
                        frame.view().row(0, y).iter().step_by(2).copied().collect()
                    }
                    PixelFormat::Uyvy => frame
                        .view()
                        .row(0, y)
                        .iter()
                        .skip(1)
                        .step_by(2)
                        .copied()
                        .collect(),
                    PixelFormat::Rgba8 | PixelFormat::Bgra8 => {
                        frame.view().row(0, y).chunks(4).map(|p| p[1]).collect()
                    }
                    _ => frame.view().row(0, y).to_vec(),
                };
                match most(rgb.view().row(0, y)) {
                    0..=48 => assert!(most(&luma) <= 56, "{format} row {y} is bare"),
                    49..=180 => {}
                    181.. => assert!(most(&luma) > 150, "{format} row {y} has text"),
                }
            }
        }
        let upright = card(
            FrameSpec::new(PixelFormat::I420, 320, 180).unwrap(),
            "Covered",
        );
        let turned = FrameSpec::new(PixelFormat::I420, 180, 320).unwrap();
        let turned = card(turned.with_rotation(Rotation::Clockwise90), "Covered");
        for y in 0..180 {
            for x in 0..320 {
                let stored = turned.view().row(0, 319 - x)[y];
                assert_eq!(upright.view().row(0, y)[x], stored, "{x},{y}");
            }
        }
    }

    #[test]
    fn long_and_foreign_texts_and_tiny_frames_do_no_harm() {
        let texts = [
            "",
            "Kamera verdeckt: einen Augenblick bitte, gleich geht es weiter",
            "Камера",
            "相机",
            "x\n\ny",
        ];
        for text in texts {
            for (width, height) in [(16, 16), (17, 400), (1280, 720)] {
                let _ = card(
                    FrameSpec::new(PixelFormat::Nv12, width, height).unwrap(),
                    text,
                );
            }
        }
        let unbreakable = "w".repeat(10_000);
        let blank = card(
            FrameSpec::new(PixelFormat::Rgb8, 64, 64).unwrap(),
            &unbreakable,
        );
        assert!(
            blank
                .bytes()
                .chunks(3)
                .all(|p| p == [PAPER.r, PAPER.g, PAPER.b])
        );
    }
}
