//! Planar buffers: rebuilt byte for byte, read like frames, and harmless when they are hostile.

mod hostile;
pub(crate) mod records;
mod round_trip;
mod same_columns;
