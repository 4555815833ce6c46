//! What is known about the process and the machine it runs on.

use crate::config::Config;
use crate::origin::Origin;
use micromegas_transit::ProcessInfo;
use uuid::Uuid;

const UNKNOWN: &str = "unknown";

/// Describes this process; what cannot be found out is `unknown`.
pub(crate) fn describe(config: &Config, origin: &Origin) -> ProcessInfo {
    ProcessInfo {
        process_id: Uuid::new_v4(),
        exe: executable(),
        username: whoami::username().unwrap_or_else(|_| UNKNOWN.to_owned()),
        realname: whoami::realname().unwrap_or_else(|_| UNKNOWN.to_owned()),
        computer: whoami::hostname().unwrap_or_else(|_| UNKNOWN.to_owned()),
        distro: whoami::distro().unwrap_or_else(|_| UNKNOWN.to_owned()),
        cpu_brand: cpu_brand().unwrap_or_else(|| UNKNOWN.to_owned()),
        tsc_frequency: origin.frequency,
        start_time: origin.start_time,
        start_ticks: origin.start_ticks,
        parent_process_id: config.parent_process_id,
        properties: config.process_properties.clone(),
    }
}

fn executable() -> String {
    std::env::current_exe()
        .map_or_else(|_| UNKNOWN.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// The brand string of the processor, 48 bytes in three CPUID leaves.
#[cfg(target_arch = "x86_64")]
fn cpu_brand() -> Option<String> {
    use std::arch::x86_64::__cpuid;

    const FIRST_LEAF: u32 = 0x8000_0002;
    const LAST_LEAF: u32 = 0x8000_0004;
    if __cpuid(0x8000_0000).eax < LAST_LEAF {
        return None;
    }
    let bytes: Vec<u8> = (FIRST_LEAF..=LAST_LEAF)
        .map(__cpuid)
        .flat_map(|leaf| [leaf.eax, leaf.ebx, leaf.ecx, leaf.edx])
        .flat_map(u32::to_le_bytes)
        .take_while(|byte| *byte != 0)
        .collect();
    let brand = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!brand.is_empty()).then_some(brand)
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_brand() -> Option<String> {
    Some(whoami::cpu_arch().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_described() {
        let config = Config::default().with_process_property("version", "1");
        let info = describe(&config, &Origin::now());
        assert!(info.exe.contains("micromegas_tracing"), "{}", info.exe);
        for text in [&info.username, &info.computer, &info.distro, &info.cpu_brand] {
            assert!(!text.is_empty());
        }
        assert!(info.tsc_frequency > 0);
        assert_eq!(info.properties["version"], "1");
    }
}
