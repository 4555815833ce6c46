//! Images and files that belong to what a process did.

use crate::own_streams::EventStream;
use crate::{clock, flusher, stats};
use micromegas_transit::record_set;
use micromegas_transit::types::ImageEvent;
use std::sync::LazyLock;

/// An attachment cannot be larger than this.
pub const ATTACHMENT_BYTES_MAX: usize = 32 * 1024 * 1024;

record_set! {
    /// Attachments.
    struct Attachments { dynamic ImageEvent<'_> }
}

/// The tag is the one by which images are known, whatever their media type.
static STREAM: LazyLock<EventStream<Attachments>> = LazyLock::new(|| EventStream::new("image"));

/// Records a file that belongs to this moment: a screenshot, a crash dump, a piece of video, of
/// whatever media type. It leaves at once. False if it was not recorded: nothing is at present, it
/// is larger than [`ATTACHMENT_BYTES_MAX`], or too much waits.
///
/// ```
/// use micromegas_tracing::attach;
///
/// attach("settings.json", "application/json", br#"{"shadows":"high"}"#);
/// ```
pub fn attach(name: &str, media_type: &str, bytes: &[u8]) -> bool {
    let size = name.len() + media_type.len() + bytes.len();
    if size > ATTACHMENT_BYTES_MAX {
        stats::count_dropped_own();
        return false;
    }
    let is_recorded = STREAM.record_dynamic(clock::now(), size, |_, time| ImageEvent {
        time,
        name,
        format: media_type,
        data: bytes,
    });
    if is_recorded {
        flusher::wake::own_streams();
    }
    is_recorded
}

/// Records an image; `format` is its media type, or any other word by which its readers know it.
pub fn send_image(name: &str, format: &str, bytes: &[u8]) -> bool {
    attach(name, format, bytes)
}
