//! How a server says that it reads planar blocks, and how a client understands it.

use super::codec::Codec;

/// Name of the header that every native answer of a server that reads planar blocks carries.
pub const ACCEPT_HEADER: &str = "micromegas-accept";

/// The value of [`ACCEPT_HEADER`] for what this build reads: format and version, then codecs.
pub const fn accept_value() -> &'static str {
    if Codec::Zstd.is_available() { "planar/1; lz4, zstd" } else { "planar/1; lz4" }
}

/// The codecs of planar blocks that a server reads. None of them means plain blocks only.
///
/// ```
/// use micromegas_transit::planar::{AcceptedCodecs, Codec};
///
/// let accepted = AcceptedCodecs::parse("planar/1; lz4");
/// assert_eq!(accepted.best(), Some(Codec::Lz4));
/// assert_eq!(AcceptedCodecs::parse("planar/2; lz4"), AcceptedCodecs::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AcceptedCodecs {
    lz4: bool,
    zstd: bool,
}

impl AcceptedCodecs {
    /// Reads the value of [`ACCEPT_HEADER`]. Other formats, other versions and unknown codecs are
    /// as good as absent.
    pub fn parse(value: &str) -> Self {
        let (format, codecs) = value.split_once(';').unwrap_or_default();
        if !format.trim().eq_ignore_ascii_case("planar/1") {
            return Self::default();
        }
        let is_listed = |codec: Codec| {
            codecs.split(',').any(|name| name.trim().eq_ignore_ascii_case(codec.name()))
        };
        Self { lz4: is_listed(Codec::Lz4), zstd: is_listed(Codec::Zstd) }
    }

    /// Whether the server reads this one.
    pub fn contains(&self, codec: Codec) -> bool {
        match codec {
            Codec::Lz4 => self.lz4,
            Codec::Zstd => self.zstd,
        }
    }

    /// The smallest of those that this build writes.
    pub fn best(&self) -> Option<Codec> {
        let all = Codec::ALL.into_iter();
        all.filter(|codec| codec.is_available()).find(|codec| self.contains(*codec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_build_offers_it_understands() {
        let best = if Codec::Zstd.is_available() { Codec::Zstd } else { Codec::Lz4 };
        let offered = AcceptedCodecs::parse(accept_value());
        assert_eq!(offered.best(), Some(best));
        assert_eq!(offered.contains(Codec::Zstd), Codec::Zstd.is_available());
        assert_eq!(AcceptedCodecs::parse("Planar/1;LZ4 , other").best(), Some(Codec::Lz4));
    }

    #[test]
    fn other_versions_and_unknown_codecs_are_not_accepted() {
        for value in ["", "planar/1", "planar/10; lz4", "planar/1; snappy", "lz4", "columns/1; lz4"]
        {
            assert_eq!(AcceptedCodecs::parse(value).best(), None, "{value}");
        }
    }
}
