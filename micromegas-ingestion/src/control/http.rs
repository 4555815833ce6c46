//! The routes of control, and the answers to processes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use micromegas_lakehouse::Principal;
use serde::Serialize;
use uuid::Uuid;

use super::rule::NewControlRule;
use super::settings::ControlSettings;
use crate::request::principal;
use crate::service::writable_tenant;
use crate::{Error, IngestionService, body};

/// Says in a request that the client can be controlled, and in an answer that the server controls.
const CONTROL_HEADER: HeaderName = HeaderName::from_static("micromegas-control");
/// The content type of settings.
const SETTINGS_TYPE: &str = "application/vnd.micromegas.control+json";
/// The longest rule.
const RULE_BYTES_MAX: usize = 64 * 1024;
/// How many actions are listed.
const ACTION_COUNT_MAX: usize = 100;

/// The routes for operators: `GET` and `POST /ingestion/control/rules`,
/// `DELETE /ingestion/control/rules/{id}` and `GET /ingestion/control/audit`.
pub fn control_routes<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/ingestion/control/rules", get(list).post(set))
        .route("/ingestion/control/rules/{id}", delete(remove))
        .route("/ingestion/control/audit", get(audit))
        .with_state(service)
}

/// The process that sends a request, if it can be controlled.
pub(crate) fn sender(headers: &HeaderMap) -> Option<Uuid> {
    let value = headers.get(CONTROL_HEADER)?.to_str().ok()?;
    let mut parts = value.split(';').map(str::trim);
    let version = parts.next()?;
    let process_id = parts.find_map(|part| part.strip_prefix("process="))?;
    (version == "1").then(|| process_id.parse().ok()).flatten()
}

/// Tells a client that this server controls.
pub(crate) fn announce(headers: &mut HeaderMap) {
    headers.insert(CONTROL_HEADER, HeaderValue::from_static("1"));
}

/// Success, with the settings for the process that sent the request, if it can be controlled.
pub(crate) async fn document(
    service: &IngestionService,
    principal: &Principal,
    sender: Option<Uuid>,
) -> Response {
    let Some(process_id) = sender else { return ().into_response() };
    match service.desk().settings_for(principal.home(), process_id).await {
        Some(settings) => settings_answer(&settings),
        // Without a document nothing changes.
        None => ().into_response(),
    }
}

/// `GET /ingestion/control`.
pub(crate) async fn settings(
    service: State<Arc<IngestionService>>,
    request: Request,
) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let tenant = writable_tenant(principal(&service, &parts)?)?;
    let Some(process_id) = sender(&parts.headers) else {
        return Ok(settings_answer(&ControlSettings::default()));
    };
    let desk = service.desk();
    let settings = desk.settings_for(tenant, process_id).await;
    settings.map(|settings| settings_answer(&settings)).ok_or_else(|| desk.not_loaded())
}

fn settings_answer(settings: &ControlSettings) -> Response {
    let document = match *settings == ControlSettings::default() {
        true => b"{}".to_vec(),
        // Maps of text can always be written.
        false => serde_json::to_vec(settings).unwrap_or_else(|_| b"{}".to_vec()),
    };
    ([(header::CONTENT_TYPE, SETTINGS_TYPE)], document).into_response()
}

async fn set(service: State<Arc<IngestionService>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let setting = async {
        let principal = principal(&service, &parts)?;
        let new = read_rule(&service, &parts, body).await?;
        service.set_control_rule(principal, new).await
    };
    answer(StatusCode::CREATED, setting.await)
}

/// Browsers send JSON to other sites only after these have agreed.
async fn read_rule(
    service: &IngestionService,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<NewControlRule, Error> {
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_json = content_type.and_then(|value| value.split(';').next());
    if !is_json.is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json")) {
        let reason = "send `Content-Type: application/json`".to_owned();
        return Err(Error::UnsupportedMedia { reason });
    }
    let mut admitted = service.admission().enter();
    let bytes = body::receive(body, &mut admitted, RULE_BYTES_MAX, service.options()).await?;
    serde_json::from_slice(&bytes).map_err(|source| Error::InvalidInput {
        reason: format!("the body is no rule: {source}"),
        source: Some(Box::new(source)),
    })
}

async fn list(service: State<Arc<IngestionService>>, request: Request) -> Response {
    #[derive(Serialize)]
    struct Rules {
        rules: Vec<super::ControlRule>,
    }
    let (parts, _) = request.into_parts();
    let listing = async {
        let rules = service.list_control_rules(principal(&service, &parts)?).await?;
        Ok(Rules { rules })
    };
    answer(StatusCode::OK, listing.await)
}

async fn remove(
    service: State<Arc<IngestionService>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let removing = async {
        let principal = principal(&service, &parts)?;
        let id =
            id.parse().map_err(|_| Error::NotFound { what: "a rule of that id".to_owned() })?;
        service.remove_control_rule(principal, id).await
    };
    match removing.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failure(&error),
    }
}

async fn audit(service: State<Arc<IngestionService>>, request: Request) -> Response {
    #[derive(Serialize)]
    struct Actions {
        actions: Vec<super::ControlAction>,
    }
    let (parts, _) = request.into_parts();
    let listing = async {
        let principal = principal(&service, &parts)?;
        let actions = service.list_control_actions(principal, ACTION_COUNT_MAX).await?;
        Ok(Actions { actions })
    };
    answer(StatusCode::OK, listing.await)
}

fn answer<T: Serialize>(status: StatusCode, outcome: Result<T, Error>) -> Response {
    match outcome {
        Ok(value) => json(status, &value),
        Err(error) => failure(&error),
    }
}

fn failure(error: &Error) -> Response {
    #[derive(Serialize)]
    struct Failure {
        error: String,
    }
    let mut response = json(error.status(), &Failure { error: error.reason() });
    error.add_headers(response.headers_mut());
    response
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_read_from_the_header() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTROL_HEADER, HeaderValue::from_str(value).unwrap());
            sender(&headers)
        };
        let id = Uuid::from_u128(7);
        assert_eq!(of(&format!("1; process={id}")), Some(id));
        assert_eq!(of(&format!("1;more=x ;process={id}")), Some(id));
        for value in ["", "1", &format!("2; process={id}"), "1; process=me", "process=1"] {
            assert_eq!(of(value), None, "{value}");
        }
        assert_eq!(sender(&HeaderMap::new()), None);
    }
}
