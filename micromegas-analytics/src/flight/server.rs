//! The service value.

use std::fmt;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use micromegas_lakehouse::{Lakehouse, Principal};
use tonic::{Extensions, Status};

use super::session::Sessions;
use crate::error::Error;
use crate::options::Options;

/// Requests larger than this are refused.
const REQUEST_BYTES_MAX: usize = 100 << 20;

/// Finds out who asks, from what an authentication layer has put into the request.
pub type PrincipalResolver =
    Arc<dyn Fn(&Extensions) -> Result<Principal, Status> + Send + Sync + 'static>;

/// An Arrow FlightSQL service over a lakehouse.
///
/// ```no_run
/// # async fn serve(lakehouse: micromegas_lakehouse::Lakehouse) -> Result<(), Box<dyn std::error::Error>> {
/// use micromegas_analytics::Options;
/// use micromegas_analytics::flight::FlightSqlServer;
///
/// let service = FlightSqlServer::new(lakehouse, Options::default())?.into_service();
/// # let _ = service;
/// // tonic::transport::Server::builder().add_service(service).serve(address).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FlightSqlServer {
    pub(super) sessions: Arc<Sessions>,
    principal: PrincipalResolver,
}

impl FlightSqlServer {
    /// A service that takes everybody for [`Principal::local`].
    ///
    /// # Errors
    ///
    /// If the options ask for what this machine does not have.
    pub fn new(lakehouse: Lakehouse, options: Options) -> Result<Self, Error> {
        Ok(Self {
            sessions: Arc::new(Sessions::new(lakehouse, options)?),
            principal: Arc::new(|_| Ok(Principal::local())),
        })
    }

    /// The same service that asks `resolver` who is calling.
    #[must_use]
    pub fn with_principal_resolver(mut self, resolver: PrincipalResolver) -> Self {
        self.principal = resolver;
        self
    }

    /// The tonic service to add to a server.
    pub fn into_service(self) -> FlightServiceServer<Self> {
        FlightServiceServer::new(self)
            .max_decoding_message_size(REQUEST_BYTES_MAX)
            .max_encoding_message_size(usize::MAX)
    }

    pub(super) fn principal_of<T>(&self, request: &tonic::Request<T>) -> Result<Principal, Status> {
        (self.principal)(request.extensions())
    }
}

impl fmt::Debug for FlightSqlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightSqlServer").finish_non_exhaustive()
    }
}
