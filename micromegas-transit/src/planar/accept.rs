//! How a server says that it reads planar blocks, and how a client understands it.

use super::codec::Codec;

/// Name of the header that every native answer of a server that reads planar blocks carries.
pub const ACCEPT_HEADER: &str = "micromegas-accept";

/// The value of [`ACCEPT_HEADER`] for what this build reads: format and version, then codecs.
pub const fn accept_value() -> &'static str {
    if Codec::Zstd.is_available() { "planar/1; lz4, zstd" } else { "planar/1; lz4" }
}

/// The codec to use for a server whose answer has this value of [`ACCEPT_HEADER`]: the best one
/// that both sides have. None means that the server reads no planar block this build can write.
///
/// ```
/// use micromegas_transit::planar::{Codec, accepted_codec};
///
/// assert_eq!(accepted_codec("planar/1; lz4"), Some(Codec::Lz4));
/// assert_eq!(accepted_codec("planar/2; lz4"), None);
/// ```
pub fn accepted_codec(value: &str) -> Option<Codec> {
    let (format, codecs) = value.split_once(';')?;
    if !format.trim().eq_ignore_ascii_case("planar/1") {
        return None;
    }
    let is_listed = |codec: &Codec| {
        codecs.split(',').any(|name| name.trim().eq_ignore_ascii_case(codec.name()))
    };
    Codec::ALL.into_iter().filter(|codec| codec.is_available()).find(is_listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_build_offers_it_understands() {
        let best = if Codec::Zstd.is_available() { Codec::Zstd } else { Codec::Lz4 };
        assert_eq!(accepted_codec(accept_value()), Some(best));
        assert_eq!(accepted_codec("Planar/1;LZ4 , other"), Some(Codec::Lz4));
    }

    #[test]
    fn other_versions_and_unknown_codecs_are_not_accepted() {
        for value in ["", "planar/1", "planar/10; lz4", "planar/1; snappy", "lz4", "columns/1; lz4"]
        {
            assert_eq!(accepted_codec(value), None, "{value}");
        }
    }
}
