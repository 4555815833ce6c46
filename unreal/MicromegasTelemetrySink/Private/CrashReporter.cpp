#include "CrashReporter.h"

#include "CoreGlobals.h"
#include "MicromegasTracing/Macros.h"
#include "Misc/CoreDelegates.h"

#include "micromegas/dispatch.h"

namespace {

// Longer than that nobody waits for a server while the game crashes.
constexpr std::chrono::milliseconds Patience{2'000};

} // namespace

FCrashReporter::FCrashReporter() {
	Handle = FCoreDelegates::OnHandleSystemError.AddStatic(&FCrashReporter::OnSystemError);
}

FCrashReporter::~FCrashReporter() { FCoreDelegates::OnHandleSystemError.Remove(Handle); }

void FCrashReporter::OnSystemError() {
	// The engine has put message and stack together by now.
	MICROMEGAS_LOG("crash", micromegas::LogLevel::Fatal, static_cast<const TCHAR*>(GErrorHist));
	micromegas::dispatch::flush_in_crash(Patience);
}
