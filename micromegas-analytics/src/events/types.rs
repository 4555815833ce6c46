//! Which event types there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use micromegas_lakehouse::{RecordKey, StreamFilter, Tenant};
use micromegas_transit::{EventKind, LayoutHash, MemberKind, StreamPlan};
use uuid::Uuid;

use crate::engine::Engine;
use crate::error::Error;

/// Streams are listed in pages of this many.
const PAGE_LENGTH: usize = 4_096;
/// Types beyond this many have no table.
const TYPE_COUNT_MAX: usize = 1_000;
/// Members beyond this many are in the column `fields` only.
const MEMBER_COUNT_MAX: usize = 200;

/// What of a type all its values of a member have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FieldKind {
    Unsigned,
    Signed,
    Float,
    Bool,
    /// Texts as they are, everything else as JSON text.
    Text,
}

impl FieldKind {
    fn of(kind: MemberKind) -> Self {
        match kind {
            MemberKind::Unsigned => Self::Unsigned,
            MemberKind::Signed => Self::Signed,
            MemberKind::Float => Self::Float,
            MemberKind::Bool => Self::Bool,
            _ => Self::Text,
        }
    }

    /// The word for it in SQL.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
            Self::Float => "float",
            Self::Bool => "boolean",
            Self::Text => "text",
        }
    }
}

/// A type of events, in all streams that have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EventType {
    /// Its members, in the order in which layouts first named them.
    pub(super) members: Vec<(String, FieldKind)>,
    pub(super) stream_ids: BTreeSet<Uuid>,
    pub(super) tags: BTreeSet<String>,
}

impl EventType {
    fn add(&mut self, name: String, kind: FieldKind) {
        match self.members.iter().position(|member| member.0 == name) {
            Some(place) if self.members[place].1 != kind => self.members[place].1 = FieldKind::Text,
            Some(_) => {}
            None if self.members.len() < MEMBER_COUNT_MAX => self.members.push((name, kind)),
            None => {}
        }
    }
}

/// The types that the streams of some tenants may have, by name. Types whose records carry their
/// size are not among them: nothing is known of them but the name.
pub(super) async fn event_types(
    engine: &Arc<Engine>,
    tenants: &[Tenant],
) -> Result<BTreeMap<String, EventType>, Error> {
    let mut plans: HashMap<LayoutHash, Option<Arc<StreamPlan>>> = HashMap::new();
    let mut types: BTreeMap<String, EventType> = BTreeMap::new();
    let mut filter = StreamFilter::default();
    loop {
        let page = engine.lakehouse().store().list_streams(tenants, &filter, PAGE_LENGTH).await?;
        for stream in &page {
            let plan = match plans.get(&stream.layout) {
                Some(plan) => plan.clone(),
                None => {
                    let plan = engine.sources().plan(engine.lakehouse(), stream.layout).await?.ok();
                    plans.insert(stream.layout, plan.clone());
                    plan
                }
            };
            let Some(plan) = plan else { continue };
            for event in plan.event_types().filter(|event| is_custom(event.kind, event.name)) {
                if !types.contains_key(event.name) && types.len() >= TYPE_COUNT_MAX {
                    continue;
                }
                let known = types.entry(event.name.to_owned()).or_default();
                known.stream_ids.insert(stream.stream_id);
                known.tags.extend(stream.tags.iter().cloned());
                for member in plan.event_members(event.type_index) {
                    known.add(member.name, FieldKind::of(member.kind));
                }
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE_LENGTH => {
                filter.after = Some(RecordKey::new(last.tenant.clone(), last.stream_id));
            }
            _ => return Ok(types),
        }
    }
}

/// Whether events of this type are a process's own, and not a part of some view.
pub(crate) fn is_custom(kind: EventKind, name: &str) -> bool {
    kind == EventKind::Custom && name != "TraceContextEvent"
}
