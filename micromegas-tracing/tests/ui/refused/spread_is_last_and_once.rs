use micromegas_tracing::prelude::*;
use micromegas_tracing::PropertySet;

static SET: PropertySet = PropertySet::new(&[]);

fn main() {
    info!(..&SET, a = 1, "a property behind it");
    info!(..&SET, ..&SET, "two of them");
}
