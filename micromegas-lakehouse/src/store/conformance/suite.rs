//! What a suite is: a subject, cases, and running them.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::cases::cases;
use crate::store::MetadataStore;

/// A store under test, empty when a case gets it.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn MetadataStore>;

    /// Ends the store and opens what it has persisted, as a restarted server would; `None` for a
    /// store that persists nothing.
    async fn reopen(self: Box<Self>) -> Option<Box<dyn Subject>> {
        None
    }
}

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    /// What the case shows, as `area::behaviour`.
    pub name: &'static str,
    pub(super) body: fn(Box<dyn Subject>) -> BoxFuture<'static, ()>,
}

impl Case {
    /// Runs the case.
    ///
    /// # Panics
    ///
    /// If the store does not behave as the contract says.
    pub async fn run(&self, subject: Box<dyn Subject>) {
        (self.body)(subject).await;
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Runs every case, each on a subject of its own.
///
/// On a runtime of several threads the cases about concurrent writers are sharper.
///
/// # Panics
///
/// If some case fails; the message names all that did.
pub async fn run<F, Fut>(factory: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Box<dyn Subject>>,
{
    let mut failed = Vec::new();
    for case in cases() {
        let subject = factory().await;
        let body = (case.body)(subject);
        if tokio::spawn(body).await.is_err() {
            failed.push(case.name);
        }
    }
    assert!(failed.is_empty(), "these cases failed: {failed:#?}");
}
