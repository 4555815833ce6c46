//! Rules that drop or hash named properties, when they are read.
//!
//! They act where the rows of a table leave its scan, after partitions and fresh blocks have come
//! together and before anything of a query looks at them. So what is written down stays as it was
//! sent, a change of rules acts at once, the same query gives the same rows whatever is written
//! down, and no condition of a query can tell what the rules hide.

mod exec;
mod redactor;
mod value;

pub(crate) use redactor::Redactor;
