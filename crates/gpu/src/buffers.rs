use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use frosted_core::{ComposeError, ComposeErrorKind};

use crate::device::{LOST, failed};

/// What has become of the wish to reach a buffer from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Nobody asked.
    Device,
    Asked,
    Host,
    Refused,
}

/// Whether the host may reach a buffer. On a device that is somebody else's another thread may
/// be the one that is told so.
#[derive(Clone, Debug)]
struct Mapping {
    state: Arc<(Mutex<Reach>, Condvar)>,
}

impl Mapping {
    fn new(reach: Reach) -> Self {
        Self {
            state: Arc::new((Mutex::new(reach), Condvar::new())),
        }
    }

    fn set(&self, reach: Reach) {
        let (state, told) = &*self.state;
        *state.lock().unwrap_or_else(PoisonError::into_inner) = reach;
        told.notify_all();
    }

    /// Waits until what was asked for is there.
    fn wait(&self, deadline: Instant) -> Result<(), ComposeError> {
        let (state, told) = &*self.state;
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let (state, _) = told
            .wait_timeout_while(state, left, |reach| *reach == Reach::Asked)
            .unwrap_or_else(PoisonError::into_inner);
        match *state {
            Reach::Host => Ok(()),
            Reach::Asked => Err(failed("hand over a buffer", "it took too long")),
            Reach::Device | Reach::Refused => Err(failed("hand over a buffer", LOST)),
        }
    }
}

/// A buffer that the host writes or reads, made once and used for every frame.
#[derive(Debug)]
pub(crate) struct HostBuffer {
    pub(crate) buffer: wgpu::Buffer,
    mode: wgpu::MapMode,
    mapping: Mapping,
}

impl HostBuffer {
    /// For uploads; the host can write it at once.
    pub(crate) fn upload(device: &wgpu::Device, bytes: usize) -> Self {
        let usage = wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC;
        Self {
            buffer: make(device, "upload", bytes, usage, true),
            mode: wgpu::MapMode::Write,
            mapping: Mapping::new(Reach::Host),
        }
    }

    /// For what comes back.
    pub(crate) fn readback(device: &wgpu::Device, bytes: usize) -> Self {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Self {
            buffer: make(device, "readback", bytes, usage, false),
            mode: wgpu::MapMode::Read,
            mapping: Mapping::new(Reach::Device),
        }
    }

    /// Writes by `write`, then hands the buffer to the device.
    pub(crate) fn write(
        &self,
        write: impl FnOnce(&mut wgpu::BufferViewMut),
    ) -> Result<(), ComposeError> {
        let mut view = self
            .buffer
            .get_mapped_range_mut(..)
            .map_err(|_| failed("take the frame", LOST))?;
        write(&mut view);
        drop(view);
        self.release();
        Ok(())
    }

    /// Reads by `read`, then hands the buffer to the device.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&[u8]) -> Result<T, ComposeError>,
    ) -> Result<T, ComposeError> {
        let view = self
            .buffer
            .get_mapped_range(..)
            .map_err(|_| failed("give the frame back", LOST))?;
        let outcome = read(&view);
        drop(view);
        self.release();
        outcome
    }

    /// Waits until it is the host's.
    pub(crate) fn wait(&self, deadline: Instant) -> Result<(), ComposeError> {
        self.mapping.wait(deadline)
    }

    fn release(&self) {
        self.buffer.unmap();
        self.mapping.set(Reach::Device);
    }

    /// Asks for it back, once the device has done with it.
    pub(crate) fn ask(&self) {
        self.mapping.set(Reach::Asked);
        let mapping = self.mapping.clone();
        self.buffer.map_async(self.mode, .., move |outcome| {
            mapping.set(match outcome {
                Ok(()) => Reach::Host,
                Err(_) => Reach::Refused,
            });
        });
    }
}

const STORAGE: wgpu::BufferUsages = wgpu::BufferUsages::STORAGE
    .union(wgpu::BufferUsages::COPY_SRC)
    .union(wgpu::BufferUsages::COPY_DST);

/// A buffer that shaders work on.
///
/// # Errors
/// [`ComposeErrorKind::Device`] if the device cannot bind one of `bytes`.
pub(crate) fn storage(
    device: &wgpu::Device,
    what: &str,
    bytes: usize,
) -> Result<wgpu::Buffer, ComposeError> {
    check_room(device, what, bytes)?;
    Ok(make(device, what, bytes, STORAGE, false))
}

/// A buffer that shaders work on, which begins with `contents`.
///
/// # Errors
/// As [`storage`].
pub(crate) fn storage_with(
    device: &wgpu::Device,
    what: &str,
    bytes: usize,
    contents: &[u8],
) -> Result<wgpu::Buffer, ComposeError> {
    check_room(device, what, bytes)?;
    let buffer = make(device, what, bytes, STORAGE, true);
    let mut view = buffer
        .get_mapped_range_mut(..)
        .map_err(|_| failed("take what it works by", LOST))?;
    view.slice(..contents.len()).copy_from_slice(contents);
    drop(view);
    buffer.unmap();
    Ok(buffer)
}

fn check_room(device: &wgpu::Device, what: &str, bytes: usize) -> Result<(), ComposeError> {
    let limits = device.limits();
    let most = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size);
    if bytes as u64 > most {
        return Err(ComposeError::new(
            ComposeErrorKind::Device,
            format!(
                "{what} needs a buffer of {bytes} bytes, this GPU takes up to {most}, take the \
                 CPU compositor"
            ),
        ));
    }
    Ok(())
}

/// A buffer of `Params`.
pub(crate) fn uniform(device: &wgpu::Device, bytes: usize) -> wgpu::Buffer {
    let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
    make(device, "params", bytes, usage, false)
}

fn make(
    device: &wgpu::Device,
    label: &str,
    bytes: usize,
    usage: wgpu::BufferUsages,
    mapped_at_creation: bool,
) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes as u64,
        usage,
        mapped_at_creation,
    })
}
