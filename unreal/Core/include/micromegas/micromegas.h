// Everything that a program needs to record events and to say where they go.
#pragma once

#include "micromegas/dispatch.h"
#include "micromegas/macros.h"
#include "micromegas/sink.h"
