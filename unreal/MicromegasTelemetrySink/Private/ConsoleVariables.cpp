#include "ConsoleVariables.h"

#include <atomic>
#include <cstring>

#include "CoreMinimal.h"
#include "HAL/IConsoleManager.h"
#include "Misc/CommandLine.h"
#include "Misc/Parse.h"

namespace {

TAutoConsoleVariable<float> AutoFlushPeriod(
	TEXT("telemetry.auto_flush_period"), 60.f, TEXT("Seconds between two deliveries of what was recorded"));
TAutoConsoleVariable<bool> LogEnable(TEXT("telemetry.log.enable"), true, TEXT("Send log entries"));
TAutoConsoleVariable<bool> MetricsEnable(TEXT("telemetry.metrics.enable"), true, TEXT("Send metrics"));
TAutoConsoleVariable<bool> ImagesEnable(TEXT("telemetry.images.enable"), true, TEXT("Send images"));
TAutoConsoleVariable<bool> SpansEnable(
	TEXT("telemetry.spans.enable"), !WITH_EDITOR, TEXT("Send sampled spans of threads"));
TAutoConsoleVariable<bool> SpansAll(TEXT("telemetry.spans.all"), false, TEXT("Send all spans, sampled or not"));
TAutoConsoleVariable<int32> NetVerbosityVariable(TEXT("telemetry.net.verbosity"), 2,
	TEXT("0 nothing, 1 packets, 2 root objects, 3 objects, 4 properties and calls"));
TAutoConsoleVariable<float> InteractionTimeout(TEXT("telemetry.sampling.interaction_timeout"), 2.f,
	TEXT("Seconds without input after which nothing is sampled; 0 for never"));
TAutoConsoleVariable<float> HeartbeatInterval(TEXT("telemetry.sampling.heartbeat_interval"), 120.f,
	TEXT("Seconds of activity without a sample after which one is taken; 0 for never"));
TAutoConsoleVariable<int32> MaxQueueBytes(TEXT("telemetry.max_queue_bytes"), 128 * 1024 * 1024,
	TEXT("Waiting bytes above which spans and images are given up"));
TAutoConsoleVariable<int32> HardQueueBytes(TEXT("telemetry.hard_queue_bytes"), 256 * 1024 * 1024,
	TEXT("Waiting bytes above which metrics, and then log entries, are given up"));
TAutoConsoleVariable<int32> MaxInFlight(
	TEXT("telemetry.max_in_flight_requests"), 3, TEXT("Requests at a time, at most three"));

// Negative if it says nothing.
std::atomic<int32> NetVerbosityOnCommandLine{-1};

std::size_t Positive(int32 Value) { return static_cast<std::size_t>(Value > 0 ? Value : 0); }

} // namespace

namespace TelemetryConsole {

void ReadCommandLine() {
	int32 Value = -1;
	FParse::Value(FCommandLine::Get(), TEXT("-MicromegasNetTrace="), Value);
	NetVerbosityOnCommandLine.store(Value);
}

float FlushPeriod() {
	const float Seconds = AutoFlushPeriod.GetValueOnAnyThread();
	return Seconds > 0.1f ? Seconds : 0.1f;
}

bool IsEnabled(const char* Tag) {
	if (std::strcmp(Tag, "log") == 0) {
		return LogEnable.GetValueOnAnyThread();
	}
	if (std::strcmp(Tag, "metrics") == 0) {
		return MetricsEnable.GetValueOnAnyThread();
	}
	if (std::strcmp(Tag, "image") == 0) {
		return ImagesEnable.GetValueOnAnyThread();
	}
	if (std::strcmp(Tag, "net") == 0) {
		return NetVerbosity() > 0;
	}
	return SpansEnable.GetValueOnAnyThread() || SpansAll.GetValueOnAnyThread();
}

FSamplingSettings Sampling() {
	FSamplingSettings Settings;
	Settings.bSendsAll = SpansAll.GetValueOnAnyThread();
	Settings.InteractionTimeout = InteractionTimeout.GetValueOnAnyThread();
	Settings.HeartbeatInterval = HeartbeatInterval.GetValueOnAnyThread();
	Settings.FlushPeriod = FlushPeriod();
	return Settings;
}

int NetVerbosity() {
	const int32 OnCommandLine = NetVerbosityOnCommandLine.load();
	return OnCommandLine >= 0 ? OnCommandLine : NetVerbosityVariable.GetValueOnAnyThread();
}

FLimits Limits() {
	const int32 InFlight = MaxInFlight.GetValueOnAnyThread();
	return {Positive(MaxQueueBytes.GetValueOnAnyThread()), Positive(HardQueueBytes.GetValueOnAnyThread()),
		InFlight > 0 ? static_cast<unsigned>(InFlight) : 1};
}

} // namespace TelemetryConsole
