//! Buffers of a device that are mapped into this process.
#![allow(unsafe_code)]

use std::os::fd::AsFd;
use std::ptr::{self, NonNull};
use std::slice;

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::abi::{self, Direction, KernelData};
use super::device::Device;

/// A stream's buffers, shared with the device. They are unmapped and the stream is stopped
/// when this is dropped.
#[derive(Debug)]
pub(crate) struct Buffers {
    direction: Direction,
    mapped: Vec<Mapped>,
}

#[derive(Debug)]
struct Mapped {
    start: NonNull<u8>,
    length: usize,
    /// The device has it: nothing here reads or writes it meanwhile.
    queued: bool,
}

// SAFETY: the mapping belongs to this value alone and is not bound to a thread.
unsafe impl Send for Mapped {}

/// A buffer that the device handed back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    index: usize,
    /// Bytes that the device says it wrote.
    pub(crate) bytes_used: usize,
    /// The device says that the picture is broken.
    pub(crate) error: bool,
    /// The device's own count.
    pub(crate) sequence: u32,
    /// When it was captured by `CLOCK_MONOTONIC`, in nanoseconds, where the device says so.
    pub(crate) monotonic_ns: Option<u64>,
}

impl Buffers {
    /// Asks the device for `count` buffers and maps them; it may give fewer or more.
    pub(crate) fn map(device: &Device, direction: Direction, count: u32) -> Result<Self, Errno> {
        let mut request = abi::RequestBuffers::zeroed();
        request.count = count;
        request.direction = direction as u32;
        request.memory = abi::MEMORY_MMAP;
        abi::request_buffers(device, &mut request)?;
        let mut buffers = Self {
            direction,
            mapped: Vec::new(),
        };
        for index in 0..request.count {
            let mut buffer = buffers.description(index);
            abi::query_buffer(device, &mut buffer)?;
            buffers.mapped.push(Mapped::new(device, &buffer)?);
        }
        if buffers.mapped.is_empty() {
            return Err(Errno::NOMEM);
        }
        Ok(buffers)
    }

    /// Hands every buffer that is not there to the device.
    pub(crate) fn queue_all(&mut self, device: &Device) -> Result<(), Errno> {
        (0..self.mapped.len()).try_for_each(|index| self.queue(device, index, 0))
    }

    /// Hands buffer `index` to the device, if it does not have it yet.
    fn queue(&mut self, device: &Device, index: usize, bytes_used: usize) -> Result<(), Errno> {
        if self.mapped[index].queued {
            return Ok(());
        }
        let mut buffer = self.description(index as u32);
        buffer.bytes_used = bytes_used as u32;
        buffer.field = abi::FIELD_NONE;
        if self.direction == Direction::Output {
            let now = crate::monotonic_now().as_nanos();
            buffer.seconds = (now / 1_000_000_000) as i64;
            buffer.microseconds = (now / 1000 % 1_000_000) as i64;
        }
        abi::queue_buffer(device, &mut buffer)?;
        self.mapped[index].queued = true;
        Ok(())
    }

    /// Takes the next buffer back from the device, without waiting.
    pub(crate) fn dequeue(&mut self, device: &Device) -> Result<Filled, Errno> {
        let mut buffer = self.description(0);
        abi::dequeue_buffer(device, &mut buffer)?;
        let index = buffer.index as usize;
        let mapped = self.mapped.get_mut(index).ok_or(Errno::IO)?;
        mapped.queued = false;
        let stamped = buffer.flags & abi::buffer_flag::TIMESTAMP_MASK
            == abi::buffer_flag::TIMESTAMP_MONOTONIC;
        Ok(Filled {
            index,
            // A driver that says more than it has room for is not believed.
            bytes_used: (buffer.bytes_used as usize).min(mapped.length),
            error: buffer.flags & abi::buffer_flag::ERROR != 0,
            sequence: buffer.sequence,
            monotonic_ns: stamped.then(|| {
                let seconds = buffer.seconds.unsigned_abs().saturating_mul(1_000_000_000);
                seconds.saturating_add(buffer.microseconds.unsigned_abs().saturating_mul(1000))
            }),
        })
    }

    /// Gives a buffer back to the device.
    pub(crate) fn give_back(&mut self, device: &Device, filled: Filled) -> Result<(), Errno> {
        self.queue(device, filled.index, 0)
    }

    /// Copies what is in a buffer that was dequeued and not given back since, for devices that
    /// may write to it all the same.
    pub(crate) fn copy_to(&self, filled: &Filled, copy: &mut Vec<u8>) {
        let mapped = &self.mapped[filled.index];
        copy.resize(filled.bytes_used, 0);
        let length = filled.bytes_used.min(mapped.length);
        // SAFETY: both are at least `length` bytes long and do not overlap. Another process may
        // be writing the mapping: no reference to it is made, and any bytes are a picture, if
        // a torn one.
        unsafe { ptr::copy_nonoverlapping(mapped.start.as_ptr(), copy.as_mut_ptr(), length) };
    }

    /// What the device wrote to a buffer that was dequeued and not given back since. Not for
    /// loopbacks, whose feeder shares their buffers.
    pub(crate) fn bytes(&self, filled: &Filled) -> &[u8] {
        let mapped = &self.mapped[filled.index];
        if mapped.queued {
            return &[];
        }
        // SAFETY: the mapping is `length` bytes long and lives as long as `self`; the device
        // does not write to it until it is queued again, which takes `&mut self`.
        unsafe { slice::from_raw_parts(mapped.start.as_ptr(), filled.bytes_used) }
    }

    /// Lets `fill` write a buffer that the device does not have and hands it over, with as
    /// many bytes as are in it up to `length`. `AGAIN` if the device has them all.
    pub(crate) fn write(
        &mut self,
        device: &Device,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<(), Errno> {
        let index = match self.mapped.iter().position(|mapped| !mapped.queued) {
            Some(index) => index,
            None => self.dequeue(device)?.index,
        };
        let mapped = &mut self.mapped[index];
        let length = length.min(mapped.length);
        // SAFETY: the mapping is at least `length` bytes long, writable and ours alone until
        // it is queued; `&mut self` keeps other borrows of it away.
        fill(unsafe { slice::from_raw_parts_mut(mapped.start.as_ptr(), length) });
        self.queue(device, index, length)
    }

    /// Stops the stream: the device has no buffer any more.
    pub(crate) fn stop(&mut self, device: &Device) -> Result<(), Errno> {
        abi::stream_off(device, &mut (self.direction as u32))?;
        for mapped in &mut self.mapped {
            mapped.queued = false;
        }
        Ok(())
    }

    /// Starts the stream.
    pub(crate) fn start(&mut self, device: &Device) -> Result<(), Errno> {
        abi::stream_on(device, &mut (self.direction as u32))
    }

    fn description(&self, index: u32) -> abi::Buffer {
        let mut buffer = abi::Buffer::zeroed();
        buffer.index = index;
        buffer.direction = self.direction as u32;
        buffer.memory = abi::MEMORY_MMAP;
        buffer
    }
}

impl Mapped {
    fn new(device: &Device, buffer: &abi::Buffer) -> Result<Self, Errno> {
        let length = buffer.length as usize;
        // SAFETY: a fresh shared mapping of the device's own memory at a place of the
        // kernel's choosing; no Rust reference to it exists yet.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                device.as_fd(),
                u64::from(buffer.offset),
            )?
        };
        Ok(Self {
            start: NonNull::new(start.cast()).ok_or(Errno::NOMEM)?,
            length,
            queued: false,
        })
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: start and length are those of the mapping, and slices of it borrow `self`.
        // A failure would leave the mapping behind, which harms nothing.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}
