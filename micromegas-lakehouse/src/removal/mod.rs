//! What leaves the lake: by age, or because somebody or something must be forgotten.

mod forget;
mod housekeeping;
mod reclaim;
mod record;
mod retention;
mod store;

pub use forget::{forget_process, list_processes_of_user};
pub use housekeeping::{Housekeeping, HousekeepingOptions};
pub use reclaim::{Reclaimed, reclaim_objects};
pub use record::{Forgetting, PayloadMove, PayloadReference, ReclaimableObject, RemovedProcesses};
pub use retention::{Expired, Retention, RetentionPolicy};
pub use store::RemovalStore;
