#include "MicromegasTelemetrySink/MicromegasTelemetrySinkModule.h"

#include "Telemetry.h"

FMicromegasTelemetrySinkModule::FMicromegasTelemetrySinkModule() = default;
FMicromegasTelemetrySinkModule::~FMicromegasTelemetrySinkModule() = default;

void FMicromegasTelemetrySinkModule::StartupModule() {}

void FMicromegasTelemetrySinkModule::ShutdownModule() { Telemetry.reset(); }

FMicromegasTelemetrySinkModule& FMicromegasTelemetrySinkModule::Get() {
	return FModuleManager::LoadModuleChecked<FMicromegasTelemetrySinkModule>(TEXT("MicromegasTelemetrySink"));
}

void FMicromegasTelemetrySinkModule::InitTelemetry(const FString& InBaseUrl,
	const std::shared_ptr<ITelemetryAuthenticator>& InAuthenticator, const TMap<FString, FString>& InExtraProperties) {
	BaseUrl = InBaseUrl;
	Authenticator = InAuthenticator;
	ExtraProperties = InExtraProperties;
	Enable();
}

void FMicromegasTelemetrySinkModule::Enable() {
	if (Telemetry == nullptr && !BaseUrl.IsEmpty()) {
		Telemetry = std::make_unique<FTelemetry>(BaseUrl, Authenticator, ExtraProperties);
	}
}

IMPLEMENT_MODULE(FMicromegasTelemetrySinkModule, MicromegasTelemetrySink)
