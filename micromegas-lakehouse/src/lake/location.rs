//! Where a block's payload lies, and the keys of objects.

use uuid::Uuid;

use crate::tenant::Tenant;

/// Where a payload lies: a range of bytes of one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayloadLocation {
    /// The key of the object under the root of the store.
    pub key: String,
    /// The first byte of the payload in the object.
    pub offset: u64,
    /// The number of bytes.
    pub length: u64,
}

impl PayloadLocation {
    /// A payload that has an object of its own.
    pub fn whole_object(key: String, length: u64) -> Self {
        Self { key, offset: 0, length }
    }
}

/// The key of an object that holds one block: the published layout for the default tenant.
pub(crate) fn block_key(tenant: &Tenant, process: Uuid, stream: Uuid, block: Uuid) -> String {
    if tenant.is_default() {
        format!("blobs/{process}/{stream}/{block}")
    } else {
        format!("tenants/{tenant}/blobs/{process}/{stream}/{block}")
    }
}

/// The block that an object of its own was written for, by the key.
pub(crate) fn block_of_key(key: &str) -> Option<(Tenant, Uuid)> {
    let (tenant, rest) = match key.strip_prefix("tenants/") {
        Some(rest) => {
            let (name, rest) = rest.split_once('/')?;
            (Tenant::new(name).ok()?, rest)
        }
        None => (Tenant::default(), key),
    };
    let mut ids = rest.strip_prefix("blobs/")?.split('/').map(Uuid::try_parse);
    let (process, stream, block) = (ids.next()?.ok()?, ids.next()?.ok()?, ids.next()?.ok()?);
    (ids.next().is_none() && block_key(&tenant, process, stream, block) == key)
        .then_some((tenant, block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_its_own_tells_the_block() {
        let [process, stream, block] = [1, 2, 3].map(Uuid::from_u128);
        for tenant in [Tenant::default(), Tenant::new("eu").unwrap()] {
            let key = block_key(&tenant, process, stream, block);
            assert_eq!(block_of_key(&key), Some((tenant, block)));
            assert_eq!(block_of_key(&format!("{key}/1")), None);
            assert_eq!(block_of_key(&key.to_uppercase()), None);
        }
        for other in ["", "blobs/1/2/3", "segments/default/2025-11-21/08/1-1", "tenants/a b/blobs"]
        {
            assert_eq!(block_of_key(other), None, "{other}");
        }
    }

    #[test]
    fn the_default_tenant_has_the_published_layout() {
        let [process, stream, block] = [1, 2, 3].map(Uuid::from_u128);
        assert_eq!(
            block_key(&Tenant::default(), process, stream, block),
            "blobs/00000000-0000-0000-0000-000000000001/00000000-0000-0000-0000-000000000002/00000000-0000-0000-0000-000000000003"
        );
        let other = block_key(&Tenant::new("eu").unwrap(), process, stream, block);
        assert!(other.starts_with("tenants/eu/blobs/00000000-"), "{other}");
    }
}
