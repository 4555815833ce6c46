#include "MetricPublisher.h"

#include "HAL/PlatformMemory.h"
#include "MicromegasTracing/Dispatch.h"
#include "MicromegasTracing/Macros.h"

using micromegas::Verbosity;

void FMetricPublisher::OnFrame(double Seconds, double DeltaMilliseconds) {
	MICROMEGAS_FMETRIC("Frame", Verbosity::Min, TEXT("DeltaTime"), TEXT("ms"), DeltaMilliseconds);
	if (Seconds >= NextSlowSeconds) {
		NextSlowSeconds = Seconds + 1.0;
		PublishMemory();
		PublishDelivery();
	}
}

void FMetricPublisher::OnAttempt(const micromegas::HttpAttempt& Attempt) {
	if (!MicromegasTracing::Dispatch::IsRunning()) {
		return;
	}
	if (Attempt.is_retried) {
		MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("HttpRetryResponseCode"), TEXT("code"), Attempt.status);
		MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("HttpRetryAttemptElapsed"), TEXT("ticks"), Attempt.elapsed_ticks);
	} else {
		MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("HttpRequestCompletionTime"), TEXT("ticks"), Attempt.elapsed_ticks);
	}
}

void FMetricPublisher::PublishMemory() {
	const FPlatformMemoryStats Stats = FPlatformMemory::GetStats();
	MICROMEGAS_IMETRIC("Memory", Verbosity::Min, TEXT("UsedPhysical"), TEXT("bytes"), Stats.UsedPhysical);
	MICROMEGAS_IMETRIC("Memory", Verbosity::Min, TEXT("UsedVirtual"), TEXT("bytes"), Stats.UsedVirtual);
	MICROMEGAS_IMETRIC("Memory", Verbosity::Min, TEXT("AvailablePhysical"), TEXT("bytes"), Stats.AvailablePhysical);
}

void FMetricPublisher::PublishDelivery() {
	const micromegas::DeliveryStats Stats = Sink->stats();
	std::uint64_t Dropped = 0;
	for (const std::uint64_t Count : Stats.dropped) {
		Dropped += Count;
	}
	MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("HttpInFlightRequests"), TEXT("count"), Stats.in_flight);
	MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("HttpResponseCode"), TEXT("code"), Stats.last_status);
	MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("QueueSize"), TEXT("count"), Stats.queued);
	MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("QueueSizeBytes"), TEXT("bytes"), Stats.queued_bytes);
	MICROMEGAS_IMETRIC("Telemetry", Verbosity::Min, TEXT("DroppedUploads"), TEXT("count"), Dropped);
}
