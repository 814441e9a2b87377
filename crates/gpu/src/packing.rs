use frosted_core::internal::layout::PlaneLayout;
use frosted_core::{FrameSpec, FrameView, FrameViewMut, MAX_PLANES};

use crate::params;

/// Words before the first plane: the workgroups of each pass leave their receipts there, one a
/// plane, and behind these is the sum of the tables and the matte.
pub(crate) const HEADER_WORDS: usize = MAX_PLANES + 1;

/// Bytes of a word.
pub(crate) const WORD: usize = 4;

/// Where planes and rows begin in a buffer of words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alignment {
    plane_words: usize,
    row_words: usize,
}

impl Alignment {
    /// One behind another, each from a word of its own on.
    pub(crate) const WORDS: Self = Self {
        plane_words: 1,
        row_words: 1,
    };

    /// As copies between buffers and textures want them: rows as wgpu says, planes as
    /// Direct3D 12 takes them without a detour.
    pub(crate) const TEXTURES: Self = Self {
        plane_words: 512 / WORD,
        row_words: wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as usize / WORD,
    };
}

/// How a frame lies in a buffer of words: behind the header planes one behind another, each row
/// from a word of its own on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packing {
    planes: [params::Plane; MAX_PLANES],
    count: usize,
    words: usize,
}

impl Packing {
    /// Of frames of `spec`, which has `planes`.
    pub(crate) fn new(spec: &FrameSpec, planes: &[PlaneLayout], alignment: Alignment) -> Self {
        let mut packing = Self {
            planes: Default::default(),
            count: planes.len(),
            words: HEADER_WORDS,
        };
        for (plane, layout) in planes.iter().enumerate() {
            let (row_bytes, rows) = (spec.plane_row_bytes(plane), spec.plane_rows(plane));
            let row_words = row_bytes
                .div_ceil(WORD)
                .next_multiple_of(alignment.row_words);
            packing.words = packing.words.next_multiple_of(alignment.plane_words);
            packing.planes[plane] = params::Plane {
                first_word: packing.words as u32,
                row_words: row_words as u32,
                row_bytes: row_bytes as u32,
                rows: rows as u32,
                rows_px: layout.rows_px as u32,
                unused: [0; 3],
            };
            packing.words += row_words * rows;
        }
        packing
    }

    pub(crate) fn planes(&self) -> &[params::Plane; MAX_PLANES] {
        &self.planes
    }

    /// Those that frames have.
    pub(crate) fn used_planes(&self) -> &[params::Plane] {
        &self.planes[..self.count]
    }

    /// With the header.
    pub(crate) fn bytes(&self) -> usize {
        self.words * WORD
    }

    /// Writes `frame` to `out`; what is behind the rows' ends stays as it is.
    pub(crate) fn pack(&self, frame: &FrameView<'_>, out: &mut wgpu::BufferViewMut) {
        for (plane, at) in self.planes[..self.count].iter().enumerate() {
            let (first, row, stride) = at.in_bytes();
            if row == stride && frame.spec().stride_bytes(plane) == row {
                let bytes = frame.plane(plane);
                out.slice(first..first + bytes.len()).copy_from_slice(bytes);
                continue;
            }
            for y in 0..at.rows as usize {
                let start = first + y * stride;
                out.slice(start..start + row)
                    .copy_from_slice(frame.row(plane, y));
            }
        }
    }

    /// Writes what `packed` holds to `frame`, but for its gaps.
    pub(crate) fn unpack(&self, packed: &[u8], frame: &mut FrameViewMut<'_>) {
        for (plane, at) in self.planes[..self.count].iter().enumerate() {
            let (first, row, stride) = at.in_bytes();
            for y in 0..at.rows as usize {
                let start = first + y * stride;
                frame
                    .row_mut(plane, y)
                    .copy_from_slice(&packed[start..start + row]);
            }
        }
    }
}
