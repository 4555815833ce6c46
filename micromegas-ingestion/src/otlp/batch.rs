//! A request, split by resource: what each of them is in the lake.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use micromegas_lakehouse::{NewStream, Tenant};
use micromegas_transit::{Block, LayoutHash, Payload, ProcessInfo, StreamLayout, TickRange};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use super::identity::{Attributes, block_id, process_id, stream_id};
use super::redaction::redacted;
use super::scan::Scan;
use super::schema::schema;
use super::wire::{Fields, Malformed, Value};
use super::{OtlpOptions, Signal};

/// Ticks of OTLP processes are nanoseconds.
const TICKS_PER_SECOND: i64 = 1_000_000_000;

/// What a request asks to be stored.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) resources: Vec<ResourceRecords>,
    pub(crate) rejected: Rejected,
}

/// Records that are not stored while others of the same request are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) record_count: u64,
    /// Why the first of them was rejected.
    pub(crate) reason: Option<String>,
}

/// A resource and what it sent, as process, stream and block.
#[derive(Debug)]
pub(crate) struct ResourceRecords {
    pub(crate) process: ProcessInfo,
    pub(crate) stream: NewStream,
    pub(crate) record_count: u64,
    least_nanos: i64,
    greatest_nanos: i64,
    /// The resource's message, as it was sent or as redaction left it.
    bytes: Bytes,
}

impl Rejected {
    pub(crate) fn add(&mut self, record_count: u64, reason: impl Into<String>) {
        self.record_count += record_count;
        self.reason.get_or_insert_with(|| reason.into());
    }
}

impl Batch {
    /// Splits a request. It is malformed as a whole if any part of it is.
    pub(crate) fn split(
        tenant: &Tenant,
        signal: Signal,
        request: &Bytes,
        options: &OtlpOptions,
    ) -> Result<Self, Malformed> {
        let mut batch = Self::default();
        let mut fields = Fields::new(request);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Bytes(resource)) => {
                    batch.add(tenant, signal, request.slice_ref(resource), options)?;
                }
                (1, _) => return Err(Malformed("a resource is not a message")),
                _ => {}
            }
        }
        Ok(batch)
    }

    fn add(
        &mut self,
        tenant: &Tenant,
        signal: Signal,
        mut bytes: Bytes,
        options: &OtlpOptions,
    ) -> Result<(), Malformed> {
        let message = schema().message(signal.resource_message());
        let scan = Scan::of(message, &bytes)?;
        if scan.record_count == 0 {
            return Ok(());
        }
        if scan.is_too_deep {
            self.rejected.add(scan.record_count, "attribute values are nested too deeply");
            return Ok(());
        }
        if !options.redaction.is_empty() {
            bytes = redacted(&options.redaction, message, &bytes)?.into();
        }
        let Some(resource) = resource(&bytes, options.resource_bytes_max)? else {
            let reason = format!("a resource is longer than {} bytes", options.resource_bytes_max);
            self.rejected.add(scan.record_count, reason);
            return Ok(());
        };
        let attributes = Attributes::of(&resource);
        let (least_nanos, greatest_nanos) = match scan.times {
            Some((least, greatest)) => (nanos(least), nanos(greatest)),
            None => (now(), now()),
        };
        let process = process(tenant, &attributes, least_nanos);
        let stream = stream(tenant, &process, signal);
        let record_count = scan.record_count;
        self.resources.push(ResourceRecords {
            process,
            stream,
            record_count,
            least_nanos,
            greatest_nanos: greatest_nanos.max(least_nanos),
            bytes,
        });
        Ok(())
    }
}

impl ResourceRecords {
    /// The block with the records.
    pub(crate) fn block(&self) -> Block {
        let Self { least_nanos, greatest_nanos, .. } = *self;
        let payload = Payload { dependencies: Bytes::new(), objects: self.bytes.clone() };
        Block {
            block_id: block_id(&self.stream.tenant, &self.bytes),
            stream_id: self.stream.stream_id,
            process_id: self.process.process_id,
            begin_time: DateTime::from_timestamp_nanos(least_nanos),
            begin_ticks: least_nanos,
            end_time: DateTime::from_timestamp_nanos(greatest_nanos),
            end_ticks: greatest_nanos,
            payload: payload.to_raw(),
            object_offset: 0,
            event_count: i32::try_from(self.record_count).unwrap_or(i32::MAX),
            event_ticks: Some(TickRange { least: least_nanos, greatest: greatest_nanos }),
            skipped_events: 0,
        }
    }
}

/// The description of the resource; none if it is longer than `bytes_max`.
fn resource(bytes: &[u8], bytes_max: usize) -> Result<Option<Resource>, Malformed> {
    let mut resource = Resource::default();
    let mut length = 0;
    let mut fields = Fields::new(bytes);
    while let Some((number, value)) = fields.next()? {
        if let (1, Value::Bytes(part)) = (number, value) {
            length += part.len();
            if length > bytes_max {
                return Ok(None);
            }
            resource.merge(part).map_err(|_| Malformed("a resource cannot be read"))?;
        }
    }
    Ok(Some(resource))
}

fn process(tenant: &Tenant, attributes: &Attributes<'_>, first_nanos: i64) -> ProcessInfo {
    let text = |name| attributes.first(&[name]).to_owned();
    let (namespace, name) = (text("service.namespace"), text("service.name"));
    let created = attributes.first(&["process.creation.time", "process.start_time"]);
    let created = DateTime::parse_from_rfc3339(created).ok();
    let created_nanos = created.and_then(|time| time.timestamp_nanos_opt());
    let start_nanos = created_nanos.unwrap_or(first_nanos);
    let properties = attributes.iter();
    let properties: BTreeMap<_, _> = properties
        .map(|(name, value)| (format!("otel.resource.{name}"), value.to_owned()))
        .collect();
    ProcessInfo {
        process_id: process_id(tenant, attributes),
        exe: if namespace.is_empty() { name } else { format!("{namespace}/{name}") },
        username: attributes.owner().to_owned(),
        realname: attributes.owner().to_owned(),
        computer: text("host.name"),
        distro: text("os.description"),
        cpu_brand: text("host.cpu.model.name"),
        tsc_frequency: TICKS_PER_SECOND,
        start_time: DateTime::from_timestamp_nanos(start_nanos),
        start_ticks: start_nanos,
        parent_process_id: None,
        properties,
    }
}

fn stream(tenant: &Tenant, process: &ProcessInfo, signal: Signal) -> NewStream {
    static NO_LAYOUT: LazyLock<(Arc<StreamLayout>, LayoutHash)> = LazyLock::new(|| {
        let layout = StreamLayout { dependencies: Vec::new(), objects: Vec::new() }.canonical();
        let hash = layout.hash();
        (Arc::new(layout), hash)
    });
    let (layout, layout_hash) = &*NO_LAYOUT;
    NewStream {
        tenant: tenant.clone(),
        stream_id: stream_id(process.process_id, signal),
        process_id: process.process_id,
        layout: Arc::clone(layout),
        layout_hash: *layout_hash,
        tags: vec![signal.tag().to_owned()],
        properties: BTreeMap::new(),
        format: signal.format().to_owned(),
    }
}

/// A time of a record; what is later than the year 2262 counts as that year's last.
fn nanos(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

fn now() -> i64 {
    Utc::now().timestamp_nanos_opt().unwrap_or(i64::MAX)
}
