"""Sends logs, metrics and spans with the OpenTelemetry SDK: send.py URL http|grpc COMPRESSION SERVICE"""

import logging
import sys

from opentelemetry import metrics as metrics_api
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

url, protocol, compression, service = sys.argv[1:]

if protocol == "grpc":
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    kind = {"none": grpc.Compression.NoCompression, "gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}
    options = {"endpoint": url, "insecure": True, "compression": kind[compression]}

    def arguments(signal):
        return options
else:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    kind = {"none": Compression.NoCompression, "gzip": Compression.Gzip, "deflate": Compression.Deflate}

    def arguments(signal):
        return {"endpoint": f"{url}/v1/{signal}", "compression": kind[compression]}


resource = Resource.create({"service.name": service, "service.namespace": "sdk", "host.name": "host-1", "numbers": [1, 2]})

spans = TracerProvider(resource=resource)
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(**arguments("traces"))))
tracer = spans.get_tracer("send", "1")
with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, attributes={"size": 2**53}) as outer:
    outer.add_event("half-way", {"done": 0.5})
    with tracer.start_as_current_span("inner") as inner:
        inner.set_status(Status(StatusCode.ERROR, "broken"))

delta = {Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA}
exporter = OTLPMetricExporter(preferred_temporality=delta, **arguments("metrics"))
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
exponential = View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())
meters = MeterProvider([reader], resource=resource, views=[exponential])
meter = meters.get_meter("send")
meter.create_counter("counter", "1").add(3, {"kind": "a"})
meter.create_up_down_counter("up_down").add(-2)
meter.create_histogram("histogram", "ms").record(12.5)
meter.create_histogram("exponential", "ms").record(0.25)
meter.create_observable_gauge("gauge", [lambda _: [metrics_api.Observation(1.5)]])

logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(**arguments("logs"))))
logger = logging.getLogger("send")
logger.addHandler(LoggingHandler(logger_provider=logs))
logger.warning("careful: %s", "é")
logger.error("gone", extra={"path": "/tmp"})

for provider in (spans, meters, logs):
    if provider.force_flush(10_000) is False:
        sys.exit(f"{provider} could not send")
    provider.shutdown()
