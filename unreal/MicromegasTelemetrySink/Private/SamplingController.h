// Which blocks of threads are worth sending: those around frames that took too long, and now and
// then one that did not.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

struct FSamplingSettings {
	bool bSendsAll = false;
	// Seconds without input after which nothing is sampled; 0 for never.
	double InteractionTimeout = 2.0;
	// Seconds of activity since the last sample after which one is taken; 0 for never.
	double HeartbeatInterval = 120.0;
	// Sampled ranges are kept for blocks that are handed over this much later.
	double FlushPeriod = 60.0;
};

// The mean of the last 32 values; all of them are 60 at first.
class FRunningAverage {
public:
	FRunningAverage();
	double Mean() const { return Sum / Count; }
	void Add(double Value);

private:
	static constexpr int Count = 32;
	double Values[Count];
	double Sum = 0.0;
	int Next = 0;
};

class FSamplingController {
public:
	struct FFrame {
		// When the frame ended, in ticks and in seconds, and how long it took.
		std::int64_t Ticks;
		double Seconds;
		double DeltaMilliseconds;
		double SecondsSinceInteraction;
	};

	explicit FSamplingController(std::int64_t InTicksPerSecond) : TicksPerSecond(InTicksPerSecond) {}

	void SetSettings(const FSamplingSettings& InSettings);
	// On the game's thread, once a frame.
	void OnFrame(const FFrame& Frame);
	// Whether a block with these bounds is sent; on any thread.
	bool IsKept(std::int64_t BeginTicks, std::int64_t EndTicks);

private:
	struct FRange {
		std::int64_t Begin;
		std::int64_t End;
	};

	bool IsSpike(double DeltaMilliseconds);
	void Sample(const FRange& Range);

	const std::int64_t TicksPerSecond;
	FRunningAverage Average;
	double SpikeFactor = 1.3;
	std::int64_t PreviousTicks = 0;
	double ActiveSecondsSinceSample = 0.0;

	std::mutex Mutex;
	FSamplingSettings Settings;
	std::deque<FRange> Sampled;
};
