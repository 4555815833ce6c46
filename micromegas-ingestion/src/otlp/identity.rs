//! Ids that follow from what was sent, so that the same data sent again has the same ids.
//!
//! OTLP has no processes, streams or blocks. A process is what certain attributes of a resource
//! say it is, a stream is one signal of a process, a block is its own bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use micromegas_lakehouse::Tenant;
use opentelemetry_proto::tonic::resource::v1::Resource;
use sha1::{Digest, Sha1};
use uuid::{Uuid, uuid};

use super::Signal;
use super::value::to_text;

const PROCESS_NAMESPACE: Uuid = uuid!("80a447b8-fcdd-42a6-a613-f6c8719cd5fe");
const STREAM_NAMESPACE: Uuid = uuid!("fe93bacf-e851-4cf6-8526-05f8454b3488");
const BLOCK_NAMESPACE: Uuid = uuid!("5829a6f7-0577-4c8c-862f-cf4fdab445cc");
const SEPARATOR: &[u8] = &[0x1f];

/// The attributes whose values compare whatever the case of their letters, and those that do not.
#[derive(Clone, Copy)]
enum Field {
    Folded(&'static [&'static str]),
    Exact(&'static [&'static str]),
}

const OWNER: &[&str] =
    &["process.owner", "process.user.name", "process.real_user.name", "user.name"];

/// What makes a process: the first of each line's attributes that is there.
const PROCESS_FIELDS: [Field; 31] = [
    Field::Folded(&["host.id"]),
    Field::Folded(&["host.name"]),
    Field::Exact(&["process.pid"]),
    Field::Exact(&["process.creation.time", "process.start_time"]),
    Field::Folded(&["service.namespace"]),
    Field::Folded(&["service.name"]),
    Field::Folded(&["service.instance.id"]),
    Field::Folded(OWNER),
    Field::Folded(&["os.type"]),
    Field::Folded(&["os.version"]),
    Field::Folded(&["os.name"]),
    Field::Folded(&["os.description"]),
    Field::Folded(&["os.build_id"]),
    Field::Folded(&["host.arch"]),
    Field::Folded(&["host.type"]),
    Field::Folded(&["host.image.id"]),
    Field::Folded(&["host.image.name"]),
    Field::Folded(&["host.image.version"]),
    Field::Folded(&["host.cpu.model.id"]),
    Field::Folded(&["host.cpu.model.name"]),
    Field::Folded(&["host.cpu.family"]),
    Field::Folded(&["host.cpu.vendor.id"]),
    Field::Folded(&["host.cpu.stepping"]),
    Field::Folded(&["host.cpu.cache.l2.size"]),
    Field::Folded(&["service.version"]),
    Field::Folded(&["telemetry.sdk.name"]),
    Field::Folded(&["telemetry.sdk.language"]),
    Field::Folded(&["telemetry.sdk.version"]),
    Field::Folded(&["process.runtime.name"]),
    Field::Folded(&["process.runtime.version"]),
    Field::Folded(&["process.runtime.description"]),
];

/// The attributes of a resource, as texts by name. Of attributes with one name the last counts.
#[derive(Debug)]
pub(crate) struct Attributes<'a>(BTreeMap<&'a str, Cow<'a, str>>);

impl<'a> Attributes<'a> {
    pub(crate) fn of(resource: &'a Resource) -> Self {
        let attributes = resource.attributes.iter();
        Self(attributes.map(|one| (one.key.as_str(), to_text(one.value.as_ref()))).collect())
    }

    /// The first of these attributes that is there and not empty.
    pub(crate) fn first(&self, names: &[&str]) -> &str {
        let mut values = names.iter().filter_map(|name| self.0.get(*name)).map(|value| &**value);
        values.find(|value| !value.is_empty()).unwrap_or_default()
    }

    pub(crate) fn owner(&self) -> &str {
        self.first(OWNER)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_ref()))
    }
}

/// The process that a resource is. The default tenant has the ids of an installation without
/// tenants; another tenant has ids of its own.
pub(crate) fn process_id(tenant: &Tenant, attributes: &Attributes<'_>) -> Uuid {
    let namespace = match audience(tenant) {
        Some(name) => uuid_v5(PROCESS_NAMESPACE, [name]),
        None => PROCESS_NAMESPACE,
    };
    let values = PROCESS_FIELDS.map(|field| match field {
        Field::Folded(names) => attributes.first(names).trim().to_ascii_lowercase(),
        Field::Exact(names) => attributes.first(names).to_owned(),
    });
    let joined = values.join("\u{1f}");
    uuid_v5(namespace, [joined.as_bytes()])
}

/// The stream of one signal of a process.
pub(crate) fn stream_id(process_id: Uuid, signal: Signal) -> Uuid {
    let process = process_id.to_string();
    uuid_v5(STREAM_NAMESPACE, [process.as_bytes(), SEPARATOR, signal.as_str().as_bytes()])
}

/// The block with these bytes.
pub(crate) fn block_id(tenant: &Tenant, bytes: &[u8]) -> Uuid {
    match audience(tenant) {
        Some(name) => uuid_v5(BLOCK_NAMESPACE, [name, SEPARATOR, bytes]),
        None => uuid_v5(BLOCK_NAMESPACE, [bytes]),
    }
}

fn audience(tenant: &Tenant) -> Option<&[u8]> {
    (!tenant.is_default()).then_some(tenant.as_str().as_bytes())
}

/// A name-based UUID (RFC 9562, version 5) of parts that follow each other.
fn uuid_v5<'a>(namespace: Uuid, parts: impl IntoIterator<Item = &'a [u8]>) -> Uuid {
    let mut hash = Sha1::new_with_prefix(namespace.as_bytes());
    for part in parts {
        hash.update(part);
    }
    let digest: [u8; 20] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

    use super::*;

    fn resource<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Resource {
        let attributes = attributes.into_iter().map(|(key, value)| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) }),
            ..KeyValue::default()
        });
        Resource { attributes: attributes.collect(), ..Resource::default() }
    }

    fn id<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Uuid {
        process_id(&Tenant::default(), &Attributes::of(&resource(attributes)))
    }

    #[test]
    fn a_known_resource_has_its_published_id() {
        let known = [
            ("host.name", "my-host"),
            ("service.name", "my-service"),
            ("os.type", "linux"),
            ("os.version", "5.15.0"),
            ("host.arch", "x86_64"),
            ("service.version", "2.3.1"),
            ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.version", "0.28.0"),
            ("process.runtime.name", "rustc"),
            ("process.runtime.version", "1.88.0"),
        ];
        let expected = uuid!("92267645-021b-5d0f-960b-c74719552658");
        assert_eq!(id(known), expected);
        let shouted = known.map(|(key, value)| (key, value.to_ascii_uppercase()));
        assert_eq!(id(shouted.iter().map(|(key, value)| (*key, value.as_str()))), expected);
        assert_ne!(id(known.into_iter().chain([("process.pid", "1")])), expected);
        assert_eq!(id(known.into_iter().chain([("my.own", "1")])), expected);
    }

    #[test]
    fn a_name_based_id_is_as_the_standard_says() {
        let dns = uuid!("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        let example = uuid_v5(dns, [b"www.".as_slice(), b"example.com"]);
        assert_eq!(example, uuid!("2ed6657d-e927-568b-95e1-2665a8aea6a2"));
    }

    #[test]
    fn each_tenant_and_each_signal_has_ids_of_its_own() {
        let resource = resource([("service.name", "a")]);
        let attributes = Attributes::of(&resource);
        let tenants = ["default", "one", "two"].map(|name| Tenant::new(name).unwrap());
        let processes = tenants.each_ref().map(|tenant| process_id(tenant, &attributes));
        let blocks = tenants.each_ref().map(|tenant| block_id(tenant, b"bytes"));
        let streams = Signal::ALL.map(|signal| stream_id(processes[0], signal));
        for ids in [processes, blocks, streams] {
            assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
        }
    }
}
