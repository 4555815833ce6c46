// The recording of the process, in the engine's types.
#pragma once

#include "CoreMinimal.h"
#include "MicromegasTracing/Text.h"

#include "micromegas/dispatch.h"
#include "micromegas/log.h"

namespace MicromegasTracing {

class MICROMEGASTRACING_API Dispatch {
public:
	// Starts recording; false if it runs already.
	static bool Init(std::shared_ptr<micromegas::EventSink> Sink, const TMap<FString, FString>& ProcessProperties,
		float FlushPeriodSeconds);
	static bool IsRunning();
	// Hands over what all threads recorded; waits for its delivery if there is a time for that.
	static void Flush(float PatienceSeconds = 0.f);
	static void SetFlushPeriod(float Seconds);
	static void Shutdown(float PatienceSeconds = 5.f);

	// An entry of a category of the engine's log.
	static void LogInterop(micromegas::LogLevel Level, FName Target, const FString& Message);
	// A set of properties, shared by the events that have it and freed when nobody does.
	static micromegas::PropertySetRef GetPropertySet(const TMap<FString, FString>& Properties);
	static bool SendImage(const FString& Name, const FString& Format, const TArray<uint8>& Data);
	// Empty while nothing is recorded.
	static FString GetProcessId();
};

// Properties of every log entry and metric from now on.
class MICROMEGASTRACING_API DefaultContext {
public:
	static void Set(const FString& Name, const FString& Value);
	static void SetBatch(const TMap<FString, FString>& Properties);
	static void Unset(const FString& Name);
	static void Clear();
	static TMap<FString, FString> Copy();
};

} // namespace MicromegasTracing
