//! A folder of true mattes: one 8-bit grey picture a frame, numbered.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::own_mattes;
use crate::media::MediaError;

/// One matte.
#[derive(Clone, Debug)]
pub(super) struct Matte {
    /// A byte a pixel, 0 = room, 255 = person.
    pub(super) alpha: Vec<u8>,
    /// The file says that this program's `frosted matte` wrote it.
    pub(super) marked: bool,
}

/// The mattes of a clip by the number of their frame.
#[derive(Debug)]
pub(super) struct Mattes {
    files: Vec<PathBuf>,
}

impl Mattes {
    /// Lists a folder of PNGs whose names are their numbers, `0.png` or `00000.png`, with as many digits as
    /// one likes, from any number on; other files may lie beside them.
    ///
    /// # Errors
    /// [`MediaError`] if it cannot be read, has no such file, or a number is missing.
    pub(super) fn open(folder: &Path) -> Result<Self, MediaError> {
        let entries =
            fs::read_dir(folder).map_err(|error| MediaError::opening_folder(folder, &error))?;
        let mut numbered = Vec::new();
        for entry in entries {
            let path = entry
                .map_err(|error| MediaError::opening(folder, &error))?
                .path();
            numbered.extend(number_of(&path).map(|number| (number, path)));
        }
        numbered.sort();
        let name = folder.display().to_string();
        let Some(&(first, _)) = numbered.first() else {
            return Err(
                MediaError::unsupported(
                    "has no PNG in it whose name is a number, such as 00000.png: give the folder of the mattes",
                )
                .of(&name),
            );
        };
        for (wanted, (number, path)) in (first..).zip(&numbered) {
            if *number != wanted {
                let digits = path.file_stem().map_or(0, |stem| stem.len());
                return Err(MediaError::damaged(format!(
                    "{wanted:0digits$}.png was expected, the next one is {}: a matte belongs to its frame, \
                     each needs one and its own number",
                    path.file_name().unwrap_or_default().display()
                ))
                .of(&name));
            }
        }
        Ok(Self {
            files: numbered.into_iter().map(|(_, path)| path).collect(),
        })
    }

    pub(super) fn len(&self) -> u64 {
        self.files.len() as u64
    }

    /// The matte of the frame `number`, counted from 0.
    ///
    /// # Errors
    /// [`MediaError`] if it cannot be read, is not grey or not of this size.
    pub(super) fn read(
        &self,
        number: usize,
        (width, height): (usize, usize),
    ) -> Result<Matte, MediaError> {
        let path = &self.files[number];
        let file = fs::File::open(path).map_err(|error| MediaError::opening(path, &error))?;
        decode(BufReader::new(file), (width, height))
            .map_err(|error| error.of(&path.display().to_string()))
    }
}

fn number_of(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let is_png = path.extension()?.eq_ignore_ascii_case("png");
    let is_number = is_png && stem.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| stem.parse().ok()).flatten()
}

fn decode(
    file: impl std::io::BufRead + std::io::Seek,
    (width, height): (usize, usize),
) -> Result<Matte, MediaError> {
    let wrong = |error: png::DecodingError| {
        MediaError::damaged(format!("the PNG picture is damaged or cut off ({error})"))
    };
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(wrong)?;
    let size = reader.info().size();
    if (size.0 as usize, size.1 as usize) != (width, height) {
        return Err(MediaError::unsupported(format!(
            "is {}x{}, the clip is {width}x{height}: a matte has the size of its frame",
            size.0, size.1
        )));
    }
    if reader.output_color_type().0 != png::ColorType::Grayscale {
        return Err(MediaError::unsupported(
            "is not grey: mattes are grey pictures, 0 = room, 255 = person",
        ));
    }
    let mut alpha = vec![0; width * height];
    reader.next_frame(&mut alpha).map_err(wrong)?;
    let mut texts = reader.info().uncompressed_latin1_text.iter();
    let marked =
        texts.any(|text| text.keyword == own_mattes::KEYWORD && own_mattes::is_mark(&text.text));
    Ok(Matte { alpha, marked })
}
