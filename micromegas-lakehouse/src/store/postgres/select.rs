//! Pieces of SELECT statements that lists share.

use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::text::stored;
use crate::tenant::Tenant;

/// `= ANY` of a list of tenants.
pub(super) fn push_any_tenant(query: &mut QueryBuilder<Postgres>, tenants: &[Tenant]) {
    let names: Vec<String> = tenants.iter().map(|tenant| tenant.as_str().to_owned()).collect();
    query.push(" = ANY(").push_bind(names).push(")");
}

/// `AND column = ANY` of a list of ids, if there is one.
pub(super) fn push_ids(
    query: &mut QueryBuilder<Postgres>,
    column: &'static str,
    ids: Option<&[Uuid]>,
) {
    if let Some(ids) = ids {
        query.push(" AND ").push(column).push(" = ANY(").push_bind(ids.to_vec()).push(")");
    }
}

/// `AND` the tags of the row `t` have this one, if there is one.
pub(super) fn push_tag(query: &mut QueryBuilder<Postgres>, tag: Option<&str>) {
    if let Some(tag) = tag {
        query.push(" AND ").push_bind(stored(tag).into_owned()).push(" = ANY(t.tags)");
    }
}

pub(super) fn push_limit(query: &mut QueryBuilder<Postgres>, limit: usize) {
    query.push(" LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
}
