//! The memory in which sessions put what they compute on the way.

use std::ptr;

use ort::AsPointer;
use ort::environment::Environment;
use ort::memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType};

/// Gives `environment` an arena that its sessions can have in common.
///
/// Alone a session holds what a run needs between its layers, 10 MB for a network with 1 MB
/// of weights, from its first run to its end. In common they hold it for as many as run at
/// the same time. A part of it is one run's until that gives it back. The arena's lock is held
/// while a part is taken or given back, not while anything is computed.
///
/// # Errors
/// What ONNX Runtime says, as where somebody has given the environment an arena before.
#[allow(unsafe_code)]
pub(super) fn share(environment: &Environment) -> ort::Result<()> {
    let main_memory = MemoryInfo::new(
        AllocationDevice::CPU,
        0,
        AllocatorType::Arena,
        MemoryType::Default,
    )?;
    let register = ort::api().CreateAndRegisterAllocator;
    // SAFETY: both pointers are those of values that live until the call returns, which keeps
    // neither; no configuration is allowed and stands for ONNX Runtime's own. The environment
    // locks itself, so that it may be changed through what is borrowed here. The status that
    // comes back belongs to nobody else.
    unsafe {
        ort::Error::result_from_status(register(
            environment.ptr().cast_mut(),
            main_memory.ptr(),
            ptr::null(),
        ))
    }
}
