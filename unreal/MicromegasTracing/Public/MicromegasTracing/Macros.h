// The macros of call sites in engine code: those of the core, and those for the engine's objects.
#pragma once

#include "MicromegasTracing/Text.h"
#include "UObject/Object.h"

#include "micromegas/macros.h"

namespace MicromegasTracing {

using micromegas::LogLevel;
using micromegas::PropertySetRef;
using micromegas::Verbosity;

inline FName NameOf(const UObject* Object) { return Object != nullptr ? Object->GetFName() : FName(); }

} // namespace MicromegasTracing

#if MICROMEGAS_TRACING_ENABLED

#define MICROMEGAS_SPAN_UOBJECT(target, object) MICROMEGAS_SPAN_UOBJECT_CONDITIONAL(target, true, object)
#define MICROMEGAS_SPAN_UOBJECT_CONDITIONAL(target, condition, object) \
	MICROMEGAS_SPAN_NAME_CONDITIONAL(target, condition, ::MicromegasTracing::NameOf(object))

#else

#define MICROMEGAS_SPAN_UOBJECT(target, object)
#define MICROMEGAS_SPAN_UOBJECT_CONDITIONAL(target, condition, object)

#endif
