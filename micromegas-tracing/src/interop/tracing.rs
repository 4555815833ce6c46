//! Events and spans of the `tracing` crate.

use crate::filter::is_level_enabled;
use crate::interop::tracing_fields::{Properties, Text};
use crate::level::Level;
use crate::lock::lock;
use crate::metadata::{CallSite, SpanMetadata};
use crate::recording::log::record_foreign;
use crate::spans::AsyncSpan;
use crate::spans::context::SpanContext;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use tracing_core::callsite::Identifier;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Records what is traced with the `tracing` crate: events as log entries, with their fields as
/// properties, and spans as spans of futures, from their creation to their close, with their fields
/// as properties of the end. Levels and targets are filtered as those of this crate are; spans of
/// this crate have the entered span of `tracing` as their parent, and the other way round.
///
/// ```
/// use micromegas_tracing::TracingLayer;
/// use tracing_subscriber::layer::SubscriberExt;
/// use tracing_subscriber::util::SubscriberInitExt;
///
/// tracing_subscriber::registry().with(TracingLayer).init();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingLayer;

/// What the registry keeps with a span.
struct OwnSpan(Mutex<AsyncSpan>);

thread_local! {
    /// The spans that the thread has entered, each with the context outside.
    static ENTERED: RefCell<Vec<(Id, SpanContext)>> = const { RefCell::new(Vec::new()) };
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = level(event.metadata());
        let mut text = Text::default();
        if !is_level_enabled(event.metadata().target(), level) {
            return;
        }
        event.record(&mut text);
        let target = text.target.as_deref().unwrap_or_else(|| event.metadata().target());
        let message = format_args!("{}", text.message);
        record_foreign(level, target, |list| event.record(&mut Properties(list)), message);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if !is_level_enabled(metadata.target(), level(metadata)) {
            return;
        }
        let parent = match attributes.parent() {
            Some(parent) => inner_context(parent, &context).unwrap_or(SpanContext::ROOT),
            None if attributes.is_root() => SpanContext::ROOT,
            None => SpanContext::current(),
        };
        let mut span = AsyncSpan::within(descriptor(metadata), parent);
        span.with_list(|list| attributes.record(&mut Properties(list)));
        span.begin();
        if let Some(own) = context.span(id) {
            own.extensions_mut().replace(OwnSpan(Mutex::new(span)));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(OwnSpan(span)) = span.extensions().get()
        {
            lock(span).with_list(|list| values.record(&mut Properties(list)));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let inner = inner_context(id, &context).unwrap_or_else(SpanContext::current);
        let outer = SpanContext::current();
        let is_noted = ENTERED.try_with(|entered| entered.borrow_mut().push((id.clone(), outer)));
        if is_noted.is_ok() {
            inner.set_current();
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let outer = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let place = entered.iter().rposition(|(own, _)| own == id)?;
            let (_, outer) = entered.remove(place);
            match entered.get_mut(place) {
                // Spans may be left in another order than they were entered in.
                Some((_, inner)) => {
                    *inner = outer;
                    None
                }
                None => Some(outer),
            }
        });
        if let Ok(Some(outer)) = outer {
            outer.set_current();
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id) {
            // Dropping it records the end.
            span.extensions_mut().remove::<OwnSpan>();
        }
    }
}

fn inner_context<S>(id: &Id, context: &Context<'_, S>) -> Option<SpanContext>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let span = context.span(id)?;
    let extensions = span.extensions();
    let OwnSpan(span) = extensions.get()?;
    Some(lock(span).inner())
}

fn level(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        tracing_core::Level::DEBUG => Level::Debug,
        tracing_core::Level::TRACE => Level::Trace,
    }
}

/// The descriptor of a call site of `tracing`; there are as many as the program has.
fn descriptor(metadata: &'static Metadata<'static>) -> &'static SpanMetadata {
    static DESCRIPTORS: LazyLock<Mutex<HashMap<Identifier, &'static SpanMetadata>>> =
        LazyLock::new(Mutex::default);
    lock(&DESCRIPTORS).entry(metadata.callsite()).or_insert_with(|| {
        let site = CallSite {
            target: metadata.target(),
            module_path: metadata.module_path().unwrap_or_default(),
            file: metadata.file().unwrap_or_default(),
            line: metadata.line().unwrap_or_default(),
        };
        Box::leak(Box::new(SpanMetadata::new(metadata.name(), site)))
    })
}
