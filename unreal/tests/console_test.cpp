// Console variables and the command line, authenticators, and how grave a line of the engine's log is.

#include <atomic>
#include <chrono>
#include <thread>

#include "ConsoleVariables.h"
#include "LogCapture.h"
#include "MicromegasTelemetrySink/MicromegasTelemetrySinkModule.h"
#include "MicromegasTracing/Dispatch.h"
#include "MicromegasTracing/Macros.h"
#include "StubEngine.h"
#include "check.h"
#include "sent.h"

#include "micromegas/net.h"

namespace {

using namespace MicromegasTracing;

FMicromegasTelemetrySinkModule& Module() { return FMicromegasTelemetrySinkModule::Get(); }

std::size_t BlockCount(const char* Tag) {
	std::size_t Count = 0;
	for (const FSentBlock& Block : SentBlocks()) {
		Count += Block.Tag == Tag ? 1 : 0;
	}
	return Count;
}

template <class Condition>
bool HappensSoon(Condition Happens) {
	const auto Deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
	while (!Happens()) {
		if (std::chrono::steady_clock::now() > Deadline) {
			return false;
		}
		std::this_thread::sleep_for(std::chrono::milliseconds(5));
	}
	return true;
}

// Not ready at first, and then without a signature for the first request.
class FSlowAuthenticator final : public ITelemetryAuthenticator {
public:
	void Init() override { ++Inits; }
	void Shutdown() override { ++Shutdowns; }
	bool IsReady() override { return bIsReady; }
	bool Sign(IHttpRequest& Request) override {
		if (Refusals++ == 0) {
			return false;
		}
		Request.SetHeader(TEXT("X-Signature"), TEXT("signed"));
		return true;
	}

	std::atomic<int> Inits{0};
	std::atomic<int> Shutdowns{0};
	std::atomic<bool> bIsReady{false};
	std::atomic<int> Refusals{0};
};

} // namespace

TEST(nothing_leaves_before_it_can_be_signed) {
	FHttpModule::Get().Restart({});
	const auto Authenticator = std::make_shared<FSlowAuthenticator>();
	Module().InitTelemetry(TEXT("http://host"), Authenticator, {});
	CHECK_EQUAL(Authenticator->Inits.load(), 1);
	MICROMEGAS_LOG("Game", LogLevel::Error, TEXT("early"));
	Dispatch::Flush(0.2f);
	CHECK_EQUAL(FHttpModule::Get().Requests().size(), 0u);
	Authenticator->bIsReady = true;
	Dispatch::Flush(10.f);
	CHECK_EQUAL(BlockCount("log"), 1u);
	for (const IHttpRequest& Request : FHttpModule::Get().Requests()) {
		CHECK_EQUAL(Request.Headers.at("X-Signature"), "signed");
	}
	Module().ShutdownModule();
	CHECK_EQUAL(Authenticator->Shutdowns.load(), 1);
}

TEST(the_period_is_a_variable) {
	FHttpModule::Get().Restart({});
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	MICROMEGAS_LOG("Game", LogLevel::Info, TEXT("first"));
	std::this_thread::sleep_for(std::chrono::milliseconds(300));
	CHECK_EQUAL(BlockCount("log"), 0u);
	FStubConsole::Set("telemetry.auto_flush_period", 0.1f);
	FCoreDelegates::OnEndFrame.Broadcast();
	CHECK(HappensSoon([] { return BlockCount("log") == 1; }));
	MICROMEGAS_LOG("Game", LogLevel::Info, TEXT("second"));
	CHECK(HappensSoon([] { return BlockCount("log") == 2; }));
	FStubConsole::Set("telemetry.auto_flush_period", 60.f);
	Module().ShutdownModule();
}

TEST(images_are_sent_if_the_variable_says_so) {
	FHttpModule::Get().Restart({});
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	TArray<uint8> Data;
	Data.Add(1);
	FStubConsole::Set("telemetry.images.enable", false);
	CHECK(Dispatch::SendImage(TEXT("left out"), TEXT("image/png"), Data));
	Dispatch::Flush(10.f);
	CHECK_EQUAL(BlockCount("image"), 0u);
	FStubConsole::Set("telemetry.images.enable", true);
	CHECK(Dispatch::SendImage(TEXT("sent"), TEXT("image/png"), Data));
	Dispatch::Flush(10.f);
	CHECK_EQUAL(BlockCount("image"), 1u);
	Module().ShutdownModule();
}

TEST(the_command_line_beats_the_verbosity_of_the_network) {
	FStubConsole::Set("telemetry.net.verbosity", int32(3));
	FHttpModule::Get().Restart({});
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	CHECK_EQUAL(micromegas::net::verbosity.load(), 3);
	CHECK(TelemetryConsole::IsEnabled("net"));
	Module().ShutdownModule();
	FCommandLine::Line = u"Game -MicromegasNetTrace=0 -log";
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	CHECK_EQUAL(micromegas::net::verbosity.load(), 0);
	CHECK(!TelemetryConsole::IsEnabled("net"));
	Module().ShutdownModule();
	FCommandLine::Line = u"Game -log";
	TelemetryConsole::ReadCommandLine();
	FStubConsole::Set("telemetry.net.verbosity", int32(2));
}

TEST(variables_reach_sampling_and_delivery) {
	FStubConsole::Set("telemetry.sampling.interaction_timeout", 5.f);
	FStubConsole::Set("telemetry.sampling.heartbeat_interval", 30.f);
	FStubConsole::Set("telemetry.max_queue_bytes", int32(1000));
	FStubConsole::Set("telemetry.hard_queue_bytes", int32(-1));
	FStubConsole::Set("telemetry.max_in_flight_requests", int32(0));
	const FSamplingSettings Settings = TelemetryConsole::Sampling();
	CHECK_EQUAL(Settings.InteractionTimeout, 5.0);
	CHECK_EQUAL(Settings.HeartbeatInterval, 30.0);
	CHECK_EQUAL(Settings.FlushPeriod, 60.0);
	const TelemetryConsole::FLimits Limits = TelemetryConsole::Limits();
	CHECK_EQUAL(Limits.QueueBytes, 1000u);
	CHECK_EQUAL(Limits.HardQueueBytes, 0u);
	CHECK_EQUAL(Limits.InFlight, 1u);
	FStubConsole::Set("telemetry.sampling.interaction_timeout", 2.f);
	FStubConsole::Set("telemetry.sampling.heartbeat_interval", 120.f);
	FStubConsole::Set("telemetry.max_queue_bytes", int32(128 * 1024 * 1024));
	FStubConsole::Set("telemetry.hard_queue_bytes", int32(256 * 1024 * 1024));
	FStubConsole::Set("telemetry.max_in_flight_requests", int32(3));
}

TEST(budgets_hold_while_nobody_answers) {
	FHttpModule::Get().Restart({});
	const auto Authenticator = std::make_shared<FSlowAuthenticator>();
	FStubConsole::Set("telemetry.max_queue_bytes", int32(50'000));
	FStubConsole::Set("telemetry.spans.all", true);
	Module().InitTelemetry(TEXT("http://host"), Authenticator, {});
	FPlatformTime::Now += 1.0;
	FCoreDelegates::OnEndFrame.Broadcast();
	for (int Turn = 0; Turn < 10; ++Turn) {
		for (int Span = 0; Span < 1'000; ++Span) {
			MICROMEGAS_SPAN_SCOPE("Game", "Tick");
		}
		Dispatch::Flush(0.1f);
	}
	FPlatformTime::Now += 1.0;
	FCoreDelegates::OnEndFrame.Broadcast();
	Authenticator->bIsReady = true;
	Dispatch::Flush(10.f);
	Module().ShutdownModule();
	FStubConsole::Set("telemetry.max_queue_bytes", int32(128 * 1024 * 1024));
	FStubConsole::Set("telemetry.spans.all", false);
	// Twenty thousand events of 17 bytes were recorded.
	std::size_t Bytes = 0;
	for (const FSentBlock& Block : SentBlocks()) {
		Bytes += Block.Tag == "cpu" ? Block.Objects.size() : 0;
	}
	CHECK(Bytes > 0 && Bytes <= 50'000);
	double Dropped = 0.0;
	for (const FSample& Sample : SentSamples()) {
		Dropped = Sample.Name == "DroppedUploads" ? Sample.Value : Dropped;
	}
	CHECK(Dropped >= 1.0);
}

TEST(the_engines_verbosities_are_levels) {
	using micromegas::LogLevel;
	CHECK(ToLogLevel(ELogVerbosity::Fatal) == LogLevel::Fatal);
	CHECK(ToLogLevel(ELogVerbosity::Error) == LogLevel::Error);
	CHECK(ToLogLevel(ELogVerbosity::Warning) == LogLevel::Warn);
	CHECK(ToLogLevel(ELogVerbosity::Display) == LogLevel::Info);
	CHECK(ToLogLevel(ELogVerbosity::Log) == LogLevel::Debug);
	CHECK(ToLogLevel(ELogVerbosity::Verbose) == LogLevel::Trace);
	CHECK(ToLogLevel(ELogVerbosity::VeryVerbose) == LogLevel::Trace);
}
