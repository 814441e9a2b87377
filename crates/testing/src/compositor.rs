use std::sync::{Arc, Mutex, PoisonError};

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId};
use frosted_core::{
    ComposeError, ComposeErrorKind, CompositorInfo, FrameSpec, FrameView, FrameViewMut, Reduced,
};

/// A fault to plant in a compositor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `configure` fails.
    ConfigureError,
    /// `configure` panics.
    ConfigurePanic,
    /// `reduce` fails.
    ReduceError,
    /// `reduce` panics.
    ReducePanic,
    /// `paint` fails after it wrote the whole room to the output.
    PaintError,
    /// `paint` panics after it wrote the whole room to the output.
    PaintPanic,
    /// `paint` gives one bit otherwise, and no error.
    PaintOneBit,
}

impl Fault {
    /// Every fault that shows itself.
    pub const ALL: [Self; 6] = [
        Self::ConfigureError,
        Self::ConfigurePanic,
        Self::ReduceError,
        Self::ReducePanic,
        Self::PaintError,
        Self::PaintPanic,
    ];
}

/// A compositor that works until a fault is planted in it.
#[derive(Clone, Debug)]
pub struct FaultyCompositor<C> {
    inner: C,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl<C: Compositor> FaultyCompositor<C> {
    /// Wraps `inner`.
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            fault: Arc::default(),
        }
    }

    /// What plants a fault (or, with `None`, takes it away) from outside.
    pub fn planter(&self) -> impl Fn(Option<Fault>) + use<C> {
        let fault = Arc::clone(&self.fault);
        move |planted| *fault.lock().unwrap_or_else(PoisonError::into_inner) = planted
    }

    fn fail(&self, error: Fault, panic: Fault) -> Result<(), ComposeError> {
        let planted = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(planted != Some(panic), "planted panic");
        if planted == Some(error) {
            return Err(ComposeError::new(ComposeErrorKind::Device, "planted error"));
        }
        Ok(())
    }
}

impl<C: Compositor> Compositor for FaultyCompositor<C> {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.fail(Fault::ConfigureError, Fault::ConfigurePanic)?;
        self.inner.configure(spec, plan)
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.fail(Fault::ReduceError, Fault::ReducePanic)?;
        self.inner.reduce(id, source)
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let planted = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(planted, Some(Fault::PaintError | Fault::PaintPanic)) {
            for plane in 0..source.spec().format().plane_count() {
                for y in 0..source.spec().plane_rows(plane) {
                    target
                        .row_mut(plane, y)
                        .copy_from_slice(source.row(plane, y));
                }
            }
        }
        self.fail(Fault::PaintError, Fault::PaintPanic)?;
        self.inner.paint(id, source, cover, target)?;
        if planted == Some(Fault::PaintOneBit) {
            target.row_mut(0, 3)[5] ^= 1;
        }
        Ok(())
    }

    fn info(&self) -> CompositorInfo {
        self.inner.info()
    }
}
