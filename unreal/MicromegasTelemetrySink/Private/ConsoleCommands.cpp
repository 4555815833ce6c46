#include "CoreMinimal.h"
#include "HAL/IConsoleManager.h"

#include "MicromegasTelemetrySink/MicromegasTelemetrySinkModule.h"
#include "MicromegasTracing/Dispatch.h"
#include "Screenshot.h"

DEFINE_LOG_CATEGORY_STATIC(LogMicromegas, Log, All);

namespace {

void PrintContext() {
	for (const auto& Pair : MicromegasTracing::DefaultContext::Copy()) {
		UE_LOG(LogMicromegas, Display, TEXT("%s = %s"), *Pair.Key, *Pair.Value);
	}
}

void SetContextProperty(const TArray<FString>& Arguments) {
	if (Arguments.Num() == 0) {
		UE_LOG(LogMicromegas, Warning, TEXT("telemetry.global_context_set_property <name> [value]"));
	} else if (Arguments.Num() == 1) {
		MicromegasTracing::DefaultContext::Unset(Arguments[0]);
	} else {
		MicromegasTracing::DefaultContext::Set(Arguments[0], Arguments[1]);
	}
}

FAutoConsoleCommand FlushCommand(TEXT("telemetry.flush"), TEXT("Send what was recorded so far"),
	FConsoleCommandDelegate::CreateLambda([] { MicromegasTracing::Dispatch::Flush(); }));
FAutoConsoleCommand EnableCommand(TEXT("telemetry.enable"), TEXT("Begin to record and to send"),
	FConsoleCommandDelegate::CreateLambda([] { FMicromegasTelemetrySinkModule::Get().Enable(); }));
FAutoConsoleCommand ScreenshotCommand(TEXT("telemetry.screenshot"), TEXT("Send a picture of the viewport"),
	FConsoleCommandDelegate::CreateLambda([] { SendScreenshot(); }));
FAutoConsoleCommand PrintContextCommand(TEXT("telemetry.global_context_print"),
	TEXT("Show the properties of all entries and metrics"),
	FConsoleCommandDelegate::CreateLambda([] { PrintContext(); }));
FAutoConsoleCommand SetContextCommand(TEXT("telemetry.global_context_set_property"),
	TEXT("<name> [value]: set a property of all entries and metrics, or remove it"),
	FConsoleCommandWithArgsDelegate::CreateLambda(
		[](const TArray<FString>& Arguments) { SetContextProperty(Arguments); }));

} // namespace
