//! Where pages of lists start.

use uuid::Uuid;

use crate::lake::RecordKey;
use crate::tenant::Tenant;

/// Where a page starts in each tenant, in the order of keys.
///
/// A list of several tenants is read tenant by tenant, so that each page is one range of an
/// index however far it is from the first.
pub(super) fn page_starts<'a>(
    tenants: &'a [Tenant],
    after: Option<&RecordKey>,
) -> Vec<(&'a Tenant, Option<Uuid>)> {
    let mut sorted: Vec<&Tenant> = tenants.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
        .into_iter()
        .filter(|tenant| after.is_none_or(|after| **tenant >= after.tenant))
        .map(|tenant| {
            let here = after.filter(|after| after.tenant == *tenant);
            (tenant, here.map(|after| after.id))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_starts_in_the_tenant_of_the_last_key_and_goes_on_to_later_ones() {
        let [a, b, c] = ["a", "b", "c"].map(|name| Tenant::new(name).unwrap());
        let tenants = [c.clone(), a.clone(), b.clone(), a.clone()];
        assert_eq!(page_starts(&tenants, None), [(&a, None), (&b, None), (&c, None)]);
        let id = Uuid::from_u128(7);
        let after = RecordKey::new(b.clone(), id);
        assert_eq!(page_starts(&tenants, Some(&after)), [(&b, Some(id)), (&c, None)]);
        let between = RecordKey::new(Tenant::new("bb").unwrap(), id);
        assert_eq!(page_starts(&tenants, Some(&between)), [(&c, None)]);
    }
}
