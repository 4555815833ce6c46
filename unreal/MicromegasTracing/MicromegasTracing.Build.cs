using System.IO;
using UnrealBuildTool;

// Recording: the macros, and the engine-free core that lies beside this module.
public class MicromegasTracing : ModuleRules
{
	public MicromegasTracing(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.NoPCHs;
		bUseUnity = false;
		bEnableExceptions = false;
		bUseRTTI = false;
		PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject" });

		string Core = Path.Combine(ModuleDirectory, "..", "Core");
		PublicIncludePaths.Add(Path.Combine(Core, "include"));
		PrivateIncludePaths.Add(Path.Combine(Core, "src"));
		// Put nlohmann/json.hpp, and lz4.h, lz4frame.h and their sources or library, here.
		PrivateIncludePaths.Add(Path.Combine(Core, "third_party"));
		AddEngineThirdPartyPrivateStaticDependencies(Target, "LZ4");

		PublicDefinitions.Add("MICROMEGAS_API=MICROMEGASTRACING_API");
		if (Target.LinkType == TargetLinkType.Modular)
		{
			PublicDefinitions.Add("MICROMEGAS_SHARED=1");
		}
		bool bNetTrace = Target.Configuration != UnrealTargetConfiguration.Shipping && Target.Type != TargetType.Editor;
		PublicDefinitions.Add("MICROMEGAS_NET_TRACE_ENABLED=" + (bNetTrace ? "1" : "0"));
	}
}
