//! Where definitions are kept.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::error::Result;
use crate::sql_views::{NewSqlView, SqlViewRecord};
use crate::tenant::Tenant;

/// A store of the definitions of views.
///
/// # What an implementation guarantees
///
/// A tenant has one view of a name at most. The versions of a name grow with each definition and are
/// never reused, whatever was dropped in between. What a method has answered with `Ok` survives the
/// death of this process, and every later list sees it. The [audit log](crate::AuditLog) records
/// each change in the same transaction.
#[async_trait]
pub trait SqlViewStore: Debug + Send + Sync {
    /// Defines a view; one of the same name is replaced if `replaces`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if it does not
    /// [validate](NewSqlView::validate), [`Error::AlreadyExists`](crate::Error::AlreadyExists) if
    /// there is one of the name and it is not to be replaced.
    async fn define_view(&self, view: NewSqlView, replaces: bool) -> Result<SqlViewRecord>;

    /// Ends a view. Its partitions stay in the ledger until they are retired.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the tenant has no view of this name,
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if `by` is empty or no printable text.
    async fn drop_view(&self, tenant: &Tenant, name: &str, by: &str) -> Result<()>;

    /// All views of these tenants, in the order of tenants and names.
    async fn list_views(&self, tenants: &[Tenant]) -> Result<Vec<SqlViewRecord>>;
}
