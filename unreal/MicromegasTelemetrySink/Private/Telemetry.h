// All that runs while telemetry is on.
#pragma once

#include <memory>

#include "CoreMinimal.h"
#include "CrashReporter.h"
#include "Delegates/IDelegateInstance.h"
#include "LogCapture.h"
#include "MetricPublisher.h"
#include "MicromegasTelemetrySink/TelemetryAuthenticator.h"
#include "SamplingController.h"

#include "micromegas/delivery.h"

class FTelemetry {
public:
	FTelemetry(const FString& BaseUrl, const std::shared_ptr<ITelemetryAuthenticator>& Authenticator,
		const TMap<FString, FString>& ExtraProperties);
	~FTelemetry();

private:
	void OnEndFrame();
	void ApplyConsole();

	std::shared_ptr<ITelemetryAuthenticator> Authenticator;
	// The sink asks it on the flusher's thread, also after this object began to go.
	std::shared_ptr<FSamplingController> Sampling;
	std::shared_ptr<micromegas::DeliverySink> Sink;
	std::unique_ptr<FMetricPublisher> Metrics;
	std::unique_ptr<FLogCapture> Log;
	std::unique_ptr<FCrashReporter> Crashes;
	FDelegateHandle EndFrame;
	float FlushPeriod;
};
