use std::time::{Duration, Instant};

use frosted_core::internal::{Backdrop, Compositor, Cover, Field, FrameId};
use frosted_core::{ComposeError, ComposeErrorKind, Frame, FrameSpec, Mask, Reduced};

/// Made frames, by which compositors are compared.
pub(crate) struct Trial {
    frame: Frame,
    picture: Frame,
    field: Field,
    outs: [Frame; 2],
    mask: Mask,
}

impl Trial {
    /// Frames that are timed, after one that is not; the quickest counts.
    const ROUNDS: u64 = 3;
    /// Frame pixels from node to node of its field.
    const STEP_PX: usize = 16;
    /// How many covers there are; the last is for frames with alpha.
    const COVERS: usize = 5;

    /// A frame of noise, which no rounding forgives, and more of it to cover it by.
    pub(crate) fn new(spec: &FrameSpec) -> Self {
        let mut state = 1u32;
        let mut noise = move || {
            // Numerical Recipes' generator; its high bits are the better ones.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        let mut frames = [Frame::new(*spec), Frame::new(*spec)];
        for byte in frames.iter_mut().flat_map(Frame::bytes_mut) {
            *byte = (noise() >> 8) as u8;
        }
        let nodes = |pixels: usize| (pixels - 1).div_ceil(Self::STEP_PX) + 1;
        let (width, height) = (nodes(spec.width()), nodes(spec.height()));
        let planes = std::array::from_fn(|_| {
            let levels = (0..width * height).map(|_| noise().min(255 * 256) as u16);
            levels.collect()
        });
        let [frame, picture] = frames;
        Self {
            frame,
            picture,
            field: Field {
                step_px: Self::STEP_PX,
                width,
                height,
                planes,
            },
            outs: [Frame::new(*spec), Frame::new(*spec)],
            mask: Mask::new(),
        }
    }

    /// Numbers that no frame of a stream has.
    fn id(round: u64) -> FrameId {
        FrameId(u64::MAX - round)
    }

    /// Makes the mask of `reduced`: covered, soft and shown, and nowhere the same across and
    /// down.
    fn make_mask(mask: &mut Mask, reduced: &Reduced) {
        let (width, height) = (reduced.width(), reduced.height());
        for (at, value) in mask.begin(reduced).iter_mut().enumerate() {
            let (x, y) = (at % width, at / width);
            let slope = 1000 * x / width + 700 * y / height;
            *value = slope.saturating_sub(600).min(255) as u8;
        }
    }

    fn cover<'a>(at: usize, mask: &'a Mask, field: &'a Field, picture: &'a Frame) -> Cover<'a> {
        let over = |backdrop| Cover::Background {
            matte: mask,
            backdrop,
        };
        match at {
            0 => over(Backdrop::Field(field)),
            1 => over(Backdrop::Flat([90, 110, 150])),
            2 => over(Backdrop::Picture(picture)),
            3 => Cover::Everything {
                backdrop: Backdrop::Field(field),
            },
            _ => over(Backdrop::Transparent(field)),
        }
    }

    /// Lets both, which are configured, protect the frame in every way, and says whether both
    /// give the same bytes: all of the arithmetic is in whole numbers, so that a driver which
    /// gives others is broken.
    ///
    /// # Errors
    /// If either fails.
    pub(crate) fn compare(
        &mut self,
        gpu: &mut dyn Compositor,
        cpu: &mut dyn Compositor,
    ) -> Result<bool, ComposeError> {
        let Self {
            frame,
            picture,
            field,
            outs: [on_gpu, on_cpu],
            mask,
        } = self;
        let covers = Self::COVERS - usize::from(!frame.spec().format().has_alpha());
        for at in 0..covers {
            let id = Self::id(at as u64);
            let reduced = cpu.reduce(id, &frame.view())?;
            let mut same = gpu.reduce(id, &frame.view())?.planes() == reduced.planes();
            Self::make_mask(mask, reduced);
            let cover = Self::cover(at, mask, field, picture);
            cpu.paint(id, &frame.view(), cover, &mut on_cpu.view_mut())?;
            gpu.paint(id, &frame.view(), cover, &mut on_gpu.view_mut())?;
            same &= on_gpu.bytes() == on_cpu.bytes();
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Why the GPU called `name`, which gives other bytes, is not used.
    pub(crate) fn otherwise(&self, name: &str) -> ComposeError {
        let (width, height) = (self.frame.spec().width(), self.frame.spec().height());
        ComposeError::new(
            ComposeErrorKind::Device,
            format!(
                "a frame of {width}x{height} comes out otherwise on {name}, its driver is not \
                 to be trusted"
            ),
        )
    }

    /// How long `compositor`, which is configured, takes from frame to protected frame.
    pub(crate) fn time(
        &mut self,
        compositor: &mut dyn Compositor,
    ) -> Result<Duration, ComposeError> {
        let mut quickest = Duration::MAX;
        for round in 0..=Self::ROUNDS {
            let id = Self::id(Self::COVERS as u64 + round);
            let began = Instant::now();
            let reduced = compositor.reduce(id, &self.frame.view())?;
            let reducing = began.elapsed();
            Self::make_mask(&mut self.mask, reduced);
            // A blur's nodes change with every frame.
            self.field.planes[0][0] ^= 1;
            let began = Instant::now();
            let cover = Self::cover(0, &self.mask, &self.field, &self.picture);
            let [out, _] = &mut self.outs;
            compositor.paint(id, &self.frame.view(), cover, &mut out.view_mut())?;
            if round > 0 {
                quickest = quickest.min(reducing + began.elapsed());
            }
        }
        Ok(quickest)
    }
}
