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
		// nlohmann/json.hpp, and the sources of LZ4: lz4.c, lz4hc.c, lz4frame.c, xxhash.c and their headers.
		PrivateIncludePaths.Add(Path.Combine(ModuleDirectory, "ThirdParty"));

		PublicDefinitions.Add("MICROMEGAS_API=MICROMEGASTRACING_API");
		if (Target.LinkType == TargetLinkType.Modular)
		{
			PublicDefinitions.Add("MICROMEGAS_SHARED=1");
		}
		bool bNetTrace = Target.Configuration != UnrealTargetConfiguration.Shipping && Target.Type != TargetType.Editor;
		PublicDefinitions.Add("MICROMEGAS_NET_TRACE_ENABLED=" + (bNetTrace ? "1" : "0"));
	}
}
