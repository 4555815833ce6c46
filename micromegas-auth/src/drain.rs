//! Listening to what a refused sender still says.

use std::pin::pin;
use std::time::Duration;

use bytes::Buf;
use http_body::Body;
use http_body_util::BodyExt;

/// How much of it is read. Senders of more are cut off.
const BYTES_MAX: usize = 1024 * 1024;

/// For how long.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Reads the rest of a body and throws it away, within bounds: many senders hear the answer only
/// once they have said everything, and take a connection that is cut before for a failure that
/// passes.
pub(crate) async fn drain<B: Body>(body: B) {
    if body.is_end_stream() || body.size_hint().lower() > BYTES_MAX as u64 {
        return;
    }
    let rest = async {
        let mut body = pin!(body);
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Buf::remaining);
            if bytes > BYTES_MAX {
                return;
            }
        }
    };
    // Who is not done by then has had its chance.
    let _ = tokio::time::timeout(TIMEOUT, rest).await;
}
