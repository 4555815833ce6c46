// What the engine knows about the process.
#pragma once

#include "CoreMinimal.h"

TMap<FString, FString> CollectProcessProperties();
