//! Rules in force, and changing them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use chrono::Utc;
use micromegas_lakehouse::{Lakehouse, MetadataStore, Principal, Rights, Tenant};
use micromegas_tracing::prelude::*;
use object_store::path::Path;
use uuid::Uuid;

use super::archive::Archive;
use super::audit::ControlAction;
use super::journal::Journal;
use super::merge::merge;
use super::rule::{ControlRule, NewControlRule};
use super::settings::{ControlSettings, refused};
use crate::{Error, IngestionOptions};

/// How long the answer to a document waits for the description of a process.
const DESCRIPTION_TIMEOUT: Duration = Duration::from_secs(1);
/// The settings of a tenant's rules together have at most this many bytes, so that the document for
/// a process that all of them concern is one that clients read.
const SETTINGS_BYTES_MAX: usize = 48 * 1024;
/// A tenant has at most this many rules at a time.
const RULE_COUNT_MAX: usize = 100;
/// How many decisions are remembered.
const DECISION_COUNT_MAX: usize = 64 * 1024;
/// The shortest time between two looks at the object store that nobody asked for.
const REFRESH_PERIOD_MIN: Duration = Duration::from_millis(50);

type Rules = BTreeMap<Tenant, Vec<Arc<ControlRule>>>;

/// The rules of one service. They are kept in the object store, so they survive a restart, and all
/// servers over one lake have the same.
#[derive(Debug)]
pub(crate) struct Desk {
    rules: RwLock<Rules>,
    /// Whether the rules were read since the start. Before, nobody is told that there are none.
    has_loaded: AtomicBool,
    /// Held while rules are changed or read again, with what turned out to be no rules.
    changing: tokio::sync::Mutex<BTreeSet<Path>>,
    /// Whether a rule, by its id, concerns a process: neither changes.
    decisions: Mutex<HashMap<(Uuid, Uuid), bool>>,
    archive: Archive,
    journal: Journal,
    store: Arc<dyn MetadataStore>,
    refresh_period: Duration,
    retry_after: Duration,
}

impl Desk {
    /// Reads the rules from now on, until the last handle is dropped.
    pub(crate) fn start(lakehouse: &Lakehouse, options: &IngestionOptions) -> Arc<Self> {
        let desk = Arc::new(Self {
            rules: RwLock::default(),
            has_loaded: AtomicBool::new(false),
            changing: tokio::sync::Mutex::default(),
            decisions: Mutex::default(),
            archive: Archive::new(Arc::clone(lakehouse.objects()), options.retry_after),
            journal: Journal::new(Arc::clone(lakehouse.store()), options.retry_after),
            store: Arc::clone(lakehouse.store()),
            refresh_period: options.control_refresh_period.max(REFRESH_PERIOD_MIN),
            retry_after: options.retry_after,
        });
        tokio::spawn(keep_up(Arc::downgrade(&desk)));
        desk
    }

    /// The settings for a process of this tenant; none as long as it is not known what they are.
    pub(crate) async fn settings_for(
        &self,
        tenant: &Tenant,
        process_id: Uuid,
    ) -> Option<ControlSettings> {
        if !self.has_loaded.load(Ordering::Acquire) {
            return None;
        }
        let mut rules = self.live_rules(tenant);
        rules.retain(|rule| rule.processes.allows_id(process_id));
        let mut matching = Vec::new();
        let mut undecided = Vec::new();
        for rule in rules {
            match self.decision(&rule, process_id) {
                Some(true) => matching.push(rule),
                Some(false) => {}
                None => undecided.push(rule),
            }
        }
        if !undecided.is_empty() {
            let fetching = self.store.fetch_process(tenant, process_id);
            let fetched = tokio::time::timeout(DESCRIPTION_TIMEOUT, fetching).await;
            // A process that nobody has described yet is none of those that are meant.
            let process = fetched.ok()?.ok()?;
            for rule in undecided {
                let Some(process) = &process else { break };
                let is_meant = rule.processes.allows(&process.info);
                self.remember(&rule, process_id, is_meant);
                if is_meant {
                    matching.push(rule);
                }
            }
        }
        Some(merge(&mut matching, Utc::now()))
    }

    /// Puts a rule in force.
    pub(crate) async fn set(
        &self,
        principal: &Principal,
        new: NewControlRule,
    ) -> Result<ControlRule, Error> {
        let tenants = controlled_tenants(principal)?;
        let tenant = new.tenant.clone().unwrap_or_else(|| principal.home().clone());
        if !tenants.contains(&tenant) {
            let reason = "these credentials do not belong to that tenant".to_owned();
            return Err(Error::Forbidden { reason });
        }
        let mut changing = self.changing.lock().await;
        self.refresh(&mut changing).await?;
        let rule = Arc::new(new.begin(tenant, principal.subject(), Utc::now())?);
        self.require_room(&rule)?;
        // In this order, so that nothing is done that is not remembered.
        self.journal.append(&ControlAction::set(&rule)).await?;
        self.archive.put_rule(&rule).await?;
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        rules.entry(rule.tenant.clone()).or_default().push(Arc::clone(&rule));
        drop(rules);
        info!("control rule {} was set by {}", rule.id, rule.created_by);
        Ok(ControlRule::clone(&rule))
    }

    /// The rules in force of the principal's tenants.
    pub(crate) async fn list(&self, principal: &Principal) -> Result<Vec<ControlRule>, Error> {
        let tenants = controlled_tenants(principal)?;
        let mut changing = self.changing.lock().await;
        self.refresh(&mut changing).await?;
        drop(changing);
        let mut listed = Vec::new();
        for tenant in tenants {
            let action = ControlAction::list(tenant, principal.subject(), Utc::now());
            self.journal.append(&action).await?;
            listed.extend(self.live_rules(tenant).iter().map(|rule| ControlRule::clone(rule)));
        }
        Ok(listed)
    }

    /// Ends a rule of one of the principal's tenants before its time.
    pub(crate) async fn remove(&self, principal: &Principal, id: Uuid) -> Result<(), Error> {
        let tenants = controlled_tenants(principal)?;
        let mut changing = self.changing.lock().await;
        self.refresh(&mut changing).await?;
        let mut of_principal = tenants.iter().flat_map(|tenant| self.live_rules(tenant));
        let rule = of_principal.find(|rule| rule.id == id);
        let rule = rule.ok_or_else(|| Error::NotFound { what: format!("rule {id}") })?;
        let action = ControlAction::remove(&rule, principal.subject(), Utc::now());
        self.journal.append(&action).await?;
        self.archive.delete_rule(&rule).await?;
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_tenant) = rules.get_mut(&rule.tenant) {
            of_tenant.retain(|rule| rule.id != id);
        }
        drop(rules);
        info!("control rule {id} was removed by {}", principal.subject());
        Ok(())
    }

    /// The latest actions of each of the principal's tenants, the latest first.
    pub(crate) async fn list_actions(
        &self,
        principal: &Principal,
        limit: usize,
    ) -> Result<Vec<ControlAction>, Error> {
        let mut actions = Vec::new();
        for tenant in controlled_tenants(principal)? {
            actions.extend(self.journal.list(tenant, limit).await?);
        }
        actions.sort_by_key(|action| std::cmp::Reverse(action.time));
        actions.truncate(limit);
        Ok(actions)
    }

    /// What to say to a process that asks before the rules were read.
    pub(crate) fn not_loaded(&self) -> Error {
        Error::Unavailable {
            what: "it is not known now what the settings are; ask again later".to_owned(),
            retry_after: self.retry_after,
            source: None,
        }
    }

    fn live_rules(&self, tenant: &Tenant) -> Vec<Arc<ControlRule>> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let Some(of_tenant) = rules.get(tenant) else { return Vec::new() };
        let now = Utc::now();
        of_tenant.iter().filter(|rule| rule.is_live(now)).map(Arc::clone).collect()
    }

    /// Whether a rule that allows the id of a process concerns it, as far as is known.
    fn decision(&self, rule: &ControlRule, process_id: Uuid) -> Option<bool> {
        if !rule.processes.needs_description() {
            return Some(true);
        }
        let decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        decisions.get(&(rule.id, process_id)).copied()
    }

    fn remember(&self, rule: &ControlRule, process_id: Uuid, is_meant: bool) {
        let mut decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        if decisions.len() >= DECISION_COUNT_MAX {
            decisions.clear();
        }
        decisions.insert((rule.id, process_id), is_meant);
    }

    fn require_room(&self, rule: &ControlRule) -> Result<(), Error> {
        let others = self.live_rules(&rule.tenant);
        let bytes = |rule: &ControlRule| {
            serde_json::to_string(&rule.settings).map_or(usize::MAX, |text| text.len())
        };
        let total =
            others.iter().fold(bytes(rule), |total, rule| total.saturating_add(bytes(rule)));
        if others.len() >= RULE_COUNT_MAX || total > SETTINGS_BYTES_MAX {
            return Err(refused(&format!(
                "a tenant has at most {RULE_COUNT_MAX} rules at a time, with settings of \
                 {SETTINGS_BYTES_MAX} bytes together; remove some or wait until they end"
            )));
        }
        Ok(())
    }

    /// Reads what other servers have set and removed, and ends what is over.
    async fn refresh(&self, unreadable: &mut BTreeSet<Path>) -> Result<(), Error> {
        let listed = self.archive.list_rules().await?;
        unreadable.retain(|path| listed.contains(path));
        let known: BTreeMap<Path, Arc<ControlRule>> = {
            let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
            let rules = rules.values().flatten();
            rules.map(|rule| (Archive::path_of(rule), Arc::clone(rule))).collect()
        };
        let mut rules = Rules::new();
        for path in listed {
            if unreadable.contains(&path) {
                continue;
            }
            let rule = match known.get(&path) {
                Some(rule) => Arc::clone(rule),
                None => match self.archive.fetch_rule(&path).await? {
                    Some(rule) => Arc::new(rule),
                    None => {
                        warn!("{path} in the object store is no control rule");
                        unreadable.insert(path);
                        continue;
                    }
                },
            };
            if rule.is_live(Utc::now()) {
                rules.entry(rule.tenant.clone()).or_default().push(rule);
            } else if self.journal.append_end(&rule).await? {
                self.archive.delete_rule(&rule).await?;
                info!("control rule {} has ended", rule.id);
            }
        }
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        self.has_loaded.store(true, Ordering::Release);
        Ok(())
    }

    /// How long nothing needs to be done, if nobody changes anything.
    fn idle_time(&self) -> Duration {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let first_end = rules.values().flatten().map(|rule| rule.expires).min();
        let left = first_end.map(|end| (end - Utc::now()).to_std().unwrap_or_default());
        left.map_or(self.refresh_period, |left| left.min(self.refresh_period))
            .max(REFRESH_PERIOD_MIN)
    }
}

/// Reads the rules again and again, for as long as somebody needs them.
async fn keep_up(desk: Weak<Desk>) {
    let mut had_failed = false;
    while let Some(desk) = desk.upgrade() {
        let mut changing = desk.changing.lock().await;
        let refreshed = desk.refresh(&mut changing).await;
        drop(changing);
        let idle_time = match &refreshed {
            Ok(()) => desk.idle_time(),
            Err(_) => desk.refresh_period,
        };
        if let (Err(error), false) = (&refreshed, had_failed) {
            error.log("control rules");
        }
        had_failed = refreshed.is_err();
        drop(desk);
        tokio::time::sleep(idle_time).await;
    }
}

/// The tenants whose processes a principal may change: the one place where this is decided.
fn controlled_tenants(principal: &Principal) -> Result<&[Tenant], Error> {
    if principal.can(Rights::CONTROL) {
        Ok(principal.tenants())
    } else {
        let reason = "these credentials may not change what processes record; use a key with the \
                      right `control`";
        Err(Error::Forbidden { reason: reason.to_owned() })
    }
}
