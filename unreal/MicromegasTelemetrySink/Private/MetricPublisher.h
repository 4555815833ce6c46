// Once a frame: how long it took, how much memory is used, and what delivery is doing. With each
// request: how long it took, and how it failed.
#pragma once

#include <memory>

#include "CoreMinimal.h"

#include "micromegas/delivery.h"

class FMetricPublisher {
public:
	explicit FMetricPublisher(std::shared_ptr<micromegas::DeliverySink> InSink) : Sink(std::move(InSink)) {}

	void OnFrame(double Seconds, double DeltaMilliseconds);
	// Called by the threads that send, for each request.
	static void OnAttempt(const micromegas::HttpAttempt& Attempt);

private:
	void PublishMemory();
	void PublishDelivery();

	std::shared_ptr<micromegas::DeliverySink> Sink;
	// Memory and delivery change slowly.
	double NextSlowSeconds = 0.0;
};
