//! Metrics: names, units, targets, properties, verbosity.

use crate::sink::{pairs, samples, start};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Property, PropertySet, set_target_verbosity};

#[test]
fn samples_keep_name_unit_target_and_value() {
    start();
    imetric!("plain integer", "bytes", 4096);
    fmetric!("plain float", "ratio", 2.5);
    imetric!(target: "storage", "given target", "count", u64::from(7_u8));
    let integer = &samples("plain integer")[0];
    assert_eq!((integer.unit.as_str(), integer.value), ("bytes", 4096.0));
    assert_eq!(integer.target, module_path!());
    assert_eq!(samples("plain float")[0].value, 2.5);
    assert_eq!(samples("given target")[0].target, "storage");
}

#[test]
fn samples_have_properties() {
    static DISK: PropertySet = PropertySet::new(&[Property::new("disk", "sda")]);
    start();
    let host = String::from("h1");
    imetric!("tagged integer", "count", host = host, kind = "ssd", 12);
    fmetric!(target: "storage", "tagged float", "percent", n = %3, ..&DISK, 12.5);
    imetric!("only constants", "count", a = 1, 3);
    assert_eq!(samples("tagged integer")[0].properties, pairs(&[("host", "h1"), ("kind", "ssd")]));
    let float = &samples("tagged float")[0];
    assert_eq!(float.properties, pairs(&[("disk", "sda"), ("n", "3")]));
    assert_eq!((float.target.as_str(), float.value), ("storage", 12.5));
    assert_eq!(samples("only constants")[0].properties, pairs(&[("a", "1")]));
}

#[test]
fn names_may_be_made_at_run_time() {
    start();
    for queue in ["orders", "mails"] {
        imetric_dyn!(format!("{queue} length"), "items", 12);
        fmetric_dyn!(format!("{queue} load"), String::from("percent"), queue = queue, 0.5);
    }
    for queue in ["orders", "mails"] {
        let length = samples(&format!("{queue} length"));
        assert_eq!((length.len(), length[0].unit.as_str()), (1, "items"));
        let load = samples(&format!("{queue} load"));
        assert_eq!((load[0].unit.as_str(), load[0].value), ("percent", 0.5));
        assert_eq!(load[0].properties, pairs(&[("queue", queue)]));
    }
}

#[test]
fn verbosity_filters_by_target_while_running() {
    start();
    let record = || {
        imetric!(target: "verbose", verbosity: Verbosity::Low, "coarse", "count", 1);
        imetric!(target: "verbose", verbosity: Verbosity::Medium, "fine", "count", 1);
        fmetric!(target: "verbose", "finest", "count", 1.0);
    };
    record();
    set_target_verbosity("verbose", Some(VerbosityFilter::Low));
    record();
    set_target_verbosity("verbose", None);
    record();
    let counts = ["coarse", "fine", "finest"].map(|name| samples(name).len());
    assert_eq!(counts, [3, 2, 2]);
}
