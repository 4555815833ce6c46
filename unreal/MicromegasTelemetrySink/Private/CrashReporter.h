// When the engine meets an error that ends it: a Fatal entry, and what all threads recorded.
#pragma once

#include "CoreMinimal.h"
#include "Delegates/IDelegateInstance.h"

class FCrashReporter {
public:
	FCrashReporter();
	~FCrashReporter();

private:
	static void OnSystemError();

	FDelegateHandle Handle;
};
