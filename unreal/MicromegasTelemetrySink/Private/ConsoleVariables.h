// The console variables, read where they matter.
#pragma once

#include "SamplingController.h"

namespace TelemetryConsole {

// What the command line says beats the variables from now on.
void ReadCommandLine();
float FlushPeriod();
// Whether blocks of streams with this tag are sent at all.
bool IsEnabled(const char* Tag);
FSamplingSettings Sampling();
int NetVerbosity();

struct FLimits {
	std::size_t QueueBytes;
	std::size_t HardQueueBytes;
	unsigned InFlight;
};
FLimits Limits();

} // namespace TelemetryConsole
