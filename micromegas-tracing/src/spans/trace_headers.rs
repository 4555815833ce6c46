//! Trace contexts in the headers of HTTP requests.

use crate::spans::trace::{TraceContext, trace_context};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries a trace context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

impl TraceContext {
    /// The context that a request carries; none if it carries none, or several, or what is no
    /// context.
    ///
    /// ```
    /// use micromegas_tracing::TraceContext;
    /// use micromegas_tracing::prelude::*;
    ///
    /// # let request = http::Request::new(());
    /// static_span_desc!(HANDLE, "handle");
    /// let caller = TraceContext::from_headers(request.headers());
    /// let handling = async {}.instrument(&HANDLE).with_remote_parent(caller);
    /// # drop(handling);
    /// ```
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return None;
        };
        value.to_str().ok()?.trim_matches([' ', '\t']).parse().ok()
    }

    /// Makes a request carry this context, in place of any other.
    pub fn write_to_headers(&self, headers: &mut HeaderMap) {
        // The text is made of digits and dashes, which every header may have.
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(TRACEPARENT, value);
        }
    }
}

/// Makes a request carry the present [`trace_context`], if there is one.
pub fn write_trace_context(headers: &mut HeaderMap) {
    if let Some(context) = trace_context() {
        context.write_to_headers(headers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_carry_one_context() {
        let context = TraceContext::new(5, 6, true).expect("a context");
        let mut headers = HeaderMap::new();
        assert_eq!(TraceContext::from_headers(&headers), None);
        context.write_to_headers(&mut headers);
        context.write_to_headers(&mut headers);
        assert_eq!(TraceContext::from_headers(&headers), Some(context));
        headers.append(TRACEPARENT, HeaderValue::from_static("nonsense"));
        assert_eq!(TraceContext::from_headers(&headers), None);
    }
}
