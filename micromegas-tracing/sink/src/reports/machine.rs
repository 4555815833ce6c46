//! Load and memory of the machine, memory of the process; under the names that published clients
//! use.

use crate::reports::Report;
use micromegas_tracing::prelude::*;
use std::time::Duration;
use sysinfo::{
    CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System,
};

const MACHINE_PERIOD: Duration = Duration::from_millis(200);
const PROCESS_PERIOD: Duration = Duration::from_secs(5);

/// What the machine is, as properties of the process; what cannot be found out is left out.
pub(crate) fn machine_properties() -> Vec<(&'static str, String)> {
    let mut system = System::new();
    system.refresh_cpu_list(CpuRefreshKind::nothing());
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let facts = [
        ("physical_core_count", System::physical_core_count().unwrap_or(0) as u64),
        ("logical_cpu_count", system.cpus().len() as u64),
        ("total_memory", system.total_memory()),
    ];
    let known = facts.into_iter().filter(|(_, value)| *value > 0);
    known.map(|(name, value)| (name, value.to_string())).collect()
}

/// Memory and load of the machine.
pub(crate) struct MachineReport {
    system: System,
    /// A load is that since the report before.
    has_load: bool,
}

impl MachineReport {
    pub(crate) fn new() -> Self {
        Self { system: System::new(), has_load: false }
    }
}

impl Report for MachineReport {
    fn period(&self) -> Duration {
        MACHINE_PERIOD
    }

    fn report(&mut self) {
        let system = &mut self.system;
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        imetric!("total_memory", "bytes", system.total_memory());
        imetric!("used_memory", "bytes", system.used_memory());
        imetric!("free_memory", "bytes", system.free_memory());
        system.refresh_cpu_usage();
        if self.has_load {
            fmetric!("cpu_usage", "percent", f64::from(system.global_cpu_usage()));
        }
        self.has_load = true;
    }
}

/// Memory of the process.
pub(crate) struct ProcessReport {
    system: System,
}

impl ProcessReport {
    pub(crate) fn new() -> Self {
        Self { system: System::new() }
    }
}

impl Report for ProcessReport {
    fn period(&self) -> Duration {
        PROCESS_PERIOD
    }

    fn report(&mut self) {
        let id = Pid::from_u32(std::process::id());
        let what = ProcessRefreshKind::nothing().with_memory().without_tasks();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), true, what);
        if let Some(process) = self.system.process(id) {
            imetric!("process_resident_bytes", "bytes", process.memory());
            imetric!("process_virtual_bytes", "bytes", process.virtual_memory());
        }
    }
}
