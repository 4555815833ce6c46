// What other modules of a program may call, where modules are libraries of their own.
//
// With MICROMEGAS_SHARED there is one core in the process and callers reach its variables and
// thread-locals through it; without, everything is linked into one program and inlined.
#pragma once

#ifndef MICROMEGAS_API
#define MICROMEGAS_API
#endif

#if defined(MICROMEGAS_SHARED)
#define MICROMEGAS_VARIABLE extern MICROMEGAS_API
#define MICROMEGAS_INITIAL(value)
#else
#define MICROMEGAS_VARIABLE inline
#define MICROMEGAS_INITIAL(value) {value}
#endif
