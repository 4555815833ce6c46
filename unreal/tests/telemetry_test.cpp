// The modules as a game meets them: entries, metrics, spans and images leave through the HTTP module.

#include <algorithm>
#include <chrono>
#include <thread>

#include "StubEngine.h"
#include "check.h"
#include "MicromegasTelemetrySink/MicromegasTelemetrySinkModule.h"
#include "MicromegasTracing/Dispatch.h"
#include "MicromegasTracing/Macros.h"

#include "micromegas/wire.h"

namespace {

using namespace MicromegasTracing;

FMicromegasTelemetrySinkModule& Module() { return FMicromegasTelemetrySinkModule::Get(); }

void Begin() {
	FHttpModule::Get().Restart({});
	FStubConsole::Set("telemetry.spans.all", true);
	TMap<FString, FString> Properties;
	Properties.Add(TEXT("commit"), TEXT("abc"));
	Module().InitTelemetry(TEXT("http://host/"), std::make_shared<FApiKeyAuthenticator>(TEXT("key")), Properties);
}

void End() { Module().ShutdownModule(); }

void Frame(double Seconds) {
	FPlatformTime::Now += Seconds;
	FApp::DeltaSeconds = Seconds;
	FSlateApplication::Get().LastInteraction = FPlatformTime::Now;
	FCoreDelegates::OnEndFrame.Broadcast();
}

// The records of all blocks that were sent, one after the other, as UTF-8 as far as they are text.
std::string Sent() {
	std::string All;
	for (const IHttpRequest& Request : FHttpModule::Get().Requests()) {
		const std::string Body(Request.Content.begin(), Request.Content.end());
		All += Body;
		constexpr char Magic[] = "\x04\x22\x4D\x18";
		for (std::size_t At = Body.find(Magic); At != std::string::npos; At = Body.find(Magic, At + 1)) {
			for (std::size_t Size = 11; Size <= Body.size() - At; ++Size) {
				const auto* Data = reinterpret_cast<const std::uint8_t*>(Body.data() + At);
				const auto Records = micromegas::wire::read_plain(Data, Size, 1 << 20);
				if (Records) {
					All.append(Records->begin(), Records->end());
					break;
				}
			}
		}
	}
	return All;
}

std::string Wide(const char16_t* Text) {
	const std::u16string Units = Text;
	return std::string(reinterpret_cast<const char*>(Units.data()), Units.size() * 2);
}

bool Contains(const std::string& All, const std::string& Part) { return All.find(Part) != std::string::npos; }

} // namespace

TEST(a_game_is_recorded_and_sent) {
	Begin();
	const UObject Actor(TEXT("Actor_12"));
	{
		MICROMEGAS_SPAN_SCOPE("Game", "Tick");
		MICROMEGAS_SPAN_UOBJECT("Game", &Actor);
		MICROMEGAS_SPAN_UOBJECT_CONDITIONAL("Game", false, static_cast<const UObject*>(nullptr));
		MICROMEGAS_SPAN_NAME("Game", FName(TEXT("Behaviour")));
		MICROMEGAS_SPAN_FUNCTION("Game");
	}
	TMap<FString, FString> Properties;
	Properties.Add(TEXT("weapon"), TEXT("bow"));
	MICROMEGAS_LOG("Game", LogLevel::Info, FString(TEXT("Arène 😀")));
	MICROMEGAS_LOG_PROPERTIES("Game", LogLevel::Info, Dispatch::GetPropertySet(Properties), TEXT("tagged"));
	GLog->Log(TEXT("LogTemp"), ELogVerbosity::Warning, TEXT("captured"));
	Frame(0.016);
	TArray<FColor> Pixels;
	Pixels.Add({1, 2, 3, 4});
	FStubConsole::Run("telemetry.screenshot");
	UGameViewportClient::OnScreenshotCaptured().Broadcast(1, 1, Pixels);
	Dispatch::Flush(10.f);
	const auto Requests = FHttpModule::Get().Requests();
	// Several requests may be in flight: which of them arrives first is not said.
	const auto IsProcess = [](const IHttpRequest& Request) { return Request.Url == "http://host/ingestion/insert_process"; };
	CHECK_EQUAL(std::count_if(Requests.begin(), Requests.end(), IsProcess), 1);
	for (const IHttpRequest& Request : Requests) {
		CHECK_EQUAL(Request.Headers.at("Authorization"), "Bearer key");
		CHECK_EQUAL(Request.Headers.at("Content-Type"), "application/octet-stream");
		CHECK(Request.Policy == EHttpRequestDelegateThreadPolicy::CompleteOnHttpThread);
	}
	const std::string All = Sent();
	for (const char* Part : {"engine-version", "ram_mb", "commit", "abc", "Tick", "screenshot"}) {
		CHECK(Contains(All, Part) || Contains(All, Wide(FString(Part).operator*())));
	}
	for (const char16_t* Part : {u"Actor_12", u"Behaviour", u"Arène 😀", u"captured", u"LogTemp", u"DeltaTime", u"image/png"}) {
		CHECK(Contains(All, Wide(Part)));
	}
	CHECK(Contains(All, "weapon"));
	End();
	CHECK(!Dispatch::IsRunning());
}

TEST(every_macro_takes_the_engines_types) {
	FStubConsole::Set("telemetry.net.verbosity", int32(4));
	Begin();
	const UObject Boss(TEXT("Boss_3"));
	const FName Thing(TEXT("Thing_7"));
	{
		MICROMEGAS_SPAN_SCOPE(TEXT("Game"), TEXT("wide scope"));
		MICROMEGAS_SPAN_NAME_CONDITIONAL("Game", true, Thing);
		MICROMEGAS_SPAN_NAME_CONDITIONAL("Game", false, FName(TEXT("LeftOut")));
		MICROMEGAS_SPAN_NAME("Game", TEXT("static text"));
		MICROMEGAS_SPAN_UOBJECT_CONDITIONAL("Game", true, &Boss);
	}
	MICROMEGAS_IMETRIC(TEXT("Game"), Verbosity::Med, TEXT("Ammo"), TEXT("count"), Boss.GetFName().GetNumber());
	MICROMEGAS_FMETRIC("Game", Verbosity::Max, "Load", "percent", 12.5f);
	int64 Bits = 0;
	{
		MICROMEGAS_NET_CONNECTION_SCOPE(FName(TEXT("Client_1")), true);
		{
			MICROMEGAS_NET_OBJECT_SCOPE(Boss.GetFName(), Bits);
			MICROMEGAS_NET_PROPERTY(FName(TEXT("Health")), 8);
			{
				MICROMEGAS_NET_PROPERTY_SCOPE(FName(TEXT("Armour")), Bits);
				Bits += 16;
			}
			MICROMEGAS_NET_RPC_SCOPE(FName(TEXT("Roar")), Bits);
			Bits += 24;
		}
		{
			MICROMEGAS_NET_OBJECT_SIZE_SCOPE(TEXT("Sized"), 5);
		}
		MICROMEGAS_NET_SUSPEND_SCOPE();
		MICROMEGAS_NET_OBJECT_EVENT(FName(TEXT("Suspended")), 9);
	}
	MICROMEGAS_NET_OBJECT_EVENT(FName(TEXT("Whole_2")), 9);
	Dispatch::Flush(10.f);
	const std::string All = Sent();
	for (const char16_t* Part : {u"wide scope", u"Thing_7", u"static text", u"Boss_3", u"Ammo", u"Client_1", u"Health", u"Armour",
			 u"Roar", u"Sized", u"Whole_2"}) {
		CHECK(Contains(All, Wide(Part)));
	}
	CHECK(Contains(All, "Load"));
	CHECK(!Contains(All, Wide(u"LeftOut")));
	CHECK(!Contains(All, Wide(u"Suspended")));
	End();
	FStubConsole::Set("telemetry.net.verbosity", int32(2));
}

TEST(console_variables_say_what_is_sent) {
	FStubConsole::Set("telemetry.log.enable", false);
	FStubConsole::Set("telemetry.metrics.enable", false);
	Begin();
	FStubConsole::Set("telemetry.spans.all", false);
	FStubConsole::Set("telemetry.spans.enable", false);
	Frame(0.016);
	{
		MICROMEGAS_SPAN_SCOPE("Game", "Tick");
		MICROMEGAS_LOG("Game", LogLevel::Info, TEXT("hidden"));
	}
	Dispatch::Flush(10.f);
	CHECK_EQUAL(FHttpModule::Get().Requests().size(), 1u);
	FStubConsole::Set("telemetry.log.enable", true);
	FStubConsole::Set("telemetry.metrics.enable", true);
	FStubConsole::Set("telemetry.spans.enable", true);
	// Sampled: only what overlaps a spike leaves.
	for (int Index = 0; Index < 40; ++Index) {
		Frame(0.016);
	}
	{
		MICROMEGAS_SPAN_SCOPE("Game", "Dull");
	}
	Dispatch::Flush(10.f);
	CHECK(!Contains(Sent(), "Dull"));
	Frame(0.016);
	{
		MICROMEGAS_SPAN_SCOPE("Game", "Spike");
	}
	Frame(0.5);
	Dispatch::Flush(10.f);
	CHECK(Contains(Sent(), "Spike"));
	End();
}

TEST(console_commands_work) {
	Begin();
	FStubConsole::Run("telemetry.global_context_set_property", {TEXT("map"), TEXT("Harbour")});
	CHECK_EQUAL(DefaultContext::Copy().Num(), 1);
	FStubConsole::Run("telemetry.global_context_print");
	MICROMEGAS_IMETRIC("Game", Verbosity::Min, TEXT("Ammo"), TEXT("count"), 3);
	FStubConsole::Run("telemetry.flush");
	Dispatch::Flush(10.f);
	CHECK(Contains(Sent(), "Harbour"));
	FStubConsole::Run("telemetry.global_context_set_property", {TEXT("map")});
	CHECK_EQUAL(DefaultContext::Copy().Num(), 0);
	FStubConsole::Run("telemetry.global_context_set_property");
	End();
	FStubConsole::Run("telemetry.enable");
	CHECK(Dispatch::IsRunning());
	End();
}

TEST(a_crash_is_told_before_the_engine_ends) {
	Begin();
	FHttpModule::Get().Restart({503, 0, 200});
	FCoreDelegates::OnHandleSystemError.Broadcast();
	CHECK(Contains(Sent(), Wide(u"Assertion failed")));
	End();
}
