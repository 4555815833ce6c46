// The parts of the engine that the modules meet: delegates, console, log, HTTP, the application.
// For tests only: what a test needs to see or to say is public.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>

#include "StubStrings.h"

#pragma GCC visibility push(default)

class FDelegateHandle {
public:
	bool IsValid() const { return Id != 0; }
	void Reset() { Id = 0; }
	int Id = 0;
};

template <class... A>
class TMulticastDelegate {
public:
	FDelegateHandle AddStatic(void (*Function)(A...)) { return Bind(Function); }
	template <class T>
	FDelegateHandle AddRaw(T* Object, void (T::*Method)()) {
		return Bind([Object, Method](A...) { (Object->*Method)(); });
	}
	void Remove(FDelegateHandle Handle) { Bound.erase(Handle.Id); }
	void Broadcast(A... Arguments) {
		const auto Copy = Bound;
		for (const auto& [Id, Function] : Copy) {
			Function(Arguments...);
		}
	}

private:
	FDelegateHandle Bind(std::function<void(A...)> Function) {
		FDelegateHandle Handle;
		Handle.Id = ++LastId;
		Bound[Handle.Id] = std::move(Function);
		return Handle;
	}

	std::map<int, std::function<void(A...)>> Bound;
	int LastId = 0;
};

struct FCoreDelegates {
	static TMulticastDelegate<> OnHandleSystemError;
	static TMulticastDelegate<> OnEndFrame;
};

extern TCHAR GErrorHist[16384];

namespace ELogVerbosity {
enum Type : uint8 { NoLogging = 0, Fatal, Error, Warning, Display, Log, Verbose, VeryVerbose, VerbosityMask = 0xf };
}

class FOutputDevice {
public:
	virtual ~FOutputDevice() = default;
	virtual void Serialize(const TCHAR* Message, ELogVerbosity::Type Verbosity, const FName& Category) = 0;
	virtual bool CanBeUsedOnAnyThread() const { return false; }
	virtual bool CanBeUsedOnMultipleThreads() const { return false; }
};

class FOutputDeviceRedirector {
public:
	void AddOutputDevice(FOutputDevice* Device) { Devices.push_back(Device); }
	void RemoveOutputDevice(FOutputDevice* Device);
	void Log(const TCHAR* Category, ELogVerbosity::Type Verbosity, const TCHAR* Message);
	std::vector<FOutputDevice*> Devices;
};
extern FOutputDeviceRedirector* GLog;

#define DEFINE_LOG_CATEGORY_STATIC(Name, Verbosity, All) static const char16_t* const Name = u"" #Name
// The arguments of the format are left out.
template <class... A>
void StubLog(const TCHAR* Category, ELogVerbosity::Type Verbosity, const TCHAR* Format, const A&...) {
	GLog->Log(Category, Verbosity, Format);
}
#define UE_LOG(Category, Verbosity, ...) StubLog(Category, ELogVerbosity::Verbosity, __VA_ARGS__)

// Variables and commands by name.
struct FStubConsole {
	static std::map<std::string, void*>& Variables();
	static std::map<std::string, std::function<void(const TArray<FString>&)>>& Commands();
	template <class T>
	static void Set(const char* Name, T Value) {
		static_cast<std::atomic<T>*>(Variables().at(Name))->store(Value);
	}
	// The module that had the variable is unloaded.
	static void Forget(const void* Variable);
	static void Run(const char* Name, std::initializer_list<const TCHAR*> Arguments = {});
};

template <class T>
class TAutoConsoleVariable {
public:
	TAutoConsoleVariable(const TCHAR* Name, T Default, const TCHAR*) : Value(Default) {
		FStubConsole::Variables()[stub::ToUtf8(Name)] = &Value;
	}
	~TAutoConsoleVariable() { FStubConsole::Forget(&Value); }
	T GetValueOnAnyThread() const { return Value.load(); }

private:
	std::atomic<T> Value;
};

struct FConsoleCommandDelegate {
	template <class F>
	static FConsoleCommandDelegate CreateLambda(F Function) {
		return {[Function](const TArray<FString>&) { Function(); }};
	}
	std::function<void(const TArray<FString>&)> Function;
};
struct FConsoleCommandWithArgsDelegate {
	template <class F>
	static FConsoleCommandWithArgsDelegate CreateLambda(F Function) {
		return {Function};
	}
	std::function<void(const TArray<FString>&)> Function;
};
struct FAutoConsoleCommand {
	template <class Delegate>
	FAutoConsoleCommand(const TCHAR* InName, const TCHAR*, const Delegate& Command) : Name(stub::ToUtf8(InName)) {
		FStubConsole::Commands()[Name] = Command.Function;
	}
	~FAutoConsoleCommand() { FStubConsole::Commands().erase(Name); }
	std::string Name;
};

struct FCommandLine {
	static const TCHAR* Get() { return Line; }
	static const TCHAR* Line;
	static const TCHAR* GetOriginal() { return u"-log"; }
};
struct FParse {
	// The number behind the first place where the text matches.
	static bool Value(const TCHAR* Text, const TCHAR* Match, int32& Value);
};

struct FPlatformMemoryStats {
	uint64 UsedPhysical = 1000;
	uint64 UsedVirtual = 2000;
	uint64 AvailablePhysical = 3000;
};
struct FPlatformMemoryConstants {
	uint64 TotalPhysical = uint64(16) << 30;
};
struct FPlatformMemory {
	static FPlatformMemoryStats GetStats() { return {}; }
	static FPlatformMemoryConstants GetConstants() { return {}; }
};
struct FPlatformMisc {
	static FString GetPrimaryGPUBrand() { return u"GPU"; }
	static FString GetCPUBrand() { return u"CPU"; }
	static int32 NumberOfCores() { return 4; }
	static int32 NumberOfCoresIncludingHyperthreads() { return 8; }
};
struct FPlatformProperties {
	static const char* PlatformName() { return "Linux"; }
};
struct FPlatformTime {
	static double Seconds() { return Now; }
	static double Now;
};
struct FApp {
	static double GetDeltaTime() { return DeltaSeconds; }
	static FString GetBuildVersion() { return u"++Game-1"; }
	static int32 GetBuildConfiguration() { return 3; }
	static int32 GetBuildTargetType() { return 1; }
	static FString GetBranchName() { return u"++Game"; }
	static double DeltaSeconds;
};
struct FEngineVersion {
	static FEngineVersion Current() { return {}; }
	FString ToString() const { return u"5.4.0"; }
	uint32 GetChangelist() const { return 4711; }
};
class FSlateApplication {
public:
	static bool IsInitialized() { return true; }
	static FSlateApplication& Get();
	double GetCurrentTime() const { return FPlatformTime::Now; }
	double GetLastUserInteractionTime() const { return LastInteraction; }
	double LastInteraction = 0.0;
};

struct FColor {
	uint8 B, G, R, A;
};
struct FImageUtils {
	static void ThumbnailCompressImageArray(int32, int32, const TArray<FColor>& Pixels, TArray<uint8>& Png) {
		for (const FColor& Pixel : Pixels) {
			Png.Add(Pixel.A);
		}
	}
};
struct FScreenshotRequest {
	static void RequestScreenshot(bool) {}
};
struct UGameViewportClient {
	static TMulticastDelegate<int32, int32, const TArray<FColor>&>& OnScreenshotCaptured();
};

// HTTP: requests are answered by what the test says.
enum class EHttpRequestDelegateThreadPolicy { CompleteOnGameThread, CompleteOnHttpThread };

class IHttpResponse {
public:
	int32 GetResponseCode() const { return Code; }
	FString GetHeader(const FString& Name) const;
	int32 Code = 200;
	std::map<std::string, std::string> Headers;
};
class IHttpRequest;

template <class T>
class TSharedPtr {
public:
	TSharedPtr() = default;
	TSharedPtr(std::shared_ptr<T> InPointer) : Pointer(std::move(InPointer)) {}
	bool IsValid() const { return Pointer != nullptr; }
	T* operator->() const { return Pointer.get(); }
	T& operator*() const { return *Pointer; }

private:
	std::shared_ptr<T> Pointer;
};
using FHttpRequestPtr = TSharedPtr<IHttpRequest>;
using FHttpResponsePtr = TSharedPtr<IHttpResponse>;

struct FHttpRequestCompleteDelegate {
	template <class F>
	void BindLambda(F InFunction) {
		Function = InFunction;
	}
	std::function<void(FHttpRequestPtr, FHttpResponsePtr, bool)> Function;
};

class IHttpRequest {
public:
	void SetURL(const FString& Url) { this->Url = stub::ToUtf8(*Url); }
	void SetVerb(const FString& Verb) { this->Verb = stub::ToUtf8(*Verb); }
	void SetHeader(const FString& Name, const FString& Value) { Headers[stub::ToUtf8(*Name)] = stub::ToUtf8(*Value); }
	void SetTimeout(float) {}
	void SetContent(TArray<uint8>&& InContent) { Content = std::move(InContent); }
	void SetDelegateThreadPolicy(EHttpRequestDelegateThreadPolicy InPolicy) { Policy = InPolicy; }
	FHttpRequestCompleteDelegate& OnProcessRequestComplete() { return Complete; }
	bool ProcessRequest();
	void CancelRequest() {}

	std::string Url;
	std::string Verb;
	std::map<std::string, std::string> Headers;
	TArray<uint8> Content;
	EHttpRequestDelegateThreadPolicy Policy = EHttpRequestDelegateThreadPolicy::CompleteOnGameThread;
	FHttpRequestCompleteDelegate Complete;
};

class FHttpModule {
public:
	static FHttpModule& Get();
	FHttpRequestPtr CreateRequest() { return std::make_shared<IHttpRequest>(); }
	std::vector<IHttpRequest> Requests();
	// Begins anew: these are the answers in the order of requests; when there is none left, 200.
	void Restart(std::vector<int32> InCodes);

	std::mutex Mutex;
	std::vector<IHttpRequest> Received;
	std::vector<int32> Codes;
	std::string Accept;
	// Where requests go, if it is set, instead of being answered by the codes.
	std::function<void(const IHttpRequest&, IHttpResponse&)> Server;
};

class IModuleInterface {
public:
	virtual ~IModuleInterface() = default;
	virtual void StartupModule() {}
	virtual void ShutdownModule() {}
};
class FDefaultModuleImpl : public IModuleInterface {};
struct FModuleManager {
	static std::map<std::string, IModuleInterface*>& Modules();
	template <class T>
	static T& LoadModuleChecked(const TCHAR* Name) {
		return *static_cast<T*>(Modules().at(stub::ToUtf8(Name)));
	}
};
// A module is known as long as its library is loaded.
template <class Module>
struct TStubModule {
	explicit TStubModule(const char* InName) : Name(InName) { FModuleManager::Modules()[Name] = &Instance; }
	~TStubModule() { FModuleManager::Modules().erase(Name); }
	std::string Name;
	Module Instance;
};
#define IMPLEMENT_MODULE(Class, Name) static TStubModule<Class> The##Name(#Name);

#pragma GCC visibility pop
