/// Has the processor fetch `bytes` from memory while it does something else.
#[inline]
pub(crate) fn fetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "the instruction takes an address")]
    for line in bytes.chunks(LINE_BYTES) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every processor of the target has SSE, and the address is that of a byte of
        // the slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// Bytes that are fetched at once.
#[cfg(target_arch = "x86_64")]
const LINE_BYTES: usize = 64;
