//! A room full of marks with a person in it, and the check that a frame shows the person and none of the marks.
//!
//! The marks are fine checkers of two colours that nothing else here has, and letters. A covered room keeps the mean
//! of each cell only, which is grey; so one pair of pixels in a mark's colour is the room, and so is a fine structure
//! that follows the room's, however faint.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};

/// How many different frames a room has; they are shown forwards and backwards, so that the person moves as people do.
const FRAMES: usize = 25;

/// Both chroma samples of a mark lie on the same side of grey, this far from it: magenta or green.
const MARK_CHROMA: i32 = 40;

/// The most that the fine structure of a covered room may follow the room's.
const MAX_TRACE: f64 = 0.1;

/// The least that the fine structure of a person who is shown follows the person's. A blurred person has none.
const MIN_PERSON: f64 = 0.8;

/// A part of a frame: left, top, right, bottom, as shares of its size.
type Part = [f64; 4];

/// Skin alone: along the border the structure is that of the room behind as well.
const FACE: Part = [0.46, 0.3, 0.6, 0.75];
const MARKS: [Part; 3] = [
    [0.0, 0.0, 0.18, 0.24],
    [0.82, 0.0, 1.0, 0.24],
    [0.72, 0.35, 0.92, 0.39],
];

/// The room at one size.
pub(crate) struct Room {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// YUYV, 4:2:2.
    raw: Vec<Vec<u8>>,
    jpeg: Vec<Vec<u8>>,
    marks: Vec<i16>,
    faces: Vec<Vec<i16>>,
}

/// Rooms by width and height.
type Rooms = HashMap<(usize, usize), Arc<Room>>;

/// What is seen on a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Pairs of pixels in a mark's colour.
    marks: usize,
    /// Correlation of the fine structure with the marks', -1 to 1.
    trace: f64,
    /// Correlation of the fine structure with the person's, -1 to 1.
    person: f64,
    /// Share of the picture that is of the card's paper.
    paper: f64,
    /// Mean luma of the person's face, 0 to 255.
    pub(crate) luma: f64,
}

impl Look {
    /// Whether something of the room is there.
    pub(crate) fn room(&self) -> bool {
        self.marks > 0 || self.trace.abs() > MAX_TRACE
    }

    /// Whether the person is there, as they are.
    pub(crate) fn person(&self) -> bool {
        self.person > MIN_PERSON
    }

    /// Whether it is the card: paper and a little ink.
    pub(crate) fn card(&self) -> bool {
        self.paper > 0.8 && !self.person()
    }
}

impl Room {
    /// The room at a size; it is made once.
    pub(crate) fn new(width: usize, height: usize) -> Arc<Self> {
        static MADE: LazyLock<Mutex<Rooms>> = LazyLock::new(Mutex::default);
        let mut made = MADE
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let room = made
            .entry((width, height))
            .or_insert_with(|| Arc::new(Self::make(width, height)));
        Arc::clone(room)
    }

    /// Frame `number` of an endless stream.
    pub(crate) fn raw(&self, number: usize) -> &[u8] {
        &self.raw[to_and_fro(number)]
    }

    /// The same as JPEG.
    pub(crate) fn jpeg(&self, number: usize) -> &[u8] {
        &self.jpeg[to_and_fro(number)]
    }

    /// Bytes of a YUYV frame.
    pub(crate) fn bytes(&self) -> usize {
        2 * self.width * self.height
    }

    /// Looks at a YUYV frame of the room's size.
    pub(crate) fn look(&self, frame: &[u8]) -> Look {
        assert_eq!(frame.len(), self.bytes(), "a frame of another size");
        let marked = |pair: &&[u8]| {
            let (u, v) = (i32::from(pair[1]) - 128, i32::from(pair[3]) - 128);
            u.signum() == v.signum() && u.abs() > MARK_CHROMA && v.abs() > MARK_CHROMA
        };
        let luma = frame.iter().step_by(2);
        let paper = luma.filter(|&&luma| luma.abs_diff(PAPER_LUMA) <= 4);
        let pixels = (self.width * self.height) as f64;
        let face = self.structure(frame, &[FACE]);
        Look {
            marks: frame.chunks_exact(4).filter(marked).count(),
            trace: correlation(&self.structure(frame, &MARKS), &self.marks),
            person: self
                .faces
                .iter()
                .map(|known| correlation(&face, known))
                .fold(-1.0, f64::max),
            paper: paper.count() as f64 / pixels,
            luma: self.face_luma(frame),
        }
    }

    fn face_luma(&self, frame: &[u8]) -> f64 {
        let [left, _, right, _] = FACE.map(|share| (share * self.width as f64) as usize);
        let [_, top, _, bottom] = FACE.map(|share| (share * self.height as f64) as usize);
        let rows = (top..bottom)
            .map(|row| &frame[2 * (row * self.width + left)..2 * (row * self.width + right)]);
        let sum: usize = rows
            .flat_map(|row| row.iter().step_by(2))
            .map(|&luma| usize::from(luma))
            .sum();
        sum as f64 / ((right - left) * (bottom - top)) as f64
    }

    fn make(width: usize, height: usize) -> Self {
        let raw = paint(width, height, &["-pix_fmt", "yuyv422", "-f", "rawvideo"]);
        let raw: Vec<_> = raw
            .chunks_exact(2 * width * height)
            .map(<[u8]>::to_vec)
            .collect();
        let jpeg = split(&paint(
            width,
            height,
            &["-pix_fmt", "yuvj422p", "-q:v", "3", "-f", "mjpeg"],
        ));
        assert_eq!(
            (raw.len(), jpeg.len()),
            (FRAMES, FRAMES),
            "ffmpeg gave other frames"
        );
        let mut room = Self {
            width,
            height,
            raw,
            jpeg,
            marks: Vec::new(),
            faces: Vec::new(),
        };
        room.marks = room.structure(&room.raw[0], &MARKS);
        room.faces = room
            .raw
            .iter()
            .map(|frame| room.structure(frame, &[FACE]))
            .collect();
        room
    }

    /// Differences of luma between pixels that are half a checker apart: blur leaves next to nothing of them.
    fn structure(&self, frame: &[u8], parts: &[Part]) -> Vec<i16> {
        let step = checker(self.width) / 2;
        let mut differences = Vec::new();
        for part in parts {
            let x = |share: f64| (share * self.width as f64) as usize;
            let y = |share: f64| (share * self.height as f64) as usize;
            for row in (y(part[1])..y(part[3])).step_by(2) {
                for column in (x(part[0])..x(part[2]) - step).step_by(2) {
                    let at = |column: usize| i16::from(frame[2 * (row * self.width + column)]);
                    differences.push(at(column + step) - at(column));
                }
            }
        }
        differences
    }
}

/// The luma of #1C2530 by BT.601, limited range.
const PAPER_LUMA: u8 = 46;

fn to_and_fro(number: usize) -> usize {
    let place = number % (2 * FRAMES - 2);
    place.min(2 * FRAMES - 2 - place)
}

/// Pixels along the side of a field; chroma is subsampled, so it is even.
fn checker(width: usize) -> usize {
    (width / 160).next_multiple_of(2).max(4)
}

/// The bundled clip with the marks painted into it.
fn paint(width: usize, height: usize, output: &[&str]) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let font = root.join("crates/core/assets/dejavu-sans-subset.ttf");
    let field = format!("mod(floor(X/{0})+floor(Y/{0}),2)", checker(width));
    let (mark_width, mark_height) = (width * 3 / 16 / 2 * 2, height / 4 / 2 * 2);
    let mark = format!(
        "nullsrc=s={mark_width}x{mark_height}:d=0.04,format=yuv444p,\
         geq=lum='if({field},90,150)':cb='if({field},220,36)':cr='if({field},220,36)'"
    );
    let graph = format!(
        "[0]scale={width}:-2,crop={width}:{height}[clip];[1]split[left][right];\
         [clip][left]overlay=0:0:format=yuv444[half];[half][right]overlay=W-w:0:format=yuv444,\
         drawtext=fontfile={}:text='PATIENT 4711':fontsize=H/20:x=W*0.72:y=H*0.35:\
         fontcolor=black:box=1:boxcolor=white",
        font.display()
    );
    let mut ffmpeg = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-nostdin",
            "-f",
            "mjpeg",
            "-framerate",
            "25",
            "-i",
        ])
        .arg(root.join("examples/data/webcam.mjpeg"))
        .args(["-f", "lavfi", "-i", &mark, "-filter_complex", &graph])
        .args(["-frames:v", &FRAMES.to_string()])
        .args(output)
        .arg("-")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bytes = Vec::new();
    ffmpeg
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    assert!(ffmpeg.wait().unwrap().success(), "ffmpeg painted no room");
    bytes
}

/// The pictures of a Motion JPEG stream; in one of ffmpeg's, no picture holds another start marker.
fn split(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut starts: Vec<_> = (0..stream.len().saturating_sub(2))
        .filter(|&at| stream[at..at + 3] == [0xFF, 0xD8, 0xFF])
        .collect();
    starts.push(stream.len());
    starts
        .windows(2)
        .map(|pair| stream[pair[0]..pair[1]].to_vec())
        .collect()
}

/// Pearson's; 0 where one side does not vary.
pub(crate) fn correlation(a: &[i16], b: &[i16]) -> f64 {
    assert_eq!(a.len(), b.len());
    let n = a.len() as f64;
    let mut sums = [0_i64; 5];
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (i64::from(*a), i64::from(*b));
        for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
            *sum += value;
        }
    }
    let [a, b, aa, bb, ab] = sums.map(|sum| sum as f64);
    let spread = (n * aa - a * a) * (n * bb - b * b);
    if spread <= 0.0 {
        0.0
    } else {
        (n * ab - a * b) / spread.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::Guest;

    /// What a reader of the room itself would get is found, so that a test that finds nothing has looked.
    #[test]
    fn the_check_finds_the_room_and_the_person() {
        let Some(_guest) = Guest::enter("the check finds the room and the person") else {
            return;
        };
        for (width, height) in [(640, 360), (1280, 720)] {
            let room = Room::new(width, height);
            let look = room.look(room.raw(7));
            assert!(look.room() && look.person() && !look.card(), "{look:?}");
            let blurred = room.look(&box_blur(&room, room.raw(7)));
            assert!(!blurred.room() && !blurred.person(), "{width}: {blurred:?}");

            // One field of a mark.
            let mut one = box_blur(&room, room.raw(7));
            let row = 2 * width * (height / 8);
            let four = 4 * (width / 16);
            one[row + four..row + four + 8]
                .copy_from_slice(&room.raw(7)[row + four..row + four + 8]);
            assert!(room.look(&one).room(), "{width}: {:?}", room.look(&one));

            // A tenth of the room mixed in.
            let faint: Vec<u8> = box_blur(&room, room.raw(7))
                .iter()
                .zip(room.raw(7))
                .map(|(blurred, raw)| ((9 * u32::from(*blurred) + u32::from(*raw)) / 10) as u8)
                .collect();
            assert!(room.look(&faint).room(), "{width}: {:?}", room.look(&faint));

            let card: Vec<u8> = [PAPER_LUMA, 132].repeat(width * height);
            let card = room.look(&card);
            assert!(card.card() && !card.room() && !card.person(), "{card:?}");
        }
    }

    /// Every 1/16 of the height becomes its mean.
    fn box_blur(room: &Room, frame: &[u8]) -> Vec<u8> {
        let mut blurred = frame.to_vec();
        let (rows, bytes) = (room.height / 15, 2 * room.width);
        let columns = 4 * (rows / 2);
        for top in (0..room.height).step_by(rows) {
            for left in (0..bytes).step_by(columns) {
                for sample in 0..4 {
                    let places: Vec<_> = (top..(top + rows).min(room.height))
                        .flat_map(|row| {
                            (left..(left + columns).min(bytes))
                                .step_by(4)
                                .map(move |at| row * bytes + at + sample)
                        })
                        .collect();
                    let sum: usize = places.iter().map(|&at| usize::from(frame[at])).sum();
                    let mean = (sum / places.len()) as u8;
                    places.iter().for_each(|&at| blurred[at] = mean);
                }
            }
        }
        blurred
    }
}
