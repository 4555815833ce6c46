// What the sink measures by itself, and what it says of the process.

#include <algorithm>
#include <chrono>
#include <thread>

#include "MicromegasTelemetrySink/MicromegasTelemetrySinkModule.h"
#include "MicromegasTracing/Dispatch.h"
#include "MicromegasTracing/Macros.h"
#include "StubEngine.h"
#include "check.h"
#include "sent.h"

#include "micromegas/clock.h"

namespace {

using namespace MicromegasTracing;

FMicromegasTelemetrySinkModule& Module() { return FMicromegasTelemetrySinkModule::Get(); }

void Frame(double Seconds) {
	FPlatformTime::Now += Seconds;
	FApp::DeltaSeconds = Seconds;
	FSlateApplication::Get().LastInteraction = FPlatformTime::Now;
	FCoreDelegates::OnEndFrame.Broadcast();
}

std::vector<FSample> Named(const std::vector<FSample>& Samples, const char* Name) {
	std::vector<FSample> Found;
	for (const FSample& Sample : Samples) {
		if (Sample.Name == Name) {
			Found.push_back(Sample);
		}
	}
	return Found;
}

} // namespace

TEST(each_request_is_measured) {
	// One at a time, so that who is answered how is known: the process fails twice.
	FStubConsole::Set("telemetry.max_in_flight_requests", int32(1));
	FHttpModule::Get().Restart({503, 0});
	constexpr std::chrono::milliseconds Pause{5};
	FHttpModule::Get().Server = [&](const IHttpRequest&, IHttpResponse&) { std::this_thread::sleep_for(Pause); };
	const std::int64_t PauseTicks = micromegas::ticks_per_second() * Pause.count() / 1000;
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	Frame(1.0);
	// The first delivery is measured too late to tell of itself.
	Dispatch::Flush(10.f);
	Frame(1.0);
	Dispatch::Flush(10.f);
	Module().ShutdownModule();
	FHttpModule::Get().Server = nullptr;
	FStubConsole::Set("telemetry.max_in_flight_requests", int32(3));

	const std::vector<FSample> Samples = SentSamples();
	const auto Codes = Named(Samples, "HttpRetryResponseCode");
	REQUIRE(Codes.size() == 2);
	CHECK_EQUAL(Codes[0].Value, 503.0);
	CHECK_EQUAL(Codes[1].Value, 0.0);
	CHECK_EQUAL(Codes[0].Unit, "code");
	const auto Failed = Named(Samples, "HttpRetryAttemptElapsed");
	CHECK_EQUAL(Failed.size(), 2u);
	const auto Answered = Named(Samples, "HttpRequestCompletionTime");
	// The process, the stream of metrics and its first block at least.
	CHECK(Answered.size() >= 3);
	for (const auto& Times : {Failed, Answered}) {
		for (const FSample& Time : Times) {
			CHECK_EQUAL(Time.Unit, "ticks");
			CHECK(!Time.bIsFloat);
			CHECK(Time.Value >= static_cast<double>(PauseTicks));
			CHECK(Time.Value < static_cast<double>(PauseTicks) * 10'000);
		}
	}
}

TEST(a_refusal_is_no_retry) {
	FHttpModule::Get().Restart({400, 404, 200});
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	Frame(1.0);
	Dispatch::Flush(10.f);
	Frame(1.0);
	Dispatch::Flush(10.f);
	Module().ShutdownModule();
	const std::vector<FSample> Samples = SentSamples();
	CHECK_EQUAL(Named(Samples, "HttpRetryResponseCode").size(), 0u);
	CHECK_EQUAL(Named(Samples, "HttpRetryAttemptElapsed").size(), 0u);
}

TEST(frames_memory_and_delivery_are_measured) {
	FHttpModule::Get().Restart({});
	Module().InitTelemetry(TEXT("http://host"), nullptr, {});
	Frame(1.0);
	Frame(0.25);
	Dispatch::Flush(10.f);
	Frame(1.0);
	Module().ShutdownModule();
	const std::vector<FSample> Samples = SentSamples();
	const auto Frames = Named(Samples, "DeltaTime");
	REQUIRE(Frames.size() == 3);
	CHECK_EQUAL(Frames[1].Value, 250.0);
	CHECK_EQUAL(Frames[1].Unit, "ms");
	CHECK(Frames[1].bIsFloat);
	struct FExpected {
		const char* Name;
		const char* Unit;
		double Last;
	};
	for (const FExpected& Expected : {FExpected{"UsedPhysical", "bytes", 1000}, FExpected{"UsedVirtual", "bytes", 2000},
			 FExpected{"AvailablePhysical", "bytes", 3000}, FExpected{"HttpInFlightRequests", "count", 0},
			 FExpected{"HttpResponseCode", "code", 200}, FExpected{"QueueSize", "count", 0},
			 FExpected{"QueueSizeBytes", "bytes", 0}, FExpected{"DroppedUploads", "count", 0}}) {
		// Once a second, and two seconds have begun.
		const auto Found = Named(Samples, Expected.Name);
		CHECK_EQUAL(Found.size(), 2u);
		if (!Found.empty()) {
			CHECK_EQUAL(Found.back().Unit, Expected.Unit);
			CHECK_EQUAL(Found.back().Value, Expected.Last);
		}
	}
}

TEST(the_process_says_what_it_is) {
	FHttpModule::Get().Restart({});
	TMap<FString, FString> Properties;
	Properties.Add(TEXT("commit"), TEXT("abc"));
	Properties.Add(TEXT("mode"), TEXT("é 😀"));
	Module().InitTelemetry(TEXT("http://host"), nullptr, Properties);
	Dispatch::Flush(10.f);
	Module().ShutdownModule();
	const auto Processes = SentDocuments("insert_process");
	REQUIRE(Processes.size() == 1);
	const nlohmann::json Expected = {{"platform-name", "Linux"}, {"build-version", "++Game-1"}, {"engine-version", "5.4.0"},
		{"build-config", "3"}, {"build-target", "1"}, {"branch-name", "++Game"}, {"exe_args", "-log"},
		{"command-line", "Game -log"}, {"commit", "abc"}, {"gpu", "GPU"}, {"cpu", "CPU"}, {"cpu-physical-cores", "4"},
		{"cpu-logical-cores", "8"}, {"ram_mb", "16384"}, {"mode", "é 😀"}};
	CHECK_EQUAL(Processes[0]["properties"].dump(), Expected.dump());
}
