use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Value;

use super::Keys;
use crate::error::LoadError;
use crate::spec::AnchorGrid;

const STRIDES: RangeInclusive<i64> = 2..=256;
const PER_CELL: RangeInclusive<i64> = 1..=16;
const GRIDS: RangeInclusive<usize> = 1..=8;

impl Keys {
    pub(super) fn grids(
        &mut self,
        (width, height): (usize, usize),
    ) -> Result<Vec<AnchorGrid>, LoadError> {
        let allowed = format!(
            "a list of {} to {} divisors of width {width} and height {height} from {} to {}",
            GRIDS.start(),
            GRIDS.end(),
            STRIDES.start(),
            STRIDES.end()
        );
        let divides = |&side: &usize| width.is_multiple_of(side) && height.is_multiple_of(side);
        let strides = self.integers("strides", STRIDES, &allowed, |list| {
            GRIDS.contains(&list.len()) && list.iter().all(divides)
        })?;
        let allowed = format!(
            "as many whole numbers from {} to {} as there are strides, {}",
            PER_CELL.start(),
            PER_CELL.end(),
            strides.len()
        );
        let anchors = self.integers("anchors", PER_CELL, &allowed, |list| {
            list.len() == strides.len()
        })?;
        let grid = |(stride_px, per_cell)| AnchorGrid {
            stride_px,
            per_cell,
        };
        Ok(strides.into_iter().zip(anchors).map(grid).collect())
    }

    fn integers(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        allowed: &dyn Display,
        fits: impl Fn(&[usize]) -> bool,
    ) -> Result<Vec<usize>, LoadError> {
        let value = self.need(key, allowed)?;
        let integer = |value: &Value| {
            let number = value.as_integer().filter(|number| range.contains(number))?;
            usize::try_from(number).ok()
        };
        let list: Option<Vec<usize>> = value
            .as_array()
            .and_then(|list| list.iter().map(integer).collect());
        list.filter(|list| fits(list))
            .ok_or_else(|| self.wrong(key, &value, allowed))
    }
}
