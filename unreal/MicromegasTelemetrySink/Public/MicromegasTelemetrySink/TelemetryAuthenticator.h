// How requests are signed.
#pragma once

#include "CoreMinimal.h"
#include "Interfaces/IHttpRequest.h"

// Called by the threads that send, except for Init and Shutdown.
class ITelemetryAuthenticator {
public:
	virtual ~ITelemetryAuthenticator() = default;
	virtual void Init() {}
	virtual void Shutdown() {}
	// Until then nothing is sent.
	virtual bool IsReady() = 0;
	// False if the request cannot be signed: it is tried again later.
	virtual bool Sign(IHttpRequest& Request) = 0;
};

// A bearer token that does not change.
class FApiKeyAuthenticator final : public ITelemetryAuthenticator {
public:
	explicit FApiKeyAuthenticator(const FString& ApiKey) : Value(FString(TEXT("Bearer ")) + ApiKey) {}
	bool IsReady() override { return true; }
	bool Sign(IHttpRequest& Request) override {
		Request.SetHeader(TEXT("Authorization"), Value);
		return true;
	}

private:
	FString Value;
};
