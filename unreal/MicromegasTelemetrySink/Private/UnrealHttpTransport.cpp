#include "UnrealHttpTransport.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "HttpModule.h"
#include "Interfaces/IHttpResponse.h"
#include "MicromegasTracing/Text.h"

namespace {

// How long to wait for the end of a request that was cancelled.
constexpr std::chrono::seconds CancelPatience{1};

// An answer that another thread waits for. Both hold it, because either may be gone first.
struct FPending {
	std::mutex Mutex;
	std::condition_variable Answered;
	bool bIsDone = false;
	micromegas::HttpResponse Response;

	void Complete(const micromegas::HttpResponse& InResponse) {
		{
			const std::lock_guard<std::mutex> Lock(Mutex);
			Response = InResponse;
			bIsDone = true;
		}
		Answered.notify_all();
	}
};

micromegas::HttpResponse ToResponse(const FHttpResponsePtr& Response, bool bWasSuccessful) {
	micromegas::HttpResponse Result;
	if (bWasSuccessful && Response.IsValid()) {
		Result.status = Response->GetResponseCode();
		Result.accept = MicromegasTracing::ToUtf8(Response->GetHeader(TEXT("micromegas-accept")));
		const FString RetryAfter = Response->GetHeader(TEXT("Retry-After"));
		Result.retry_after_s = RetryAfter.IsNumeric() ? FCString::Atoi(*RetryAfter) : -1;
	}
	return Result;
}

class FUnrealHttpTransport final : public micromegas::HttpTransport {
public:
	explicit FUnrealHttpTransport(const std::shared_ptr<ITelemetryAuthenticator>& InAuthenticator)
		: Authenticator(InAuthenticator) {}

	bool is_ready() override { return Authenticator == nullptr || Authenticator->IsReady(); }
	void cancel() override { bIsCancelled.store(true); }
	micromegas::HttpResponse post(const micromegas::HttpRequest& Request) override;

private:
	std::shared_ptr<ITelemetryAuthenticator> Authenticator;
	std::atomic<bool> bIsCancelled{false};
};

micromegas::HttpResponse FUnrealHttpTransport::post(const micromegas::HttpRequest& Request) {
	const auto HttpRequest = FHttpModule::Get().CreateRequest();
	HttpRequest->SetURL(MicromegasTracing::FromUtf8(Request.url));
	HttpRequest->SetVerb(TEXT("POST"));
	HttpRequest->SetHeader(TEXT("Content-Type"), TEXT("application/octet-stream"));
	HttpRequest->SetTimeout(static_cast<float>(Request.timeout.count()) / 1000.f);
	TArray<uint8> Content;
	Content.Append(Request.body.data(), static_cast<int32>(Request.body.size()));
	HttpRequest->SetContent(MoveTemp(Content));
	if (Authenticator != nullptr && !Authenticator->Sign(*HttpRequest)) {
		return micromegas::HttpResponse();
	}
	const auto Pending = std::make_shared<FPending>();
	// Else the answer would wait for the game's thread, which may be what is being waited for.
	HttpRequest->SetDelegateThreadPolicy(EHttpRequestDelegateThreadPolicy::CompleteOnHttpThread);
	HttpRequest->OnProcessRequestComplete().BindLambda(
		[Pending](FHttpRequestPtr, FHttpResponsePtr Response, bool bWasSuccessful) {
			Pending->Complete(ToResponse(Response, bWasSuccessful));
		});
	if (!HttpRequest->ProcessRequest()) {
		return micromegas::HttpResponse();
	}
	const auto Deadline = std::chrono::steady_clock::now() + Request.timeout + std::chrono::seconds(1);
	std::unique_lock<std::mutex> Lock(Pending->Mutex);
	while (!Pending->bIsDone && !bIsCancelled.load() && std::chrono::steady_clock::now() < Deadline) {
		Pending->Answered.wait_for(Lock, std::chrono::milliseconds(100));
	}
	if (!Pending->bIsDone) {
		Lock.unlock();
		HttpRequest->CancelRequest();
		Lock.lock();
		// The engine still calls back, into code that is perhaps about to be unloaded.
		Pending->Answered.wait_for(Lock, CancelPatience, [&] { return Pending->bIsDone; });
	}
	return Pending->Response;
}

} // namespace

std::shared_ptr<micromegas::HttpTransport> MakeUnrealHttpTransport(
	const std::shared_ptr<ITelemetryAuthenticator>& Authenticator) {
	return std::make_shared<FUnrealHttpTransport>(Authenticator);
}
