#![allow(
    unsafe_code,
    reason = "buffers are memory that is shared with other programs"
)]

use std::ptr::{self, NonNull};

use frosted_core::Timestamp;
use pipewire::spa::sys as spa_sys;
use pipewire::stream::Stream;
use pipewire::sys as pw_sys;

use super::params::Form;

/// A buffer that viewers have given back, to be filled. It goes to them when it is dropped.
pub(super) struct OutBuffer<'s> {
    buffer: NonNull<pw_sys::pw_buffer>,
    stream: &'s Stream,
}

/// What a buffer's header says.
pub(super) struct Header {
    /// By the machine's monotonic clock.
    pub(super) captured_at: Timestamp,
    /// Grows by one with each picture.
    pub(super) sequence: u64,
}

impl<'s> OutBuffer<'s> {
    /// None while viewers hold all buffers.
    pub(super) fn dequeue(stream: &'s Stream) -> Option<Self> {
        // SAFETY: the stream lives; null, which is allowed as an answer, becomes `None`.
        let buffer = NonNull::new(unsafe { stream.dequeue_raw_buffer() })?;
        Some(Self { buffer, stream })
    }

    /// Writes the picture and, behind it, zeros to the buffer's end: other programs have
    /// used the memory, and none of it is to be shown. Where the picture does not fit, the
    /// buffer is marked as broken and empty.
    pub(super) fn fill(&mut self, form: &Form, picture: &[u8], header: &Header) {
        // SAFETY: PipeWire keeps the buffer and what it points to alive until it is queued,
        // which happens when `self` is dropped, and nobody else writes to them until then.
        let buffer = unsafe { self.buffer.as_ref().buffer };
        let Some(buffer) = NonNull::new(buffer) else {
            return;
        };
        // SAFETY: as above; `datas` holds `n_datas` entries.
        let written = unsafe {
            let buffer = buffer.as_ref();
            if buffer.n_datas == 0 || buffer.datas.is_null() {
                return;
            }
            write_data(&*buffer.datas, form, picture)
        };
        let flags = if written {
            0
        } else {
            spa_sys::SPA_META_HEADER_FLAG_CORRUPTED
        };
        // SAFETY: the function gives a header of at least that size within the buffer, aligned
        // for it, or null; see above for its life.
        unsafe {
            let meta = spa_sys::spa_buffer_find_meta_data(
                buffer.as_ptr(),
                spa_sys::SPA_META_Header,
                size_of::<spa_sys::spa_meta_header>(),
            );
            if !meta.is_null() {
                ptr::write(
                    meta.cast(),
                    spa_sys::spa_meta_header {
                        flags,
                        offset: 0,
                        pts: header.captured_at.as_nanos() as i64,
                        dts_offset: 0,
                        seq: header.sequence,
                    },
                );
            }
        }
    }
}

/// # Safety
/// What `data` points to has to live and be this program's alone; a mapping that is not null
/// has `maxsize` bytes.
unsafe fn write_data(data: &spa_sys::spa_data, form: &Form, picture: &[u8]) -> bool {
    let room = data.maxsize as usize;
    let fits = !data.data.is_null() && picture.len() <= room;
    // SAFETY: by the function's contract. The copy's end and the zeros' end lie within
    // `maxsize`. Raw pointers, because viewers map the same memory.
    unsafe {
        if fits {
            let to = data.data.cast::<u8>();
            ptr::copy_nonoverlapping(picture.as_ptr(), to, picture.len());
            ptr::write_bytes(to.add(picture.len()), 0, room - picture.len());
        } else if !data.data.is_null() {
            ptr::write_bytes(data.data.cast::<u8>(), 0, room);
        }
        if !data.chunk.is_null() {
            ptr::write(
                data.chunk,
                spa_sys::spa_chunk {
                    offset: 0,
                    size: if fits { picture.len() as u32 } else { 0 },
                    stride: form.stride_bytes() as i32,
                    flags: if fits {
                        0
                    } else {
                        spa_sys::SPA_CHUNK_FLAG_CORRUPTED as i32
                    },
                },
            );
        }
    }
    fits
}

impl Drop for OutBuffer<'_> {
    fn drop(&mut self) {
        // SAFETY: it was dequeued from this stream and is queued once.
        unsafe { self.stream.queue_raw_buffer(self.buffer.as_ptr()) };
    }
}
