#include "ProcessProperties.h"

#include "HAL/PlatformMemory.h"
#include "HAL/PlatformMisc.h"
#include "HAL/PlatformProperties.h"
#include "Misc/App.h"
#include "Misc/CommandLine.h"
#include "Misc/EngineVersion.h"

TMap<FString, FString> CollectProcessProperties() {
	TMap<FString, FString> Properties;
	Properties.Add(TEXT("platform-name"), FString(FPlatformProperties::PlatformName()));
	Properties.Add(TEXT("build-version"), FApp::GetBuildVersion());
	Properties.Add(TEXT("engine-version"), FEngineVersion::Current().ToString());
	Properties.Add(TEXT("build-config"), LexToString(FApp::GetBuildConfiguration()));
	Properties.Add(TEXT("build-target"), LexToString(FApp::GetBuildTargetType()));
	Properties.Add(TEXT("branch-name"), FApp::GetBranchName());
	Properties.Add(TEXT("exe_args"), FString(FCommandLine::GetOriginal()));
	Properties.Add(TEXT("command-line"), FString(FCommandLine::Get()));
	// Of the engine's own build, until the game says its own.
	Properties.Add(TEXT("commit"), LexToString(FEngineVersion::Current().GetChangelist()));
	Properties.Add(TEXT("gpu"), FPlatformMisc::GetPrimaryGPUBrand());
	Properties.Add(TEXT("cpu"), FPlatformMisc::GetCPUBrand());
	Properties.Add(TEXT("cpu-physical-cores"), LexToString(FPlatformMisc::NumberOfCores()));
	Properties.Add(TEXT("cpu-logical-cores"), LexToString(FPlatformMisc::NumberOfCoresIncludingHyperthreads()));
	const uint64 Megabytes = FPlatformMemory::GetConstants().TotalPhysical / (1024 * 1024);
	Properties.Add(TEXT("ram_mb"), LexToString(Megabytes));
	return Properties;
}
