using UnrealBuildTool;

// Delivery: the engine's HTTP module, console, log, frames and crashes.
public class MicromegasTelemetrySink : ModuleRules
{
	public MicromegasTelemetrySink(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.NoPCHs;
		bUseUnity = false;
		bEnableExceptions = false;
		bUseRTTI = false;
		PublicDependencyModuleNames.AddRange(new[] { "Core", "HTTP", "MicromegasTracing" });
		PrivateDependencyModuleNames.AddRange(new[] { "CoreUObject", "Engine", "RHI", "Slate" });
	}
}
