//! Pieces of SELECT statements that lists share.

use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::encode::json_ids;
use crate::tenant::Tenant;

/// `IN` a list of tenants.
pub(super) fn push_in_tenants(query: &mut QueryBuilder<Sqlite>, tenants: &[Tenant]) {
    query.push(" IN (");
    let mut list = query.separated(", ");
    for tenant in tenants {
        list.push_bind(tenant.as_str().to_owned());
    }
    query.push(")");
}

/// `AND column IN` a list of ids, if there is one.
pub(super) fn push_ids(
    query: &mut QueryBuilder<Sqlite>,
    column: &'static str,
    ids: Option<&[Uuid]>,
) {
    if let Some(ids) = ids {
        query.push(" AND ").push(column).push(" IN (SELECT unhex(value) FROM json_each(");
        query.push_bind(json_ids(ids)).push("))");
    }
}

/// `AND` the tags of the row `t` have this one, if there is one.
pub(super) fn push_tag(query: &mut QueryBuilder<Sqlite>, tag: Option<&str>) {
    if let Some(tag) = tag {
        query.push(" AND EXISTS (SELECT 1 FROM json_each(t.tags) g WHERE g.value = ");
        query.push_bind(tag.to_owned()).push(")");
    }
}

pub(super) fn push_limit(query: &mut QueryBuilder<Sqlite>, limit: usize) {
    query.push(" LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
}
