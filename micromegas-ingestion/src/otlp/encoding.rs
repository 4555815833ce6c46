//! `Content-Encoding`, and undoing it within the limits.

use std::io::Read as _;
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::gzip;
use crate::Error;
use crate::admission::Admitted;

/// How much is decompressed at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The largest window of a zstd frame: 8 MiB, which decoders are asked to support, and encoders not
/// to exceed.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Deflate,
    Zstd,
}

/// Where decompressed bytes go, within a limit and the shared budget.
pub(crate) struct Output<'a> {
    pub(crate) bytes: Vec<u8>,
    pub(crate) bytes_max: usize,
    pub(crate) admitted: &'a mut Admitted,
    pub(crate) retry_after: Duration,
}

/// Why decompression ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    Corrupt(&'static str),
    TooLarge,
    Busy,
}

impl Encoding {
    /// The encoding that a header names; none if it is one that is not understood.
    pub(crate) fn named(header: Option<&HeaderValue>) -> Option<Self> {
        let Some(header) = header else { return Some(Self::Identity) };
        let name = header.to_str().ok()?.trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The decompressed body.
    pub(crate) fn decode(self, body: Bytes, mut output: Output<'_>) -> Result<Bytes, Error> {
        let outcome = match self {
            Self::Identity => return Ok(body),
            Self::Gzip => gzip::decode(&body, &mut output),
            Self::Deflate => deflate(&body, &mut output),
            Self::Zstd => zstd(&body, &mut output),
        };
        match outcome {
            Ok(()) => Ok(output.bytes.into()),
            Err(Failure::Corrupt(what)) => Err(Error::InvalidInput {
                reason: format!("the body cannot be decompressed: {what}"),
                source: None,
            }),
            Err(Failure::TooLarge) => Err(Error::TooLarge { bytes_max: output.bytes_max }),
            Err(Failure::Busy) => Err(Error::Overloaded { retry_after: output.retry_after }),
        }
    }
}

impl Output<'_> {
    /// Appends decompressed bytes, if limit and budget allow.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if bytes.len() > self.bytes_max - self.bytes.len() {
            return Err(Failure::TooLarge);
        }
        if !self.admitted.try_grow(bytes.len()) {
            return Err(Failure::Busy);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// Decompresses one DEFLATE stream, and tells how many bytes of the input it took.
pub(crate) fn inflate_stream(
    input: &[u8],
    format: DataFormat,
    output: &mut Output<'_>,
) -> Result<usize, Failure> {
    let mut state = InflateState::new_boxed(format);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut consumed = 0;
    loop {
        let step = inflate(&mut state, &input[consumed..], &mut chunk, MZFlush::None);
        consumed += step.bytes_consumed;
        output.push(&chunk[..step.bytes_written])?;
        match step.status {
            Ok(MZStatus::StreamEnd) => return Ok(consumed),
            Ok(_) | Err(MZError::Buf) if step.bytes_consumed + step.bytes_written > 0 => {}
            Ok(_) | Err(MZError::Buf) => return Err(Failure::Corrupt("it ends too early")),
            Err(_) => return Err(Failure::Corrupt("it is not a valid DEFLATE stream")),
        }
    }
}

/// What HTTP calls deflate is DEFLATE in a zlib wrapper, which some senders leave out.
fn deflate(input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
    let is_wrapped = matches!(input, [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0);
    let format = if is_wrapped { DataFormat::Zlib } else { DataFormat::Raw };
    inflate_stream(input, format, output).map(|_| ())
}

fn zstd(input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
    let corrupt = |_| Failure::Corrupt("it is not a valid zstd frame with a window of up to 8 MiB");
    let mut decoder = zstd::Decoder::with_buffer(input).map_err(corrupt)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(corrupt)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match decoder.read(&mut chunk).map_err(corrupt)? {
            0 => return Ok(()),
            length => output.push(&chunk[..length])?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Admission;

    fn decode(encoding: Encoding, body: &[u8], bytes_max: usize) -> Result<Bytes, Error> {
        let mut admitted = Admission::new(1024 * 1024).enter();
        let retry_after = Duration::from_secs(1);
        let bytes = Vec::new();
        let output = Output { bytes, bytes_max, admitted: &mut admitted, retry_after };
        encoding.decode(Bytes::copy_from_slice(body), output)
    }

    fn wrapped(text: &[u8]) -> [(Encoding, Vec<u8>); 4] {
        let raw = miniz_oxide::deflate::compress_to_vec(text, 6);
        let zlib = miniz_oxide::deflate::compress_to_vec_zlib(text, 6);
        let mut gzip = vec![0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 255, 2, 0, 7, 7];
        gzip.extend(b"name\0comment\0xx");
        gzip.extend(&raw);
        gzip.extend(crc32fast::hash(text).to_le_bytes());
        gzip.extend((text.len() as u32).to_le_bytes());
        let zstd = zstd::encode_all(text, 1).unwrap();
        [
            (Encoding::Deflate, raw),
            (Encoding::Deflate, zlib),
            (Encoding::Gzip, gzip),
            (Encoding::Zstd, zstd),
        ]
    }

    #[test]
    fn what_was_compressed_comes_back_and_a_cut_is_an_error() {
        let text = b"telemetry ".repeat(20_000);
        for (encoding, body) in wrapped(&text) {
            assert_eq!(decode(encoding, &body, text.len()).unwrap(), text);
            for cut in 0..body.len() {
                let cut = decode(encoding, &body[..cut], text.len());
                assert!(matches!(cut, Err(Error::InvalidInput { .. })), "{encoding:?}");
            }
        }
    }

    #[test]
    fn members_and_frames_may_follow_each_other() {
        for (encoding, body) in wrapped(b"again") {
            if encoding != Encoding::Deflate {
                assert_eq!(decode(encoding, &body.repeat(3), 100).unwrap(), "againagainagain");
            }
        }
    }

    #[test]
    fn a_body_that_grows_beyond_a_limit_is_refused() {
        for (encoding, body) in wrapped(&[0; 3 * 1024 * 1024]) {
            let too_large = decode(encoding, &body, 1000);
            assert!(matches!(too_large, Err(Error::TooLarge { bytes_max: 1000 })), "{encoding:?}");
            let busy = decode(encoding, &body, usize::MAX);
            assert!(matches!(busy, Err(Error::Overloaded { .. })), "{encoding:?}");
        }
    }

    #[test]
    fn a_changed_gzip_member_is_noticed() {
        let [_, _, (encoding, mut body), _] = wrapped(b"checked");
        let last = body.len() - 1;
        body[last - 4] ^= 1;
        assert!(matches!(decode(encoding, &body, 100), Err(Error::InvalidInput { .. })));
    }

    #[test]
    fn unknown_encodings_are_told_apart_from_none() {
        let named = |name| Encoding::named(Some(&HeaderValue::from_static(name)));
        assert_eq!(Encoding::named(None), Some(Encoding::Identity));
        assert_eq!(named("GZIP"), Some(Encoding::Gzip));
        assert_eq!(named("br"), None);
        assert_eq!(named("gzip, gzip"), None);
    }
}
