use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The other programs that hold `path` open, as far as this user may see: "zoom (4711)".
///
/// Programs of other users are not seen unless one is root.
pub(crate) fn holders(path: &Path) -> Vec<String> {
    let own = std::process::id();
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<(u32, String)> = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&process| process != own && descriptors(process, path) > 0)
        .map(|process| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            // Programs name themselves: nothing in a name may steer a terminal.
            let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
            (process, format!("{name} ({process})"))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, who)| who).collect()
}

/// How many descriptors of other programs are open on `path`, as far as this user may see.
pub(crate) fn openings(path: &Path) -> u32 {
    let own = std::process::id();
    let Ok(processes) = fs::read_dir("/proc") else {
        return 0;
    };
    let open: usize = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&process| process != own)
        .map(|process| descriptors(process, path))
        .sum();
    u32::try_from(open).unwrap_or(u32::MAX)
}

/// How many descriptors of a process are open on `path`; 0 for a process that may not be
/// looked into.
fn descriptors(process: u32, path: &Path) -> usize {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return 0;
    };
    entries
        .flatten()
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == path))
        .count()
}

/// What to do to be allowed to open a device.
pub(crate) fn permission_remedy(path: &Path) -> String {
    let group = fs::metadata(path)
        .ok()
        .and_then(|found| group_name(found.gid()))
        .unwrap_or_else(|| "video".to_owned());
    format!("join the group {group} (sudo usermod -aG {group} $USER) and log in again")
}

fn group_name(id: u32) -> Option<String> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == id && id != 0).then(|| name.to_owned())
    })
}
