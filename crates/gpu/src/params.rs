use bytemuck::{Pod, Zeroable};
use frosted_core::internal::layout::{self, PlaneLayout};
use frosted_core::{FrameSpec, MAX_PLANES};

/// The colour channels of a frame.
pub(crate) const CHANNELS: usize = 3;

/// Values of [`Params::cover`].
pub(crate) const EVERYTHING: u32 = 0;
pub(crate) const MATTE: u32 = 1;
/// Values of [`Params::behind`].
pub(crate) const FIELD: u32 = 0;
pub(crate) const FLAT: u32 = 1;
pub(crate) const PICTURE: u32 = 2;
/// Values of [`Params::room`].
pub(crate) const OPAQUE_ROOM: u32 = 0;
pub(crate) const TRANSPARENT: u32 = 1;

/// `Plane` of `frame.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Plane {
    pub(crate) first_word: u32,
    pub(crate) row_words: u32,
    pub(crate) row_bytes: u32,
    pub(crate) rows: u32,
    pub(crate) rows_px: u32,
    pub(crate) unused: [u32; 3],
}

impl Plane {
    /// Where it begins, the length of a row, and from one row to the next.
    pub(crate) fn in_bytes(&self) -> (usize, usize, usize) {
        (
            4 * self.first_word as usize,
            self.row_bytes as usize,
            4 * self.row_words as usize,
        )
    }
}

/// `Channel` of `frame.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Channel {
    plane: u32,
    offset_bytes: u32,
    step_bytes: u32,
    columns_px: u32,
    values: u32,
    unused: [u32; 3],
}

impl Channel {
    pub(crate) fn new(planes: &[PlaneLayout], channel: usize, spec: &FrameSpec) -> Self {
        let at = layout::channel(planes, channel);
        Self {
            plane: at.plane as u32,
            offset_bytes: at.offset as u32,
            step_bytes: at.step_bytes as u32,
            columns_px: at.columns_px as u32,
            values: spec.width().div_ceil(at.columns_px) as u32,
            unused: [0; 3],
        }
    }
}

/// `Params` of `frame.wgsl`, where the fields are explained.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(crate) struct Params {
    pub(crate) planes: [Plane; MAX_PLANES],
    pub(crate) channels: [Channel; CHANNELS],
    pub(crate) plane_count: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) square_px: u32,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) reduced_words: u32,
    pub(crate) matte_word: u32,
    pub(crate) cover: u32,
    pub(crate) behind: u32,
    pub(crate) room: u32,
    pub(crate) step_bits: u32,
    pub(crate) nodes_across: u32,
    pub(crate) nodes_down: u32,
    pub(crate) colour: u32,
    pub(crate) receipt: u32,
    pub(crate) sum: u32,
    pub(crate) unused: [u32; 3],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_struct_is_as_long_as_the_shaders_which_is_a_multiple_of_16() {
        assert_eq!(size_of::<Params>(), 3 * 32 + 3 * 32 + 20 * 4);
        assert_eq!(size_of::<Params>() % 16, 0);
    }
}
