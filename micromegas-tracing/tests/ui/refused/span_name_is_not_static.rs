use micromegas_tracing::prelude::*;

fn main() {
    let name = String::from("load");
    span_scope_named!(name.as_str());
    let _future = span_async_named!(name.as_str(), async {});
}
