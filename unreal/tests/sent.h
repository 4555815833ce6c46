// What was sent through the stand-in of the HTTP module, taken apart.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "micromegas/sink.h"

// The documents of one command, say insert_block, in the order of their requests.
std::vector<nlohmann::json> SentDocuments(const std::string& Command);

struct FSentBlock {
	// The tag of its stream.
	std::string Tag;
	micromegas::Bytes Dependencies;
	micromegas::Bytes Objects;
};
// Blocks that are not planar.
std::vector<FSentBlock> SentBlocks();

struct FSample {
	std::string Name;
	std::string Unit;
	std::string Target;
	bool bIsFloat;
	double Value;
};
// All samples of metrics.
std::vector<FSample> SentSamples();
