//! What every request with a body goes through: who asks, then the body within the limits.

use axum::body::Body;
use axum::http::request::Parts;
use bytes::Bytes;
use micromegas_lakehouse::Principal;

use crate::admission::Admitted;
use crate::service::writable_tenant;
use crate::{Error, IngestionService, body};

/// A body that somebody may send.
pub(crate) struct Received {
    pub(crate) principal: Principal,
    pub(crate) body: Bytes,
    /// The share of the budget, held for as long as the body is worked on.
    pub(crate) admitted: Admitted,
}

/// Receives a body of up to `bytes_max` bytes from somebody who may send it.
pub(crate) async fn receive(
    service: &IngestionService,
    parts: &Parts,
    body: Body,
    bytes_max: usize,
) -> Result<Received, Error> {
    let options = service.options();
    let allowed = principal(service, parts).and_then(|principal| {
        writable_tenant(principal)?;
        Ok(principal.clone())
    });
    let principal = match allowed {
        Ok(principal) => principal,
        Err(error) => {
            body::refuse(body, options).await;
            return Err(error);
        }
    };
    // The budget is held until the body is stored, because so long its bytes are in memory.
    let mut admitted = service.admission().enter();
    let body = body::receive(body, &mut admitted, bytes_max, options).await?;
    Ok(Received { principal, body, admitted })
}

/// Who asks: whom a layer has found, or whom the host lets in without.
pub(crate) fn principal<'a>(
    service: &'a IngestionService,
    parts: &'a Parts,
) -> Result<&'a Principal, Error> {
    let known = parts.extensions.get::<Principal>().or(service.options().anonymous.as_ref());
    known.ok_or(Error::Unauthenticated)
}
