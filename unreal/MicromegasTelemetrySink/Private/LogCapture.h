// Every line of the engine's log as a log entry.
#pragma once

#include "CoreMinimal.h"
#include "Misc/OutputDevice.h"

#include "micromegas/level.h"

micromegas::LogLevel ToLogLevel(ELogVerbosity::Type Verbosity);

class FLogCapture final : public FOutputDevice {
public:
	FLogCapture();
	~FLogCapture() override;

	void Serialize(const TCHAR* Message, ELogVerbosity::Type Verbosity, const FName& Category) override;
	bool CanBeUsedOnAnyThread() const override { return true; }
	bool CanBeUsedOnMultipleThreads() const override { return true; }
};
