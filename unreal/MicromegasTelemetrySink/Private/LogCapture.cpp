#include "LogCapture.h"

#include "MicromegasTracing/Text.h"
#include "Misc/OutputDeviceRedirector.h"

#include "micromegas/log.h"

micromegas::LogLevel ToLogLevel(ELogVerbosity::Type Verbosity) {
	switch (Verbosity & ELogVerbosity::VerbosityMask) {
		case ELogVerbosity::Fatal:
			return micromegas::LogLevel::Fatal;
		case ELogVerbosity::Error:
			return micromegas::LogLevel::Error;
		case ELogVerbosity::Warning:
			return micromegas::LogLevel::Warn;
		case ELogVerbosity::Display:
			return micromegas::LogLevel::Info;
		case ELogVerbosity::Log:
			return micromegas::LogLevel::Debug;
		default:
			return micromegas::LogLevel::Trace;
	}
}

FLogCapture::FLogCapture() { GLog->AddOutputDevice(this); }

FLogCapture::~FLogCapture() { GLog->RemoveOutputDevice(this); }

void FLogCapture::Serialize(const TCHAR* Message, ELogVerbosity::Type Verbosity, const FName& Category) {
	micromegas::log_from(ToLogLevel(Verbosity), Category, micromegas::text_of(Message));
}
