//! What a tenant may send, and how slowly.
//!
//! [`LimitLayer`] stands between whatever puts the principal into the request and the routes.

mod answer;
mod body;
mod bucket;
mod layer;
mod options;
mod tenant_use;

pub use body::LimitedBody;
pub use layer::{LimitBody, LimitLayer, LimitService};
pub use options::{BodyPace, LimitOptions, TenantLimits};
