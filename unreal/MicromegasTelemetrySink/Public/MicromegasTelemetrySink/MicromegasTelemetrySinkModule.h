// The module that a game asks to send its telemetry.
#pragma once

#include <memory>

#include "CoreMinimal.h"
#include "Modules/ModuleManager.h"

#include "MicromegasTelemetrySink/TelemetryAuthenticator.h"

class FTelemetry;

class MICROMEGASTELEMETRYSINK_API FMicromegasTelemetrySinkModule : public IModuleInterface {
public:
	FMicromegasTelemetrySinkModule();
	~FMicromegasTelemetrySinkModule() override;

	void StartupModule() override;
	void ShutdownModule() override;

	static FMicromegasTelemetrySinkModule& Get();

	// Begins to record and to send to this server; the URL may end with a slash, or with /ingestion,
	// or with neither. Without an authenticator requests are not signed. To be called once.
	void InitTelemetry(const FString& BaseUrl, const std::shared_ptr<ITelemetryAuthenticator>& Authenticator,
		const TMap<FString, FString>& ExtraProperties);
	// Begins with what InitTelemetry was told last: after the console command telemetry.enable.
	void Enable();

private:
	std::unique_ptr<FTelemetry> Telemetry;
	FString BaseUrl;
	std::shared_ptr<ITelemetryAuthenticator> Authenticator;
	TMap<FString, FString> ExtraProperties;
};
