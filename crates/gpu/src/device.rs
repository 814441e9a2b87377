use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use frosted_core::{ComposeError, ComposeErrorKind};

use crate::adapter::{candidates, descriptor, none_found};
use crate::buffers::HostBuffer;
use crate::info::GpuInfo;
use crate::options::GpuOptions;
use crate::passes::Passes;
use crate::timer::Timer;

/// How long a step may take before the GPU counts as hung: the time after which Windows resets
/// one, and more than fifty frames.
const PATIENCE: Duration = Duration::from_secs(2);

/// The same for a software driver, which shares the cores with everything else: an 8K frame
/// takes seconds there.
const SOFTWARE_PATIENCE: Duration = Duration::from_secs(30);

/// Why a step fails that wgpu reports nothing about.
pub(crate) const LOST: &str = "the device was lost";

/// The causes first.
const ERRORS: [wgpu::ErrorFilter; 3] = [
    wgpu::ErrorFilter::OutOfMemory,
    wgpu::ErrorFilter::Validation,
    wgpu::ErrorFilter::Internal,
];

/// What a device said outside of a step: that it is lost, or an error of a thread of its own.
type Trouble = Arc<Mutex<Option<String>>>;

/// An open device, and the passes that were made for it.
pub(crate) struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) passes: Passes,
    info: GpuInfo,
    pub(crate) patience: Duration,
    timer: Option<Timer>,
    trouble: Trouble,
    /// A step took too long: the GPU may never come back.
    hangs: AtomicBool,
}

/// A step that was handed to the GPU.
pub(crate) struct Submission {
    index: wgpu::SubmissionIndex,
    /// How long handing it over took.
    spent: Duration,
}

impl Gpu {
    /// Opens the first GPU that `options` allow.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if there is none or it cannot be opened.
    pub(crate) fn open(options: &GpuOptions) -> Result<Self, ComposeError> {
        let adapters = candidates(options);
        let adapter = adapters.first().ok_or_else(|| none_found(options))?;
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor(adapter, options)))
                .map_err(|error| failed("be opened", &error.to_string()))?;
        let trouble = Trouble::default();
        let note = |trouble: &Trouble, message: String| {
            let mut trouble = trouble.lock().unwrap_or_else(PoisonError::into_inner);
            trouble.get_or_insert(message);
        };
        // Without a handler of one's own wgpu panics at an error that no step waits for.
        let noted = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |error| {
            note(&noted, words(&error.to_string()));
        }));
        let noted = Arc::clone(&trouble);
        device.set_device_lost_callback(move |_, message| {
            note(&noted, words(&format!("the device was lost: {message}")));
        });
        let mut gpu = Self::of(device, queue, trouble)?;
        if gpu.device.features().contains(Timer::FEATURE) {
            let timer = |gpu: &mut Self| Ok(Timer::new(&gpu.device, &gpu.queue));
            gpu.timer = Some(gpu.prepare("keep time", timer)?);
        }
        Ok(gpu)
    }

    /// Works on a device that is somebody else's, whose handlers are left alone.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if it is lost.
    pub(crate) fn adopt(device: wgpu::Device, queue: wgpu::Queue) -> Result<Self, ComposeError> {
        Self::of(device, queue, Trouble::default())
    }

    fn of(
        device: wgpu::Device,
        queue: wgpu::Queue,
        trouble: Trouble,
    ) -> Result<Self, ComposeError> {
        let info = device.adapter_info();
        let passes = watched(&device, "be prepared", || Ok(Passes::new(&device)))?;
        Ok(Self {
            passes,
            patience: match info.device_type {
                wgpu::DeviceType::Cpu => SOFTWARE_PATIENCE,
                _ => PATIENCE,
            },
            info: GpuInfo::of(&info),
            timer: None,
            device,
            queue,
            trouble,
            hangs: AtomicBool::new(false),
        })
    }

    pub(crate) fn info(&self) -> &GpuInfo {
        &self.info
    }

    /// What it said outside of a step; after that it is not to be used any more.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    /// Does `work`, a step called `task`, and fails if wgpu reports anything on the way.
    pub(crate) fn watch<T>(
        &self,
        task: &str,
        work: impl FnOnce() -> Result<T, ComposeError>,
    ) -> Result<T, ComposeError> {
        let outcome = watched(&self.device, task, work)?;
        match self.trouble() {
            None => Ok(outcome),
            Some(trouble) => Err(failed(task, &trouble)),
        }
    }

    /// Does `work`, which may make things of the GPU's own, as [`Self::watch`] does.
    pub(crate) fn prepare<T>(
        &mut self,
        task: &str,
        work: impl FnOnce(&mut Self) -> Result<T, ComposeError>,
    ) -> Result<T, ComposeError> {
        let device = self.device.clone();
        let outcome = watched(&device, task, || work(self));
        if outcome.is_err() {
            self.passes.forget();
        }
        outcome
    }

    /// Begins the one pass of a step.
    pub(crate) fn begin_pass<'e>(
        &self,
        encoder: &'e mut wgpu::CommandEncoder,
    ) -> wgpu::ComputePass<'e> {
        encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: None,
            timestamp_writes: self.timer.as_ref().map(Timer::writes),
        })
    }

    /// Submits a step, behind which the host wants `buffers` again.
    pub(crate) fn submit<'b>(
        &'b self,
        mut encoder: wgpu::CommandEncoder,
        buffers: impl Iterator<Item = &'b HostBuffer>,
    ) -> Submission {
        if let Some(timer) = &self.timer {
            timer.record(&mut encoder);
        }
        let began = Instant::now();
        let index = self.queue.submit([encoder.finish()]);
        let spent = began.elapsed();
        buffers.chain(self.times()).for_each(HostBuffer::ask);
        Submission { index, spent }
    }

    /// Waits until a step is done and `buffers` are the host's again. How long its pass took,
    /// if that is measured.
    pub(crate) fn finish<'b>(
        &'b self,
        submission: Submission,
        buffers: impl Iterator<Item = &'b HostBuffer>,
    ) -> Result<Option<Duration>, ComposeError> {
        self.wait(submission, buffers.chain(self.times()))?;
        self.timer.as_ref().map(Timer::read).transpose()
    }

    fn times(&self) -> Option<&HostBuffer> {
        self.timer.as_ref().map(Timer::readback)
    }

    fn wait<'b>(
        &self,
        submission: Submission,
        mut buffers: impl Iterator<Item = &'b HostBuffer>,
    ) -> Result<(), ComposeError> {
        // A driver that is behind may take its time already when it is handed the step.
        let left = self.patience.saturating_sub(submission.spent);
        if left.is_zero() {
            return Err(self.took_too_long());
        }
        let deadline = Instant::now() + left;
        let poll = wgpu::PollType::Wait {
            submission_index: Some(submission.index),
            timeout: Some(left),
        };
        // wgpu 30 has no error for a device that is lost while it is waited for: it panics,
        // with none of its locks held.
        let polled = catch_unwind(AssertUnwindSafe(|| self.device.poll(poll)));
        match polled {
            Ok(Ok(_)) => {}
            Ok(Err(wgpu::PollError::Timeout)) => return Err(self.took_too_long()),
            // A submission that was never taken has no report of its own.
            Ok(Err(wgpu::PollError::WrongSubmissionIndex(..))) | Err(_) => {
                return Err(failed("finish the frame", LOST));
            }
        }
        buffers.try_for_each(|buffer| buffer.wait(deadline))
    }

    fn took_too_long(&self) -> ComposeError {
        self.hangs.store(true, Ordering::Relaxed);
        let limit = format!("it took more than {} s", self.patience.as_secs());
        failed("finish the frame", &limit)
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        if *self.hangs.get_mut() {
            // The last handle of a queue waits without limit for what the queue has to do when it
            // is dropped, and the stream, which the CPU could carry on, with it. This one is never
            // dropped.
            std::mem::forget(self.queue.clone());
        }
    }
}

fn watched<T>(
    device: &wgpu::Device,
    task: &str,
    work: impl FnOnce() -> Result<T, ComposeError>,
) -> Result<T, ComposeError> {
    let scopes = ERRORS.map(|filter| device.push_error_scope(filter));
    let outcome = work();
    let mut caught = None;
    // Scopes are closed in the reverse order, every one of them.
    for scope in scopes.into_iter().rev() {
        let error = pollster::block_on(scope.pop());
        // Without memory there is more that is not valid; the first filter's error is the cause.
        caught = error.or(caught);
    }
    match caught {
        Some(error) => Err(failed(task, &error.to_string())),
        None => outcome,
    }
}

/// The error of a GPU that could not do `task`.
pub(crate) fn failed(task: &str, why: &str) -> ComposeError {
    ComposeError::new(
        ComposeErrorKind::Device,
        format!("the GPU could not {task}: {}", words(why)),
    )
}

/// A report of wgpu's, which may have several lines, on one.
fn words(report: &str) -> String {
    let lines = report
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.collect();
    lines.join(", ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_many_lines_become_one() {
        let report = "Validation Error\n\nCaused by:\n  Buffer is gone.\n";
        assert_eq!(
            words(report),
            "Validation Error, Caused by:, Buffer is gone"
        );
    }
}
