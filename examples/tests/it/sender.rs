//! Requests as telemetry clients make them.

use std::time::Duration;

/// A client's connection pool.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    agent: ureq::Agent,
}

/// What came back: the status and the reason.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Sender {
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .proxy(None)
            .build();
        Self { agent: config.new_agent() }
    }

    /// Posts a body; `None` when the server could not be reached or went away before it answered.
    pub(crate) fn post(&self, url: &str, body: &[u8]) -> Option<Answer> {
        let mut response = self.agent.post(url).send(body).ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some(Answer { status: response.status().as_u16(), text })
    }

    /// Posts a body with a key.
    pub(crate) fn post_with_key(&self, url: &str, key: &str, body: &[u8]) -> Option<Answer> {
        let request = self.agent.post(url).header("authorization", format!("Bearer {key}"));
        let mut response = request.send(body).ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some(Answer { status: response.status().as_u16(), text })
    }

    /// Fetches a page.
    pub(crate) fn get(&self, url: &str) -> Option<Answer> {
        let mut response = self.agent.get(url).call().ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some(Answer { status: response.status().as_u16(), text })
    }

    /// Posts a document that must be taken.
    #[track_caller]
    pub(crate) fn insert(&self, ingestion_url: &str, kind: &str, body: &[u8]) {
        let answer = self.post(&format!("{ingestion_url}/ingestion/insert_{kind}"), body);
        assert_eq!(answer, Some(Answer { status: 200, text: String::new() }), "insert_{kind}");
    }
}
