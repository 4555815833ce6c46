// A module of a game, which is loaded and unloaded while telemetry runs. It is compiled twice, so
// that what one leaves behind is not what the other finds in its place.

#include "MicromegasTelemetrySink/MicromegasTelemetrySinkModule.h"
#include "MicromegasTracing/Dispatch.h"
#include "MicromegasTracing/Macros.h"
#include "StubEngine.h"

using namespace MicromegasTracing;

namespace {

class FGameModule : public IModuleInterface {
public:
	void ShutdownModule() override {
		// What was recorded refers to this module's call sites: it must have left before they go.
		Dispatch::Flush(20.f);
	}
};

} // namespace

static TStubModule<FGameModule> TheGame(GAME_NAME);

extern "C" __attribute__((visibility("default"))) void Begin(const char* Url, const char* Life) {
	FMicromegasTelemetrySinkModule& Sink = FMicromegasTelemetrySinkModule::Get();
	TMap<FString, FString> Properties;
	Properties.Add(TEXT("life"), FString(Life));
	Sink.InitTelemetry(FString(Url), nullptr, Properties);
}

extern "C" __attribute__((visibility("default"))) void Play(const char* Life) {
	const UObject First(TEXT("Actor_12"));
	const UObject Second(TEXT("Actor_13"));
	MICROMEGAS_SPAN_SCOPE("Game", "Tick of " GAME_NAME);
	{
		MICROMEGAS_SPAN_UOBJECT("Game", &First);
		MICROMEGAS_SPAN_UOBJECT("Game", &Second);
	}
	MICROMEGAS_LOG("Game", LogLevel::Info, FString(TEXT("😀 of ") TEXT(GAME_NAME) TEXT(" in the life ")) + FString(Life));
	MICROMEGAS_IMETRIC("Game", Verbosity::Med, TEXT("ammo of ") TEXT(GAME_NAME), TEXT("count"), 3);
	std::int64_t Bits = 0;
	MICROMEGAS_NET_CONNECTION_SCOPE(FName(TEXT("Client_2")), false);
	{
		MICROMEGAS_NET_OBJECT_SCOPE(First.GetFName(), Bits);
		Bits += 5;
	}
	GLog->Log(TEXT("LogTemp"), ELogVerbosity::Warning, TEXT("captured from ") TEXT(GAME_NAME));
}
