#include "SamplingController.h"

#include <algorithm>

namespace {

constexpr double InitialMilliseconds = 60.0;
// Each spike makes the next one less likely.
constexpr double SpikeFactorGrowth = 1.01;
// However many spikes there are, no more ranges are remembered.
constexpr std::size_t MaxRanges = 4096;

} // namespace

FRunningAverage::FRunningAverage() {
	for (double& Value : Values) {
		Value = InitialMilliseconds;
		Sum += Value;
	}
}

void FRunningAverage::Add(double Value) {
	Sum += Value - Values[Next];
	Values[Next] = Value;
	Next = (Next + 1) % Count;
}

void FSamplingController::SetSettings(const FSamplingSettings& InSettings) {
	const std::lock_guard<std::mutex> Lock(Mutex);
	Settings = InSettings;
}

bool FSamplingController::IsSpike(double DeltaMilliseconds) {
	const bool bIsSpike = DeltaMilliseconds >= Average.Mean() * SpikeFactor;
	Average.Add(DeltaMilliseconds);
	return bIsSpike;
}

void FSamplingController::OnFrame(const FFrame& Frame) {
	const std::lock_guard<std::mutex> Lock(Mutex);
	const FRange Range{PreviousTicks != 0 ? PreviousTicks : Frame.Ticks, Frame.Ticks};
	PreviousTicks = Frame.Ticks;
	const bool bIsSpike = IsSpike(Frame.DeltaMilliseconds);
	const bool bIsIdle =
		Settings.InteractionTimeout > 0.0 && Frame.SecondsSinceInteraction > Settings.InteractionTimeout;
	if (bIsIdle) {
		return;
	}
	ActiveSecondsSinceSample += Frame.DeltaMilliseconds / 1000.0;
	const bool bIsHeartbeat =
		Settings.HeartbeatInterval > 0.0 && ActiveSecondsSinceSample >= Settings.HeartbeatInterval;
	if (bIsSpike) {
		SpikeFactor *= SpikeFactorGrowth;
	}
	if (bIsSpike || bIsHeartbeat) {
		ActiveSecondsSinceSample = 0.0;
		Sample(Range);
	}
}

void FSamplingController::Sample(const FRange& Range) {
	// A block is handed over a flush period after its first event at the latest, or somewhat later.
	const auto Age = static_cast<std::int64_t>(1.5 * Settings.FlushPeriod * static_cast<double>(TicksPerSecond));
	while (!Sampled.empty() && (Sampled.front().End < Range.End - Age || Sampled.size() >= MaxRanges)) {
		Sampled.pop_front();
	}
	Sampled.push_back(Range);
}

bool FSamplingController::IsKept(std::int64_t BeginTicks, std::int64_t EndTicks) {
	const std::lock_guard<std::mutex> Lock(Mutex);
	return Settings.bSendsAll || std::any_of(Sampled.begin(), Sampled.end(), [&](const FRange& Range) {
		return Range.Begin <= EndTicks && BeginTicks <= Range.End;
	});
}
