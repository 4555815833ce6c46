#include "Telemetry.h"

#include "ConsoleVariables.h"
#include "Framework/Application/SlateApplication.h"
#include "HAL/PlatformTime.h"
#include "MicromegasTracing/Dispatch.h"
#include "Misc/App.h"
#include "Misc/CoreDelegates.h"
#include "ProcessProperties.h"
#include "Screenshot.h"
#include "UnrealHttpTransport.h"

#include "micromegas/clock.h"
#include "micromegas/net.h"

namespace {

constexpr float ShutdownPatience = 5.f;

bool IsKept(FSamplingController& Sampling, const micromegas::StreamInfo& Stream, const micromegas::EventBlock& Block) {
	if (!TelemetryConsole::IsEnabled(Stream.tag.c_str())) {
		return false;
	}
	return Stream.tag != "cpu" || Sampling.IsKept(Block.least_event_ticks, Block.greatest_event_ticks);
}

double SecondsSinceInteraction() {
	if (!FSlateApplication::IsInitialized()) {
		return 0.0;
	}
	const FSlateApplication& Application = FSlateApplication::Get();
	return Application.GetCurrentTime() - Application.GetLastUserInteractionTime();
}

} // namespace

FTelemetry::FTelemetry(const FString& BaseUrl, const std::shared_ptr<ITelemetryAuthenticator>& InAuthenticator,
	const TMap<FString, FString>& ExtraProperties)
	: Authenticator(InAuthenticator),
	  Sampling(std::make_shared<FSamplingController>(micromegas::ticks_per_second())),
	  FlushPeriod(TelemetryConsole::FlushPeriod()) {
	if (Authenticator != nullptr) {
		Authenticator->Init();
	}
	TelemetryConsole::ReadCommandLine();
	const TelemetryConsole::FLimits Limits = TelemetryConsole::Limits();
	micromegas::DeliveryOptions Options;
	Options.url = MicromegasTracing::ToUtf8(BaseUrl);
	Options.queue_bytes_max = Limits.QueueBytes;
	Options.hard_queue_bytes_max = Limits.HardQueueBytes;
	Options.is_kept = [Decisions = Sampling](const micromegas::StreamInfo& Stream, const micromegas::EventBlock& Block) {
		return IsKept(*Decisions, Stream, Block);
	};
	Options.on_attempt = &FMetricPublisher::OnAttempt;
	Sink = std::make_shared<micromegas::DeliverySink>(Options, MakeUnrealHttpTransport(Authenticator));
	ApplyConsole();

	TMap<FString, FString> Properties = CollectProcessProperties();
	for (const auto& Pair : ExtraProperties) {
		Properties.Add(Pair.Key, Pair.Value);
	}
	MicromegasTracing::Dispatch::Init(Sink, Properties, FlushPeriod);
	Metrics = std::make_unique<FMetricPublisher>(Sink);
	Log = std::make_unique<FLogCapture>();
	Crashes = std::make_unique<FCrashReporter>();
	EndFrame = FCoreDelegates::OnEndFrame.AddRaw(this, &FTelemetry::OnEndFrame);
}

FTelemetry::~FTelemetry() {
	FCoreDelegates::OnEndFrame.Remove(EndFrame);
	CancelScreenshot();
	Crashes.reset();
	Log.reset();
	MicromegasTracing::Dispatch::Shutdown(ShutdownPatience);
	if (Authenticator != nullptr) {
		Authenticator->Shutdown();
	}
}

void FTelemetry::ApplyConsole() {
	Sampling->SetSettings(TelemetryConsole::Sampling());
	const TelemetryConsole::FLimits Limits = TelemetryConsole::Limits();
	Sink->set_limits(Limits.QueueBytes, Limits.HardQueueBytes, Limits.InFlight);
	micromegas::net::verbosity.store(TelemetryConsole::NetVerbosity());
}

void FTelemetry::OnEndFrame() {
	ApplyConsole();
	const float Period = TelemetryConsole::FlushPeriod();
	if (Period != FlushPeriod) {
		FlushPeriod = Period;
		MicromegasTracing::Dispatch::SetFlushPeriod(Period);
	}
	const double DeltaMilliseconds = FApp::GetDeltaTime() * 1000.0;
	const double Seconds = FPlatformTime::Seconds();
	Sampling->OnFrame({micromegas::now(), Seconds, DeltaMilliseconds, SecondsSinceInteraction()});
	Metrics->OnFrame(Seconds, DeltaMilliseconds);
}
