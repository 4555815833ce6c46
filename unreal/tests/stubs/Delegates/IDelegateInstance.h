#pragma once

#include "StubEngine.h"
