//! A key as it is kept.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::keys::KeyHash;
use crate::lake::RecordKey;
use crate::principal::Rights;
use crate::tenant::Tenant;
use crate::time::to_nanos;

/// The longest name of a key, and of who made or revoked it, in bytes.
pub const KEY_NAME_BYTES_MAX: usize = 255;
/// The longest beginning of a key that is shown, in bytes.
const PREFIX_BYTES_MAX: usize = 16;

/// A key to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// Its identity, which is not secret.
    pub id: Uuid,
    /// Who or what uses it, in the operator's words.
    pub name: String,
    /// The beginning of its text, which is shown to recognise it by.
    pub prefix: String,
    /// What it is found by.
    pub hash: KeyHash,
    /// The tenant whose data it writes and reads.
    pub tenant: Tenant,
    /// What it may do there.
    pub rights: Rights,
    /// When it stops being valid, if ever.
    pub expires: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: String,
}

impl NewApiKey {
    /// Checks what every store refuses.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a text is empty, too long or has control characters, if there
    /// are no rights, or if the expiry cannot be stored.
    pub fn validate(&self) -> Result<()> {
        require_text("the name of a key", &self.name, KEY_NAME_BYTES_MAX)?;
        require_text("the prefix of a key", &self.prefix, PREFIX_BYTES_MAX)?;
        require_text("who makes a key", &self.created_by, KEY_NAME_BYTES_MAX)?;
        if self.rights == Rights::NONE {
            return Err(Error::invalid("a key has at least one right"));
        }
        self.expires.map_or(Ok(0), |expires| to_nanos(expires, "the expiry of a key"))?;
        Ok(())
    }
}

/// Checks who revokes a key.
pub(crate) fn require_actor(actor: &str) -> Result<()> {
    require_text("who does it", actor, KEY_NAME_BYTES_MAX)
}

fn require_text(what: &str, text: &str, bytes_max: usize) -> Result<()> {
    if text.is_empty() || text.len() > bytes_max || text.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "{what} has 1 to {bytes_max} bytes and no control characters"
        )));
    }
    Ok(())
}

/// A stored key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its identity, which is not secret.
    pub id: Uuid,
    /// Who or what uses it, in the operator's words.
    pub name: String,
    /// The beginning of its text, which is shown to recognise it by.
    pub prefix: String,
    /// What it is found by.
    pub hash: KeyHash,
    /// The tenant whose data it writes and reads.
    pub tenant: Tenant,
    /// What it may do there.
    pub rights: Rights,
    /// When it stops being valid, if ever.
    pub expires: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: String,
    /// When it was stored, by the store's clock.
    pub created_time: DateTime<Utc>,
    /// By whom and when it was revoked, if it was.
    pub revoked: Option<Revocation>,
}

/// The end of a key before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When, by the store's clock.
    pub time: DateTime<Utc>,
    /// By whom.
    pub by: String,
}

impl ApiKeyRecord {
    /// Whether the key is neither revoked nor expired at this time.
    pub fn is_valid_at(&self, time: DateTime<Utc>) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| time < expires)
    }

    /// What the store keeps of a new key.
    pub(crate) fn new(key: NewApiKey, created_time: DateTime<Utc>) -> Self {
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            hash: key.hash,
            tenant: key.tenant,
            rights: key.rights,
            expires: key.expires,
            created_by: key.created_by,
            created_time,
            revoked: None,
        }
    }
}

/// Which keys; the default is all of them, of all tenants.
#[derive(Debug, Clone, Default)]
pub struct KeyFilter {
    /// Only keys of these tenants.
    pub tenants: Option<Vec<Tenant>>,
    /// Only those after this key: that of the last record of the previous page.
    pub after: Option<RecordKey>,
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn key() -> NewApiKey {
        NewApiKey {
            id: Uuid::from_u128(1),
            name: "Fähre 7".to_owned(),
            prefix: "mmk_abcd".to_owned(),
            hash: KeyHash::from_bytes([7; 32]),
            tenant: Tenant::default(),
            rights: Rights::INGEST,
            expires: None,
            created_by: "ada".to_owned(),
        }
    }

    #[test]
    fn names_that_would_forge_a_line_are_refused() {
        key().validate().unwrap();
        for name in ["", "a\nb", "a\u{0}b", &"x".repeat(KEY_NAME_BYTES_MAX + 1)] {
            assert!(NewApiKey { name: name.to_owned(), ..key() }.validate().is_err(), "{name:?}");
        }
        assert!(NewApiKey { rights: Rights::NONE, ..key() }.validate().is_err());
        let never = Some(DateTime::<Utc>::MAX_UTC);
        assert!(NewApiKey { expires: never, ..key() }.validate().is_err());
    }

    #[test]
    fn a_key_ends_when_it_expires_or_is_revoked() {
        let now = Utc::now();
        let mut record = ApiKeyRecord::new(NewApiKey { expires: Some(now), ..key() }, now);
        assert!(record.is_valid_at(now - TimeDelta::nanoseconds(1)));
        assert!(!record.is_valid_at(now));
        record.revoked = Some(Revocation { time: now, by: "ada".to_owned() });
        assert!(!record.is_valid_at(now - TimeDelta::hours(1)));
    }
}
