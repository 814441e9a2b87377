use frosted_core::{FrameSpec, FrameViewMut, MAX_PLANES};

use frosted_core::internal::layout::PlaneLayout;

/// Rows of a frame that one thread paints.
pub(crate) struct Band<'a> {
    /// The frame row that the band begins with, an even number.
    pub(crate) first_row: usize,
    /// The frame row behind the band's last.
    pub(crate) end_row: usize,
    /// The band's part of each plane.
    planes: [&'a mut [u8]; MAX_PLANES],
    spec: FrameSpec,
}

impl Band<'_> {
    /// Row `row` of the frame's plane `plane`, which the band must hold.
    pub(crate) fn row_mut(&mut self, plane: usize, layout: &PlaneLayout, row: usize) -> &mut [u8] {
        let above = row - layout.rows_before(self.first_row);
        let start = above * self.spec.stride_bytes(plane);
        &mut self.planes[plane][start..start + self.spec.plane_row_bytes(plane)]
    }
}

/// Cuts a frame in bands of rows.
pub(crate) struct Bands<'a> {
    planes: &'static [PlaneLayout],
    spec: FrameSpec,
    rows: usize,
    next_row: usize,
    rest: [&'a mut [u8]; MAX_PLANES],
}

impl<'a> Bands<'a> {
    /// Up to `count` bands of `target`, whose format has these planes.
    pub(crate) fn of(
        target: &'a mut FrameViewMut<'_>,
        planes: &'static [PlaneLayout],
        count: usize,
    ) -> Self {
        let spec = *target.spec();
        Self {
            planes,
            spec,
            // Even, so that no chroma row belongs to two bands.
            rows: spec.height().div_ceil(count).next_multiple_of(2),
            next_row: 0,
            rest: target.planes_mut(),
        }
    }
}

impl<'a> Iterator for Bands<'a> {
    type Item = Band<'a>;

    fn next(&mut self) -> Option<Band<'a>> {
        let first_row = self.next_row;
        if first_row >= self.spec.height() {
            return None;
        }
        self.next_row = (first_row + self.rows).min(self.spec.height());
        let mut planes: [&'a mut [u8]; MAX_PLANES] = Default::default();
        for (plane, layout) in self.planes.iter().enumerate() {
            let rows = layout.rows_before(self.next_row) - layout.rows_before(first_row);
            let rest = std::mem::take(&mut self.rest[plane]);
            // The frame's last row has no gap behind it.
            let bytes = (rows * self.spec.stride_bytes(plane)).min(rest.len());
            (planes[plane], self.rest[plane]) = rest.split_at_mut(bytes);
        }
        Some(Band {
            first_row,
            end_row: self.next_row,
            planes,
            spec: self.spec,
        })
    }
}
