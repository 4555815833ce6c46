//! How much memory the process has.

/// The resident memory of this process at present, in bytes; none where the system does not tell.
pub(crate) fn resident() -> Option<u64> {
    of_status("VmRSS:")
}

/// The most that was resident at any time.
pub(crate) fn peak() -> Option<u64> {
    of_status("VmHWM:")
}

fn of_status(name: &str) -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/self/status").ok()?, name)
}

fn parse(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_read() {
        let status = "Name:\tmicromegas\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse(status, "VmRSS:"), Some(1024 * 1024));
        assert_eq!(parse(status, "VmHWM:"), Some(2048 * 1024));
        assert_eq!(parse(status, "VmSwap:"), None);
    }
}
