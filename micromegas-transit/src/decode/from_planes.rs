//! Columns straight out of the planes of a planar block, without rebuilding its records.
//!
//! Only blocks in which every record can be read are decoded here. Where something is lost, or the
//! types are more than the plain ones, the decoder returns none, and the records are rebuilt and
//! decoded like those of any other block, which counts the losses.

mod async_spans;
mod ids;
mod logs;
mod metrics;
mod rows;
mod spans;
mod supply;

/// How many records are worked on at a time: their values stay in the first-level cache.
const CHUNK: usize = 512;

#[cfg(test)]
mod tests {
    use crate::planar::{Codec, Encoder};
    use crate::types::{
        self, BeginAsyncSpanEvent, BeginThreadSpanEvent, EndThreadSpanEvent, FloatMetricEvent,
        IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
        MetricMetadataDependency, SpanRecord, StaticStringDependency,
    };
    use crate::{
        Limits, OpenBlock, Payload, RecordQueue, ReflectDynamic, StreamLayout, StreamPlan,
        compress_frame,
    };

    fn strings() -> RecordQueue {
        let mut queue = RecordQueue::new();
        queue.push_dynamic(0, |out| StaticStringDependency { id: 1, text: "text" }.write_to(out));
        queue
    }

    /// Whether decoding had to rebuild the records.
    fn rebuilds(
        layout: &StreamLayout,
        dependencies: &RecordQueue,
        objects: &RecordQueue,
        decode: impl FnOnce(&OpenBlock<'_>) -> usize,
    ) -> bool {
        rebuilds_grouped_by(layout, layout, dependencies, objects, decode)
    }

    /// Does the same with a block whose groups are those of another layout of the same records.
    fn rebuilds_grouped_by(
        encoded: &StreamLayout,
        layout: &StreamLayout,
        dependencies: &RecordQueue,
        objects: &RecordQueue,
        decode: impl FnOnce(&OpenBlock<'_>) -> usize,
    ) -> bool {
        let limits = Limits::default();
        let plan = StreamPlan::compile(layout, &limits).unwrap();
        let mut encoder = Encoder::new(&encoded.objects, Codec::Lz4).unwrap();
        let payload = Payload {
            dependencies: compress_frame(dependencies.as_bytes()).into(),
            objects: encoder.encode(objects.as_bytes(), None).into(),
        };
        let open = plan.open(&payload, &limits).unwrap();
        assert_eq!(decode(&open), objects.record_count());
        open.objects.planes().is_none()
    }

    #[test]
    fn spans_come_out_of_the_planes_whatever_is_between_them() {
        let layout = types::thread_stream_layout();
        let mut dependencies = strings();
        let span = SpanRecord { id: 2, name: 1, target: 1, file: 1, line: 3, lod: 2 };
        dependencies.push(types::thread::SPAN, &span);
        let mut objects = RecordQueue::new();
        for time in 0..5000 {
            objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 2, time });
            objects.push(1, &EndThreadSpanEvent { thread_span_desc: 2, time });
        }
        let rows = |open: &OpenBlock<'_>| open.thread_spans().columns.ticks.len();
        assert!(!rebuilds(&layout, &dependencies, &objects, rows));
        let depth = 0;
        let other = BeginAsyncSpanEvent {
            span_desc: 2,
            span_id: 1,
            parent_span_id: 0,
            time: 5000,
            depth,
            reserved: 0,
        };
        objects.push(2, &other);
        objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 2, time: 5001 });
        let rows = |open: &OpenBlock<'_>| open.thread_spans().columns.ticks.len() + 1;
        assert!(!rebuilds(&layout, &dependencies, &objects, rows));
        // An id that nothing defines is a loss, which is counted by the path for all blocks.
        objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 3, time: 5002 });
        let rows = |open: &OpenBlock<'_>| {
            let spans = open.thread_spans();
            spans.columns.ticks.len() + 1 + spans.losses.total() as usize
        };
        assert!(rebuilds(&layout, &dependencies, &objects, rows));
    }

    #[test]
    fn asynchronous_spans_do_and_so_does_their_absence() {
        let layout = types::thread_stream_layout();
        let mut dependencies = strings();
        let span = SpanRecord { id: 2, name: 1, target: 1, file: 1, line: 3, lod: 2 };
        dependencies.push(types::thread::SPAN, &span);
        let mut objects = RecordQueue::new();
        for time in 0..3000 {
            objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 2, time });
        }
        let rows = |open: &OpenBlock<'_>| open.async_spans().columns.ticks.len() + 3000;
        assert!(!rebuilds(&layout, &dependencies, &objects, rows));
        let none = |open: &OpenBlock<'_>| {
            let counts = [
                open.images().record_count,
                open.net_spans().record_count,
                open.custom_events().record_count,
                open.logs().record_count,
                open.metrics().record_count,
            ];
            assert_eq!(counts, [3000; 5]);
            3000
        };
        assert!(!rebuilds(&layout, &dependencies, &objects, none));
        for step in 0..3000 {
            let event = BeginAsyncSpanEvent {
                span_desc: 2,
                span_id: 1 << 40 | step,
                parent_span_id: step / 2,
                time: 5000 + 3 * step.cast_signed(),
                depth: step as u32 % 5,
                reserved: 0,
            };
            objects.push(2 + (step % 2) as u8, &event);
        }
        assert!(!rebuilds(&layout, &dependencies, &objects, rows));
    }

    fn metrics() -> RecordQueue {
        let mut dependencies = strings();
        let metric = MetricMetadataDependency {
            id: 2,
            name: 1,
            unit: 1,
            target: 1,
            file: 1,
            line: 1,
            lod: 1,
        };
        dependencies.push(types::metrics::METRIC_METADATA, &metric);
        dependencies
    }

    #[test]
    fn samples_do_whichever_groups_their_values_are_in() {
        let layout = types::metric_stream_layout();
        let mut objects = RecordQueue::new();
        let mut state = 1_u64;
        for time in 0..5000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if state >> 63 == 0 {
                let event = IntegerMetricEvent { desc: 2, value: time as u64, time };
                objects.push(types::metrics::INTEGER_METRIC_EVENT, &event);
            } else {
                let event = FloatMetricEvent { desc: 2, value: 0.5 + time as f64, time };
                objects.push(types::metrics::FLOAT_METRIC_EVENT, &event);
            }
        }
        let rows = |open: &OpenBlock<'_>| {
            let columns = open.metrics().columns;
            for row in 0..columns.value.len() {
                let own = columns.integer[row] as f64;
                let expected = if columns.is_integer[row] { own } else { row as f64 + 0.5 };
                assert_eq!((columns.ticks[row], columns.value[row]), (row as i64, expected));
                assert!(
                    columns.integer[row] == if columns.is_integer[row] { row as u64 } else { 0 }
                );
            }
            columns.value.len()
        };
        assert!(!rebuilds(&layout, &metrics(), &objects, rows));
        // Encoders may put integers and floating-point numbers into one group, as a layout does that
        // calls both by the same type.
        let mut alike = layout.clone();
        let members = alike.objects.iter_mut().flat_map(|own| &mut own.members);
        members.for_each(|member| member.type_name = "u64".into());
        assert!(!rebuilds_grouped_by(&alike, &layout, &metrics(), &objects, rows));
        // Or put each member of each type into a group of its own.
        let mut apart = layout.clone();
        for (index, own) in apart.objects.iter_mut().enumerate() {
            own.members
                .iter_mut()
                .for_each(|member| member.name = format!("{}{index}", member.name));
        }
        assert!(!rebuilds_grouped_by(&apart, &layout, &metrics(), &objects, rows));
    }

    #[test]
    fn metrics_and_logs_of_constant_text_do_too() {
        let dependencies = metrics();
        let mut objects = RecordQueue::new();
        for time in 0..3000 {
            objects.push(1, &FloatMetricEvent { desc: 2, value: time as f64, time });
        }
        let rows = |open: &OpenBlock<'_>| open.metrics().columns.value.len();
        assert!(!rebuilds(&types::metric_stream_layout(), &dependencies, &objects, rows));

        let mut dependencies = strings();
        let site = LogMetadataRecord { id: 2, fmt_str: 1, target: 1, file: 1, line: 1, level: 4 };
        dependencies.push(types::log::LOG_METADATA, &site);
        let mut objects = RecordQueue::new();
        for time in 0..3000 {
            objects.push(0, &LogStaticStrEvent { desc: 2, time });
        }
        let rows = |open: &OpenBlock<'_>| open.logs().columns.message.len();
        assert!(!rebuilds(&types::log_stream_layout(), &dependencies, &objects, rows));
        let text = LogStringEventV2 { desc: 2, time: 3000, message: "formatted" };
        objects.push_dynamic(1, |out| text.write_to(out));
        assert!(rebuilds(&types::log_stream_layout(), &dependencies, &objects, rows));
    }
}
