//! Definitions of views, and what the audit log says about them.

use std::slice::from_ref;
use std::sync::Arc;

use futures::future::join_all;

use super::Subject;
use super::fixture::{ALL, tenant};
use crate::audit::AuditFilter;
use crate::error::Error;
use crate::sql_views::NewSqlView;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

fn view(tenant: &Tenant, name: &str, sql: &str) -> NewSqlView {
    let (tenant, name, sql) = (tenant.clone(), name.to_owned(), sql.to_owned());
    NewSqlView { tenant, name, sql, created_by: "ada".to_owned() }
}

/// Names, versions and queries of a tenant's views.
async fn listed(store: &Arc<dyn MetadataStore>, tenant: &Tenant) -> Vec<(String, u32, String)> {
    let views = store.list_views(from_ref(tenant)).await.unwrap();
    views.into_iter().map(|view| (view.name, view.version, view.sql)).collect()
}

fn row(name: &str, version: u32, sql: &str) -> (String, u32, String) {
    (name.to_owned(), version, sql.to_owned())
}

pub(super) async fn a_definition_comes_back_whole(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    let new = view(&mine, "b", "SELECT 'ä' -- \"\n");
    let stored = store.define_view(new.clone(), false).await.unwrap();
    assert_eq!((&stored.tenant, &stored.name, &stored.sql), (&new.tenant, &new.name, &new.sql));
    assert_eq!((stored.created_by.as_str(), stored.version), ("ada", 1));
    store.define_view(view(&mine, "a", "1"), true).await.unwrap();
    store.define_view(view(&yours, "b", "2"), false).await.unwrap();
    let all = store.list_views(&[yours.clone(), mine.clone()]).await.unwrap();
    let names: Vec<_> = all.iter().map(|v| (v.tenant.as_str(), v.name.as_str())).collect();
    assert_eq!(names, [("mine", "a"), ("mine", "b"), ("yours", "b")]);
    assert_eq!(all[1], stored);
    assert_eq!(store.list_views(&[]).await.unwrap(), []);
}

pub(super) async fn a_name_is_taken_once_unless_it_is_replaced(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    store.define_view(view(&mine, "a", "1"), false).await.unwrap();
    let error = store.define_view(view(&mine, "a", "2"), false).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
    assert_eq!(listed(&store, &mine).await, [row("a", 1, "1")]);
    store.define_view(view(&mine, "a", "2"), true).await.unwrap();
    assert_eq!(listed(&store, &mine).await, [row("a", 2, "2")]);
    assert_eq!(listed(&store, &yours).await, []);
    let error = store.define_view(view(&mine, "A b", "2"), true).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
}

pub(super) async fn versions_are_not_used_again(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    store.define_view(view(&mine, "a", "1"), false).await.unwrap();
    for (tenant, name) in [(&yours, "a"), (&mine, "b")] {
        let error = store.drop_view(tenant, name, "bob").await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    }
    store.drop_view(&mine, "a", "bob").await.unwrap();
    assert_eq!(listed(&store, &mine).await, []);
    let error = store.drop_view(&mine, "a", "bob").await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    store.define_view(view(&mine, "a", "2"), false).await.unwrap();
    assert_eq!(listed(&store, &mine).await, [row("a", 2, "2")]);
}

pub(super) async fn one_of_many_definers_wins(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let rivals = (0..8).map(|rival| {
        let (store, view) = (Arc::clone(&store), view(&tenant, "a", &format!("{rival}")));
        async move { store.define_view(view, false).await }
    });
    let answers = join_all(rivals).await;
    let won: Vec<_> = answers.into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "{won:#?}");
    assert_eq!(listed(&store, &tenant).await, [row("a", 1, &won[0].sql)]);
}

pub(super) async fn definitions_are_audited_and_survive_a_restart(subject: Box<dyn Subject>) {
    let (store, mine) = (subject.store(), tenant("mine"));
    store.define_view(view(&mine, "a", "1"), false).await.unwrap();
    store.define_view(view(&mine, "b", "1"), false).await.unwrap();
    store.define_view(view(&mine, "a", "2"), true).await.unwrap();
    store.drop_view(&mine, "b", "bob").await.unwrap();
    let log = store.list_audit(from_ref(&mine), &AuditFilter::default(), ALL).await.unwrap();
    let said: Vec<_> =
        log.iter().map(|e| (&*e.record.actor, &*e.record.action, &*e.record.target)).collect();
    let defined = |target| ("ada", "view.define", target);
    assert_eq!(said, [defined("a"), defined("b"), defined("a"), ("bob", "view.drop", "b")]);
    assert_eq!(log[2].record.details["sql"], "2");
    let before = store.list_views(from_ref(&mine)).await.unwrap();
    drop(store);
    if let Some(subject) = subject.reopen().await {
        let store = subject.store();
        assert_eq!(store.list_views(from_ref(&mine)).await.unwrap(), before);
        store.define_view(view(&mine, "b", "3"), false).await.unwrap();
        assert_eq!(listed(&store, &mine).await, [row("a", 2, "2"), row("b", 2, "3")]);
    }
}
