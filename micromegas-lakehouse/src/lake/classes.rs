//! Which blocks leave the lake together, so that they share objects.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::lake::{RecordKey, StreamFilter};
use crate::removal::RetentionPolicy;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// The most streams whose classes are kept.
const COUNT_MAX: usize = 100_000;

/// For how long blocks of a class are kept; `None` for good. An object has blocks of one class, or
/// it would have to be written anew each time that some of its blocks are too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RetentionClass(Option<Duration>);

/// The classes of streams, by a policy.
#[derive(Debug)]
pub(crate) struct RetentionClasses {
    store: Arc<dyn MetadataStore>,
    policy: RetentionPolicy,
    known: Mutex<HashMap<RecordKey, RetentionClass>>,
}

impl RetentionClasses {
    pub(crate) fn new(store: Arc<dyn MetadataStore>, policy: RetentionPolicy) -> Self {
        Self { store, policy, known: Mutex::default() }
    }

    /// Whether tags make no difference, so that there is one class.
    fn is_one(&self) -> bool {
        self.policy.ages_by_tag.is_empty()
    }

    /// Learns the tags of a stream on its way into the lake.
    pub(crate) fn note_stream(&self, tenant: &Tenant, stream_id: Uuid, tags: &[String]) {
        if !self.is_one() {
            self.note(RecordKey::new(tenant.clone(), stream_id), self.of_tags(tags));
        }
    }

    /// The class of a stream. One that the lake does not know, or cannot tell of now, has that of
    /// streams without tags: its blocks may have to be copied one day, and nothing else.
    pub(crate) async fn of_stream(&self, tenant: &Tenant, stream_id: Uuid) -> RetentionClass {
        if self.is_one() {
            return self.of_tags(&[]);
        }
        let key = RecordKey::new(tenant.clone(), stream_id);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(class) = known {
            return class;
        }
        let filter = StreamFilter::stream(stream_id);
        let found = self.store.list_streams(std::slice::from_ref(tenant), &filter, 1).await;
        let Ok(found) = found else { return self.of_tags(&[]) };
        let class = self.of_tags(found.first().map_or(&[], |stream| &stream.tags));
        self.note(key, class);
        class
    }

    fn of_tags(&self, tags: &[String]) -> RetentionClass {
        RetentionClass(self.policy.age_of(tags))
    }

    fn note(&self, stream: RecordKey, class: RetentionClass) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= COUNT_MAX {
            known.clear();
        }
        known.insert(stream, class);
    }
}
