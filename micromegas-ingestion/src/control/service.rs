//! The same without HTTP.

use micromegas_lakehouse::Principal;
use uuid::Uuid;

use super::{ControlAction, ControlRule, ControlSettings, NewControlRule};
use crate::service::writable_tenant;
use crate::{Error, IngestionService};

impl IngestionService {
    /// Changes what processes of one of the principal's tenants record, for a while.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right `control` or for another tenant,
    /// [`Error::InvalidInput`] for what is no rule, [`Error::Unavailable`] when the object store
    /// failed.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the rule set or not set; [listing](Self::list_control_rules)
    /// tells.
    pub async fn set_control_rule(
        &self,
        principal: &Principal,
        rule: NewControlRule,
    ) -> Result<ControlRule, Error> {
        self.desk().set(principal, rule).await
    }

    /// The rules that are in force for the principal's tenants.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right `control`, [`Error::Unavailable`] when the object
    /// store failed.
    pub async fn list_control_rules(
        &self,
        principal: &Principal,
    ) -> Result<Vec<ControlRule>, Error> {
        self.desk().list(principal).await
    }

    /// Ends a rule of one of the principal's tenants before its time.
    ///
    /// # Errors
    /// As [`list_control_rules`](Self::list_control_rules); [`Error::NotFound`] if the principal's
    /// tenants have no such rule.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the rule removed or not; removing it again is safe.
    pub async fn remove_control_rule(&self, principal: &Principal, id: Uuid) -> Result<(), Error> {
        self.desk().remove(principal, id).await
    }

    /// What was done with rules of the principal's tenants, the latest first.
    ///
    /// # Errors
    /// As [`list_control_rules`](Self::list_control_rules).
    pub async fn list_control_actions(
        &self,
        principal: &Principal,
        limit: usize,
    ) -> Result<Vec<ControlAction>, Error> {
        self.desk().list_actions(principal, limit).await
    }

    /// The settings for a process of the principal's tenant; none as long as a store does not say
    /// what they are.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the principal may not write.
    pub async fn control_settings(
        &self,
        principal: &Principal,
        process_id: Uuid,
    ) -> Result<Option<ControlSettings>, Error> {
        let tenant = writable_tenant(principal)?;
        Ok(self.desk().settings_for(tenant, process_id).await)
    }
}
