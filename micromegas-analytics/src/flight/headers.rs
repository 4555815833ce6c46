//! What published clients say in request headers.

use chrono::{DateTime, Utc};
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::snapshot::TimeRange;

/// The headers of a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct QueryHeaders {
    /// `query_range_begin` and `query_range_end`, RFC 3339: one more filter on the time of every
    /// view. Both are needed; one alone limits nothing.
    pub(super) range: Option<TimeRange>,
    /// `limit`: how many rows are enough.
    pub(super) limit: Option<usize>,
    /// `preserve_dictionary: true` keeps dictionary arrays; they are expanded otherwise.
    pub(super) preserve_dictionary: bool,
}

impl QueryHeaders {
    pub(super) fn read(headers: &MetadataMap) -> Result<Self, Status> {
        let begin = time(headers, "query_range_begin")?;
        let end = time(headers, "query_range_end")?;
        let limit = match text(headers, "limit")? {
            None => None,
            Some(limit) => Some(limit.parse().map_err(|_| {
                let message = format!("the header limit is {limit:?}, which is not a row count");
                Status::invalid_argument(message)
            })?),
        };
        let preserve_dictionary = text(headers, "preserve_dictionary")?
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let range = begin.zip(end).map(|(begin, end)| TimeRange { begin, end });
        Ok(Self { range, limit, preserve_dictionary })
    }
}

/// The text of a header; an empty one counts as none.
fn text<'a>(headers: &'a MetadataMap, name: &'static str) -> Result<Option<&'a str>, Status> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .map_err(|_| Status::invalid_argument(format!("the header {name} is not plain text")))?
        .trim();
    Ok((!text.is_empty()).then_some(text))
}

fn time(headers: &MetadataMap, name: &'static str) -> Result<Option<DateTime<Utc>>, Status> {
    let Some(text) = text(headers, name)? else {
        return Ok(None);
    };
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| {
        let example = "2026-01-31T12:00:00Z";
        let message = format!("the header {name} is {text:?}, not a time such as {example}");
        Status::invalid_argument(message)
    })?;
    Ok(Some(time.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> MetadataMap {
        let mut map = MetadataMap::new();
        for (name, value) in pairs {
            map.insert(*name, value.parse().expect("valid"));
        }
        map
    }

    #[test]
    fn a_range_needs_both_ends() {
        let both = headers(&[
            ("query_range_begin", "2026-01-01T00:00:00+01:00"),
            ("query_range_end", "2026-01-02T00:00:00Z"),
        ]);
        let range = QueryHeaders::read(&both).expect("valid").range.expect("a range");
        assert_eq!(range.begin.to_rfc3339(), "2025-12-31T23:00:00+00:00");
        let one =
            headers(&[("query_range_begin", "2026-01-01T00:00:00Z"), ("query_range_end", "")]);
        assert_eq!(QueryHeaders::read(&one).expect("valid"), QueryHeaders::default());
    }

    #[test]
    fn nonsense_is_refused_in_a_sentence() {
        let error = QueryHeaders::read(&headers(&[("limit", "many")])).expect_err("refused");
        assert_eq!(error.message(), "the header limit is \"many\", which is not a row count");
        assert!(QueryHeaders::read(&headers(&[("query_range_begin", "yesterday")])).is_err());
    }

    #[test]
    fn limit_and_dictionaries() {
        let read = QueryHeaders::read(&headers(&[("limit", "7"), ("preserve_dictionary", "True")]));
        let read = read.expect("valid");
        assert_eq!(read.limit, Some(7));
        assert!(read.preserve_dictionary);
    }
}
