// Which frames are sampled.

#include "SamplingController.h"
#include "check.h"

namespace {

// A game of frames, in a clock of a thousand ticks a second.
struct FGame {
	FSamplingController Sampling{1000};
	std::int64_t Ticks = 10'000;

	void Frame(double Milliseconds, double SecondsSinceInteraction = 0.0) {
		Ticks += static_cast<std::int64_t>(Milliseconds);
		Sampling.OnFrame({Ticks, static_cast<double>(Ticks) / 1000.0, Milliseconds, SecondsSinceInteraction});
	}
	void Frames(int Count, double Milliseconds, double SecondsSinceInteraction = 0.0) {
		for (int Frame = 0; Frame < Count; ++Frame) {
			this->Frame(Milliseconds, SecondsSinceInteraction);
		}
	}
	bool IsLastKept() { return Sampling.IsKept(Ticks - 1, Ticks); }
};

} // namespace

TEST(a_frame_far_above_the_average_is_a_spike) {
	FGame Game;
	Game.Frames(40, 16.0);
	CHECK(!Game.IsLastKept());
	Game.Frame(20.0);
	CHECK(!Game.IsLastKept());
	Game.Frame(40.0);
	CHECK(Game.IsLastKept());
	CHECK(Game.Sampling.IsKept(0, Game.Ticks - 39));
	CHECK(!Game.Sampling.IsKept(0, Game.Ticks - 41));
}

TEST(spikes_become_rarer) {
	FGame Game;
	Game.Frames(40, 16.0);
	int Spikes = 0;
	for (int Round = 0; Round < 100; ++Round) {
		Game.Frame(22.0);
		Spikes += Game.IsLastKept() ? 1 : 0;
		Game.Frames(32, 16.0);
	}
	CHECK(Spikes > 0);
	CHECK(Spikes < 20);
}

TEST(activity_without_spikes_has_a_heartbeat) {
	FGame Game;
	Game.Frames(40, 16.0);
	Game.Frames(119'000 / 16, 16.0);
	CHECK(!Game.Sampling.IsKept(0, Game.Ticks));
	Game.Frames(1'000 / 16, 16.0);
	CHECK(Game.Sampling.IsKept(0, Game.Ticks));
}

TEST(nothing_is_sampled_while_nobody_plays) {
	FGame Game;
	Game.Frames(40, 16.0);
	Game.Frame(100.0, 3.0);
	CHECK(!Game.IsLastKept());
	Game.Frames(40, 16.0);
	FSamplingSettings Settings;
	Settings.InteractionTimeout = 0.0;
	Game.Sampling.SetSettings(Settings);
	Game.Frame(100.0, 3.0);
	CHECK(Game.IsLastKept());
}

TEST(ranges_are_forgotten_and_everything_may_be_sent) {
	FGame Game;
	Game.Frames(40, 16.0);
	Game.Frame(100.0);
	const std::int64_t Spike = Game.Ticks;
	Game.Frames(120'000 / 16, 16.0);
	Game.Frame(100.0);
	CHECK(!Game.Sampling.IsKept(Spike - 1, Spike));
	FSamplingSettings Settings;
	Settings.bSendsAll = true;
	Game.Sampling.SetSettings(Settings);
	CHECK(Game.Sampling.IsKept(Spike - 1, Spike));
}
