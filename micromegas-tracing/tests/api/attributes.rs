//! `#[span_fn]` and `#[log_fn]` on all that they can stand on.

use crate::sink::{async_spans, logs, samples, spans, start};
use micromegas_tracing::prelude::*;
use std::pin::Pin;

/// The parts of a service that the example is about.
mod service {
    pub(super) type Result<T> = std::result::Result<T, std::num::ParseIntError>;

    pub(super) struct Response(u16);

    impl Response {
        pub(super) fn status(&self) -> u16 {
            self.0
        }
    }

    pub(super) async fn answer(text: &str) -> Result<Response> {
        text.parse().map(Response)
    }
}

mod published_example {
    use super::service::{Response, Result, answer};
    use micromegas_tracing::prelude::*;

    // What the published introductions show a service do, in their forms: an attribute on an async
    // function that fails with `?`, captured and positional arguments, ticks, and a metric of them.
    #[span_fn]
    pub(super) async fn respond(user_id: u32, text: &str) -> Result<Response> {
        info!("asked by user_id={user_id}");
        let before = now();
        let response = answer(text).await?;
        let duration = now() - before;
        imetric!("answer_duration", "ticks", duration as u64);
        info!("answered with status={}", response.status());
        Ok(response)
    }
}

#[tokio::test]
async fn the_published_example_compiles_and_records() {
    start();
    let response = published_example::respond(7, "200").await;
    assert_eq!(response.map(|response| response.status()), Ok(200));
    assert!(published_example::respond(8, "no number").await.is_err());
    let target = concat!(module_path!(), "::published_example");
    let messages: Vec<_> = logs(target).into_iter().map(|entry| entry.message).collect();
    let expected = ["asked by user_id=7", "answered with status=200", "asked by user_id=8"];
    assert_eq!(messages, expected);
    assert_eq!(samples("answer_duration").len(), 1);
    assert_eq!(samples("answer_duration")[0].unit, "ticks");
    assert_eq!(async_spans(concat!(module_path!(), "::published_example::respond")).len(), 4);
}

#[span_fn]
fn plain<T: AsRef<str>>(text: &T) -> Result<usize, std::num::ParseIntError> {
    let number: usize = text.as_ref().parse()?;
    Ok(number)
}

#[span_fn("a name of its own")]
fn named() {}

struct Shop<'a> {
    name: &'a str,
}

impl Shop<'_> {
    #[span_fn("Shop::open")]
    fn open(&mut self) -> &str {
        self.name
    }

    #[span_fn("Shop::sell")]
    async fn sell(&self, items: &[u32]) -> u32 {
        tokio::task::yield_now().await;
        items.iter().sum::<u32>() + self.name.len() as u32
    }

    #[span_fn("Shop::returned")]
    fn returned(&self) -> impl Future<Output = usize> {
        let length = self.name.len();
        async move { length }
    }

    #[span_fn("Shop::boxed")]
    fn boxed<'s>(&'s self) -> Pin<Box<dyn Future<Output = usize> + Send + 's>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.name.len()
        })
    }
}

#[async_trait::async_trait]
trait Service {
    async fn call(&self, argument: u32) -> Result<String, std::num::ParseIntError>;

    #[span_fn("Service::provided")]
    async fn provided(&self) -> u32 {
        tokio::task::yield_now().await;
        1
    }
}

#[async_trait::async_trait]
impl Service for Shop<'_> {
    #[span_fn("Service::call")]
    async fn call(&self, argument: u32) -> Result<String, std::num::ParseIntError> {
        tokio::task::yield_now().await;
        let parsed: u32 = "1".parse()?;
        Ok(format!("{} {}", self.name, argument + parsed))
    }
}

/// An async method of a trait without a macro in between.
trait Native {
    fn native(&self) -> impl Future<Output = u32> + Send;
}

impl Native for Shop<'_> {
    #[span_fn("Native::native")]
    async fn native(&self) -> u32 {
        tokio::task::yield_now().await;
        3
    }
}

#[test]
fn functions_and_methods_are_spans_of_their_thread() {
    start();
    assert_eq!(plain(&"12"), Ok(12));
    assert!(plain(&"x").is_err());
    named();
    assert_eq!(Shop { name: "corner" }.open(), "corner");
    assert_eq!(spans(concat!(module_path!(), "::plain")).len(), 4);
    assert_eq!(spans("a name of its own").len(), 2);
    assert_eq!(spans("Shop::open").len(), 2);
}

#[tokio::test]
async fn async_functions_and_methods_are_spans_of_their_future() {
    start();
    let shop = Shop { name: "corner" };
    assert_eq!(shop.sell(&[1, 2]).await, 9);
    assert_eq!(shop.returned().await, 6);
    assert_eq!(shop.boxed().await, 6);
    assert_eq!(shop.call(4).await.as_deref(), Ok("corner 5"));
    assert_eq!(shop.provided().await, 1);
    assert_eq!(shop.native().await, 3);
    for name in [
        "Shop::sell",
        "Shop::returned",
        "Shop::boxed",
        "Service::call",
        "Service::provided",
        "Native::native",
    ] {
        let events = async_spans(name);
        assert_eq!(events.iter().map(|event| event.is_begin).collect::<Vec<_>>(), [true, false]);
        assert_eq!(events[0].span_id, events[1].span_id, "{name}");
    }
}

mod logged {
    use micromegas_tracing::prelude::*;

    #[log_fn]
    pub(super) fn function(argument: u32) -> u32 {
        argument + 1
    }

    #[log_fn]
    pub(super) async fn asynchronous() -> u32 {
        2
    }

    #[log_fn]
    #[span_fn]
    pub(super) fn both() {}
}

#[tokio::test]
async fn log_fn_records_each_call() {
    start();
    assert_eq!(logged::function(1), 2);
    assert_eq!(logged::asynchronous().await, 2);
    logged::both();
    let entries = logs(concat!(module_path!(), "::logged"));
    let found: Vec<_> = entries.iter().map(|own| (own.level, own.message.as_str())).collect();
    assert_eq!(found, [(6, "function"), (6, "asynchronous"), (6, "both")]);
    assert_eq!(spans(concat!(module_path!(), "::logged::both")).len(), 2);
}
