//! What the process does so that frames stay in its memory.

/// Turns core dumps off for this process and keeps other programs of the user from looking
/// into its memory: both would show the room.
///
/// A system that refuses is no reason not to start; the message says so.
pub(crate) fn harden() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{
            DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit,
        };
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // The limit does not hold where dumps go to a program; not being dumpable does.
        let limited = setrlimit(Resource::Core, none);
        let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        let refused = limited.and(hidden).err()?;
        Some(format!(
            "core dumps cannot be turned off ({}): frames could be in one after a crash",
            std::io::Error::from(refused)
        ))
    }
    #[cfg(all(unix, not(target_os = "linux")))]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let refused = setrlimit(Resource::Core, none).err()?;
        Some(format!(
            "core dumps cannot be turned off ({}): frames could be in one after a crash",
            std::io::Error::from(refused)
        ))
    }
    #[cfg(not(unix))]
    {
        None
    }
}
