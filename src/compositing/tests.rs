use super::*;

use frosted_core::internal::{Backdrop, Field};
use frosted_core::{Frame, Mask};

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use frosted_core::{PixelFormat, TextHeight};
use frosted_testing::{Fault, FaultyCompositor};

fn cpu() -> CpuCompositor {
    CpuCompositor::new(CpuOptions::default()).unwrap()
}

fn spec(width: usize, height: usize) -> FrameSpec {
    FrameSpec::new(PixelFormat::Nv12, width, height).unwrap()
}

fn plan(spec: &FrameSpec) -> ConcealPlan {
    ConcealPlan::new(spec, (32, 18), TextHeight::default())
}

/// Stands for a GPU: takes its time.
struct Slow {
    inner: FaultyCompositor<CpuCompositor>,
    by: Duration,
}

impl Compositor for Slow {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.inner.configure(spec, plan)
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        std::thread::sleep(self.by);
        self.inner.reduce(id, source)
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        self.inner.paint(id, source, cover, target)
    }

    fn info(&self) -> CompositorInfo {
        CompositorInfo::named("GPU of the test")
    }
}

/// A switch whose GPU is made by `open`, and how often it was.
fn switch(
    preference: Preference,
    open: impl Fn() -> Result<BoxedCompositor, ComposeError> + Send,
) -> (impl Compositor, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let counted = move || {
        count.fetch_add(1, Ordering::Relaxed);
        open()
    };
    let switch = Switch {
        least_pixels: 0,
        ..Switch::new(cpu(), counted, preference)
    };
    (switch, opened)
}

/// One that takes so long, and may be wrong in one bit.
fn gpu(by: Duration, wrong: bool) -> Result<BoxedCompositor, ComposeError> {
    let inner = FaultyCompositor::new(cpu());
    inner.planter()(wrong.then_some(Fault::PaintOneBit));
    Ok(Box::new(Slow { inner, by }))
}

/// Gives `compositor` the first time that it is asked.
fn once(
    compositor: impl Compositor + 'static,
) -> impl Fn() -> Result<BoxedCompositor, ComposeError> + Send {
    let slot = Mutex::new(Some(Box::new(compositor) as BoxedCompositor));
    let none = || ComposeError::new(ComposeErrorKind::Device, "it is in use");
    move || slot.lock().unwrap().take().ok_or_else(none)
}

/// Protects frame `id`; everything is covered by one colour.
fn protect(compositor: &mut dyn Compositor, spec: &FrameSpec, id: u64) -> Result<(), ComposeError> {
    let (frame, mut out) = (Frame::new(*spec), Frame::new(*spec));
    compositor.reduce(FrameId(id), &frame.view())?;
    let backdrop = Backdrop::Flat([1, 2, 3]);
    let cover = Cover::Everything { backdrop };
    compositor.paint(FrameId(id), &frame.view(), cover, &mut out.view_mut())
}

#[test]
fn a_slower_gpu_is_let_go_and_not_tried_again_at_this_size() {
    let (mut switch, opened) = switch(Preference::Faster, || gpu(Duration::from_millis(40), false));
    let spec = spec(64, 48);
    for _ in 0..3 {
        switch.configure(&spec, &plan(&spec)).unwrap();
        protect(&mut switch, &spec, 1).unwrap();
        let info = switch.info();
        assert_eq!(info.name, "CPU, 1 thread");
        assert!(info.reason.contains("a frame of 64x48 took"), "{info}");
        assert!(info.reason.contains("GPU of the test"), "{info}");
    }
    assert_eq!(opened.load(Ordering::Relaxed), 1);
    let larger = self::spec(128, 96);
    switch.configure(&larger, &plan(&larger)).unwrap();
    assert_eq!(opened.load(Ordering::Relaxed), 2);
}

#[test]
fn a_gpu_that_is_asked_for_is_taken_however_slow_and_is_measured_but_once() {
    let (mut switch, opened) = switch(Preference::Gpu, || gpu(Duration::from_millis(10), false));
    let spec = spec(64, 48);
    for id in 1..4 {
        switch.configure(&spec, &plan(&spec)).unwrap();
        protect(&mut switch, &spec, id).unwrap();
        assert_eq!(switch.info(), CompositorInfo::named("GPU of the test"));
    }
    assert_eq!(opened.load(Ordering::Relaxed), 1);
}

#[test]
fn a_gpu_that_is_wrong_in_one_bit_is_not_trusted() {
    for preference in [Preference::Gpu, Preference::Faster] {
        let (mut switch, _) = switch(preference, || gpu(Duration::ZERO, true));
        let spec = spec(64, 48);
        switch.configure(&spec, &plan(&spec)).unwrap();
        protect(&mut switch, &spec, 1).unwrap();
        let info = switch.info();
        assert_eq!(info.name, "CPU, 1 thread");
        assert!(info.reason.contains("not to be trusted"), "{info}");
    }
}

#[test]
fn small_frames_are_not_worth_a_gpu_unless_it_is_asked_for() {
    for (preference, opens) in [(Preference::Faster, false), (Preference::Gpu, true)] {
        let opened = AtomicUsize::new(0);
        let open = || {
            opened.fetch_add(1, Ordering::Relaxed);
            gpu(Duration::ZERO, false)
        };
        let mut switch = Switch::new(cpu(), open, preference);
        let spec = spec(1280, 720);
        switch.configure(&spec, &plan(&spec)).unwrap();
        assert_eq!(opened.load(Ordering::Relaxed) == 1, opens, "{preference:?}");
        let small = switch.info().reason == "frames of 1280x720 are not worth a GPU";
        assert_eq!(small, !opens, "{preference:?}: {}", switch.info());
    }
}

#[test]
fn without_a_gpu_the_cpu_says_why() {
    let none = || {
        Err(ComposeError::new(
            ComposeErrorKind::Device,
            "there is no GPU",
        ))
    };
    let (mut switch, _) = switch(Preference::Faster, none);
    let spec = spec(64, 48);
    switch.configure(&spec, &plan(&spec)).unwrap();
    protect(&mut switch, &spec, 1).unwrap();
    assert_eq!(switch.info().to_string(), "CPU, 1 thread: there is no GPU");
}

#[test]
fn the_frame_at_which_the_gpu_fails_is_refused_and_the_cpu_does_the_next_ones() {
    for fault in [
        Fault::ReduceError,
        Fault::ReducePanic,
        Fault::PaintError,
        Fault::PaintPanic,
    ] {
        let faulty = FaultyCompositor::new(cpu());
        let plant = faulty.planter();
        let open = once(faulty);
        let (mut switch, opened) = switch(Preference::Gpu, open);
        let spec = spec(64, 48);
        switch.configure(&spec, &plan(&spec)).unwrap();
        protect(&mut switch, &spec, 1).unwrap();
        plant(Some(fault));
        let error = protect(&mut switch, &spec, 2).unwrap_err();
        assert_eq!(error.kind(), ComposeErrorKind::Device, "{fault:?}");
        // As the pipeline does after a failure.
        switch.configure(&spec, &plan(&spec)).unwrap();
        for id in 3..6 {
            protect(&mut switch, &spec, id).unwrap();
        }
        let info = switch.info();
        assert_eq!(info.name, "CPU, 1 thread", "{fault:?}");
        assert!(info.reason.starts_with("the GPU failed: "), "{info}");
        assert_eq!(opened.load(Ordering::Relaxed), 1, "{fault:?}");
    }
}

#[test]
fn what_fails_when_it_is_configured_hands_over_without_a_card() {
    for fault in [Fault::ConfigureError, Fault::ConfigurePanic] {
        let faulty = FaultyCompositor::new(cpu());
        faulty.planter()(Some(fault));
        let open = once(faulty);
        let (mut switch, _) = switch(Preference::Gpu, open);
        let spec = spec(64, 48);
        switch.configure(&spec, &plan(&spec)).unwrap();
        protect(&mut switch, &spec, 1).unwrap();
        assert_eq!(switch.info().name, "CPU, 1 thread", "{fault:?}");
    }
}

#[test]
fn a_frame_that_is_refused_is_no_failure_of_the_gpus() {
    let (mut switch, _) = switch(Preference::Gpu, || gpu(Duration::ZERO, false));
    let spec = spec(64, 48);
    switch.configure(&spec, &plan(&spec)).unwrap();
    let other = self::spec(64, 64);
    let error = protect(&mut switch, &other, 1).unwrap_err();
    assert_eq!(error.kind(), ComposeErrorKind::WrongSpec);
    let (frame, mut out) = (Frame::new(spec), Frame::new(spec));
    let field = Field::default();
    let backdrop = Backdrop::Field(&field);
    let cover = Cover::Everything { backdrop };
    assert!(
        switch
            .paint(FrameId(1), &frame.view(), cover, &mut out.view_mut())
            .is_err()
    );
    protect(&mut switch, &spec, 2).unwrap();
    assert_eq!(switch.info().name, "GPU of the test");
}

#[test]
fn choices_are_read_as_they_are_written() {
    for text in ["auto", "cpu", "gpu", "gpu:llvmpipe"] {
        let choice: CompositorChoice = text.parse().unwrap();
        assert_eq!(choice.to_string(), text);
    }
    for wrong in ["metal", "gpu:", ""] {
        let error = wrong.parse::<CompositorChoice>().unwrap_err();
        assert_eq!(error.kind(), SetupErrorKind::Compositor);
        assert_eq!(
            error.to_string(),
            format!("compositor \"{wrong}\" is unknown, choose auto, cpu, gpu or gpu:NAME")
        );
    }
}

#[test]
fn what_cannot_be_used_is_opened_once_whatever_the_settings_do() {
    let none = || {
        Err(ComposeError::new(
            ComposeErrorKind::Device,
            "there is no GPU",
        ))
    };
    let (mut without, opened_none) = switch(Preference::Faster, none);
    let (mut wrong, opened_wrong) = switch(Preference::Gpu, || gpu(Duration::ZERO, true));
    let spec = spec(64, 48);
    for text in [20, 22, 24, 26] {
        let plan = ConcealPlan::new(&spec, (32, 18), TextHeight::Pixels(text));
        without.configure(&spec, &plan).unwrap();
        wrong.configure(&spec, &plan).unwrap();
    }
    assert_eq!(opened_none.load(Ordering::Relaxed), 1);
    assert_eq!(opened_wrong.load(Ordering::Relaxed), 1);
    assert!(wrong.info().reason.contains("not to be trusted"));
}

#[test]
fn sizes_that_take_turns_are_each_measured_once() {
    let (mut switch, opened) = switch(Preference::Faster, || gpu(Duration::from_millis(9), false));
    for _ in 0..4 {
        for (width, height) in [(64, 48), (48, 64)] {
            let spec = spec(width, height);
            switch.configure(&spec, &plan(&spec)).unwrap();
            let size = format!("a frame of {width}x{height} took");
            assert!(switch.info().reason.contains(&size), "{}", switch.info());
        }
    }
    assert_eq!(opened.load(Ordering::Relaxed), 2);
}

/// Panics when it is dropped.
struct Stubborn(CpuCompositor);

impl Drop for Stubborn {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "planted panic");
    }
}

impl Compositor for Stubborn {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.0.configure(spec, plan)
    }

    fn reduce(&mut self, _: FrameId, _: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        Err(ComposeError::new(ComposeErrorKind::Device, "it hangs"))
    }

    fn paint(
        &mut self,
        _: FrameId,
        _: &FrameView<'_>,
        _: Cover<'_>,
        _: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        Err(ComposeError::new(ComposeErrorKind::Device, "it hangs"))
    }

    fn info(&self) -> CompositorInfo {
        CompositorInfo::named("GPU of the test")
    }
}

#[test]
fn a_gpu_that_panics_when_it_is_let_go_does_no_harm() {
    for preference in [Preference::Faster, Preference::Gpu] {
        let (mut switch, _) = switch(preference, || {
            Ok(Box::new(Stubborn(cpu())) as BoxedCompositor)
        });
        let spec = spec(64, 48);
        switch.configure(&spec, &plan(&spec)).unwrap();
        protect(&mut switch, &spec, 1).unwrap();
        assert_eq!(switch.info().name, "CPU, 1 thread");
    }
}

/// Changes a matte's values, which come in rows of so many.
type Spoil = fn(&mut [u8], usize);

/// Lays the matte otherwise, or leaves the room behind a field or a picture.
struct Broken {
    inner: CpuCompositor,
    spoil: Spoil,
    leaves_room: bool,
}

impl Compositor for Broken {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.inner.configure(spec, plan)
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.inner.reduce(id, source)
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let Cover::Background { matte, backdrop } = cover else {
            return self.inner.paint(id, source, cover, target);
        };
        let mut spoiled = Mask::new();
        spoiled.copy_from(matte);
        (self.spoil)(spoiled.values_mut(), matte.width());
        let leaves = matches!(backdrop, Backdrop::Field(_) | Backdrop::Picture(_));
        if self.leaves_room && leaves {
            spoiled.values_mut().fill(255);
        }
        let cover = Cover::Background {
            matte: &spoiled,
            backdrop,
        };
        self.inner.paint(id, source, cover, target)
    }

    fn info(&self) -> CompositorInfo {
        CompositorInfo::named("GPU of the test")
    }
}

#[test]
fn a_gpu_that_lays_the_matte_otherwise_or_leaves_the_room_is_not_trusted() {
    fn upside_down(values: &mut [u8], _: usize) {
        values.reverse();
    }
    fn first_row_everywhere(values: &mut [u8], width: usize) {
        let (first, rest) = values.split_at_mut(width);
        for row in rest.chunks_exact_mut(width) {
            row.copy_from_slice(first);
        }
    }
    fn nothing(_: &mut [u8], _: usize) {}

    let spec = spec(640, 360);
    let spoils: [(Spoil, bool); 3] = [
        (upside_down, false),
        (first_row_everywhere, false),
        (nothing, true),
    ];
    for (at, (spoil, leaves_room)) in spoils.into_iter().enumerate() {
        let (mut switch, _) = switch(Preference::Gpu, move || {
            Ok(Box::new(Broken {
                inner: cpu(),
                spoil,
                leaves_room,
            }) as BoxedCompositor)
        });
        switch.configure(&spec, &plan(&spec)).unwrap();
        assert_eq!(switch.info().name, "CPU, 1 thread", "{at}");
    }
}
