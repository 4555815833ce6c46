//! A request as it came: compression and JSON undone, split by resource.

use bytes::Bytes;
use micromegas_lakehouse::Tenant;

use super::batch::Batch;
use super::encoding::{Encoding, Output};
use super::json;
use super::schema::schema;
use super::{OtlpFormat, Signal};
use crate::admission::Admitted;
use crate::{Error, IngestionOptions};

/// JSON as protobuf may be four times as long: `0,` in a list becomes eight bytes.
const JSON_GROWTH_MAX: usize = 4;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) signal: Signal,
    pub(crate) format: OtlpFormat,
    pub(crate) encoding: Encoding,
    pub(crate) body: Bytes,
    /// The share of the budget for the bytes of the body, and for what it becomes.
    pub(crate) admitted: Admitted,
}

/// A request that was read.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) batch: Batch,
    pub(crate) inflated_bytes: usize,
    /// Held until the batch is stored, because so long its bytes are in memory.
    pub(crate) _admitted: Admitted,
}

impl Incoming {
    /// Whether reading takes so long that nobody should wait behind it.
    pub(crate) fn is_long(&self) -> bool {
        let bytes_max = if self.encoding == Encoding::Identity { 256 * 1024 } else { 16 * 1024 };
        self.body.len() > bytes_max
    }

    /// Reads all of it.
    pub(crate) fn read(
        mut self,
        tenant: &Tenant,
        options: &IngestionOptions,
    ) -> Result<Split, Error> {
        let bytes_max = options.otlp_request_bytes_max(self.format);
        let retry_after = options.retry_after;
        let bytes = Vec::new();
        let output = Output { bytes, bytes_max, admitted: &mut self.admitted, retry_after };
        let mut request = self.encoding.decode(self.body, output)?;
        let inflated_bytes = if self.encoding == Encoding::Identity { 0 } else { request.len() };
        if request.len() > bytes_max {
            return Err(Error::TooLarge { bytes_max });
        }
        if self.format == OtlpFormat::Json {
            if !self.admitted.try_grow(request.len().saturating_mul(JSON_GROWTH_MAX)) {
                return Err(Error::Overloaded { retry_after });
            }
            let message = schema().message(self.signal.request_message());
            request =
                json::to_protobuf(message, &request).map_err(|e| self.signal.malformed(e))?.into();
        }
        let batch = Batch::split(tenant, self.signal, &request, &options.otlp);
        let batch = batch.map_err(|error| self.signal.malformed(error))?;
        Ok(Split { batch, inflated_bytes, _admitted: self.admitted })
    }
}

impl Signal {
    fn malformed(self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::InvalidInput {
            reason: format!("the body is no OTLP {} request: {source}", self.as_str()),
            source: Some(Box::new(source)),
        }
    }
}
