//! Where requests go.

use ureq::http::Uri;

/// The addresses of an ingestion server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) insert_process: String,
    pub(super) insert_stream: String,
    pub(super) insert_block: String,
    pub(super) control: String,
}

impl Endpoint {
    /// Reads a base URL, with or without a slash at its end; the error says what is wrong.
    pub(super) fn parse(base: &str) -> Result<Self, String> {
        let base = base.trim();
        let uri: Uri = base.parse().map_err(|error| format!("{error}"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("it must start with http:// or https://".to_owned());
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err("it names no host".to_owned());
        }
        if uri.query().is_some() || base.contains('#') {
            return Err("it must not have a query or a fragment".to_owned());
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("it must not hold credentials; options take them".to_owned());
        }
        let base = base.trim_end_matches('/');
        Ok(Self {
            insert_process: format!("{base}/ingestion/insert_process"),
            insert_stream: format!("{base}/ingestion/insert_stream"),
            insert_block: format!("{base}/ingestion/insert_block"),
            control: format!("{base}/ingestion/control"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_makes_no_difference() {
        for base in ["http://host:9000", "http://host:9000/", " http://host:9000// "] {
            let endpoint = Endpoint::parse(base).expect("a valid URL");
            assert_eq!(endpoint.insert_block, "http://host:9000/ingestion/insert_block");
        }
        let endpoint = Endpoint::parse("https://host/telemetry/").expect("a valid URL");
        assert_eq!(endpoint.insert_stream, "https://host/telemetry/ingestion/insert_stream");
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for base in [
            "",
            "host:9000",
            "ftp://host",
            "http://",
            "http://host/?a=1",
            "/path",
            "http://a:b@host",
        ] {
            assert!(Endpoint::parse(base).is_err(), "{base}");
        }
    }
}
