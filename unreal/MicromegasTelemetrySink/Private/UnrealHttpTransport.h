// Requests through the engine's HTTP module, waited for by the threads that deliver.
#pragma once

#include <memory>

#include "CoreMinimal.h"
#include "MicromegasTelemetrySink/TelemetryAuthenticator.h"

#include "micromegas/delivery.h"

std::shared_ptr<micromegas::HttpTransport> MakeUnrealHttpTransport(
	const std::shared_ptr<ITelemetryAuthenticator>& Authenticator);
