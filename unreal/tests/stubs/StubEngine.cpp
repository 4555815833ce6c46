#include "StubEngine.h"

#include <algorithm>

TMulticastDelegate<> FCoreDelegates::OnHandleSystemError;
TMulticastDelegate<> FCoreDelegates::OnEndFrame;
TCHAR GErrorHist[16384] = u"Assertion failed at Actor.cpp";
static FOutputDeviceRedirector Redirector;
FOutputDeviceRedirector* GLog = &Redirector;
const TCHAR* FCommandLine::Line = u"Game -log";
double FPlatformTime::Now = 0.0;
double FApp::DeltaSeconds = 0.016;

std::string stub::ToUtf8(const std::u16string& Text) {
	std::string Out;
	for (std::size_t Index = 0; Index < Text.size(); ++Index) {
		uint32 Character = Text[Index];
		if (Character >= 0xd800 && Character < 0xdc00 && Index + 1 < Text.size()) {
			Character = 0x10000 + ((Character - 0xd800) << 10) + (Text[++Index] - 0xdc00u);
		}
		if (Character < 0x80) {
			Out.push_back(static_cast<char>(Character));
			continue;
		}
		const int Tails = Character < 0x800 ? 1 : Character < 0x10000 ? 2 : 3;
		Out.push_back(static_cast<char>((0xf00 >> (Tails + 1) & 0xff) | Character >> (6 * Tails)));
		for (int Tail = Tails; Tail-- > 0;) {
			Out.push_back(static_cast<char>(0x80 | (Character >> (6 * Tail) & 0x3f)));
		}
	}
	return Out;
}

std::u16string stub::FromUtf8(const std::string& Text) {
	std::u16string Out;
	for (std::size_t Index = 0; Index < Text.size();) {
		const auto Lead = static_cast<unsigned char>(Text[Index++]);
		const int Tails = Lead < 0x80 ? 0 : Lead < 0xe0 ? 1 : Lead < 0xf0 ? 2 : 3;
		uint32 Character = Tails == 0 ? Lead : Lead & (0x3fu >> Tails);
		for (int Tail = 0; Tail < Tails && Index < Text.size(); ++Tail) {
			Character = Character << 6 | (static_cast<unsigned char>(Text[Index++]) & 0x3fu);
		}
		if (Character >= 0x10000) {
			Out.push_back(static_cast<TCHAR>(0xd800 + ((Character - 0x10000) >> 10)));
			Out.push_back(static_cast<TCHAR>(0xdc00 + (Character & 0x3ff)));
		} else {
			Out.push_back(static_cast<TCHAR>(Character));
		}
	}
	return Out;
}

bool FParse::Value(const TCHAR* Text, const TCHAR* Match, int32& Value) {
	const std::u16string All = Text;
	const std::size_t Place = All.find(Match);
	if (Place == std::u16string::npos) {
		return false;
	}
	Value = FCString::Atoi(All.substr(Place + std::u16string(Match).size()).c_str());
	return true;
}

namespace {

struct FNameTable {
	std::mutex Mutex;
	std::vector<std::u16string> Names{u"None"};
};

FNameTable& NameTable() {
	static FNameTable Table;
	return Table;
}

} // namespace

FName::FName(const TCHAR* Text) {
	std::u16string Base = Text;
	const std::size_t Digits = Base.find_last_not_of(u"0123456789");
	if (Digits != std::u16string::npos && Digits + 1 < Base.size() && Base[Digits] == u'_') {
		Number = std::atoi(stub::ToUtf8(Base.substr(Digits + 1)).c_str()) + 1;
		Base.resize(Digits);
	}
	const std::lock_guard<std::mutex> Lock(NameTable().Mutex);
	auto& Names = NameTable().Names;
	const auto Found = std::find(Names.begin(), Names.end(), Base);
	Entry = FNameEntryId::FromUnstableInt(static_cast<uint32>(Found - Names.begin()));
	if (Found == Names.end()) {
		Names.push_back(Base);
	}
}

FString FName::ToString() const {
	const std::lock_guard<std::mutex> Lock(NameTable().Mutex);
	std::u16string Text = NameTable().Names[Entry.ToUnstableInt()];
	if (Number > 0) {
		Text += u"_" + stub::FromUtf8(std::to_string(Number - 1));
	}
	return Text.c_str();
}

void FOutputDeviceRedirector::RemoveOutputDevice(FOutputDevice* Device) {
	Devices.erase(std::remove(Devices.begin(), Devices.end(), Device), Devices.end());
}

void FOutputDeviceRedirector::Log(const TCHAR* Category, ELogVerbosity::Type Verbosity, const TCHAR* Message) {
	for (FOutputDevice* Device : Devices) {
		Device->Serialize(Message, Verbosity, FName(Category));
	}
}

std::map<std::string, void*>& FStubConsole::Variables() {
	static std::map<std::string, void*> Variables;
	return Variables;
}

std::map<std::string, std::function<void(const TArray<FString>&)>>& FStubConsole::Commands() {
	static std::map<std::string, std::function<void(const TArray<FString>&)>> Commands;
	return Commands;
}

void FStubConsole::Forget(const void* Variable) {
	auto& All = Variables();
	for (auto Known = All.begin(); Known != All.end();) {
		Known = Known->second == Variable ? All.erase(Known) : std::next(Known);
	}
}

void FStubConsole::Run(const char* Name, std::initializer_list<const TCHAR*> Arguments) {
	TArray<FString> All;
	for (const TCHAR* Argument : Arguments) {
		All.Add(Argument);
	}
	Commands().at(Name)(All);
}

FSlateApplication& FSlateApplication::Get() {
	static FSlateApplication Application;
	return Application;
}

TMulticastDelegate<int32, int32, const TArray<FColor>&>& UGameViewportClient::OnScreenshotCaptured() {
	static TMulticastDelegate<int32, int32, const TArray<FColor>&> Delegate;
	return Delegate;
}

FString IHttpResponse::GetHeader(const FString& Name) const {
	const auto Found = Headers.find(stub::ToUtf8(*Name));
	return Found == Headers.end() ? FString() : FString(Found->second.c_str());
}

bool IHttpRequest::ProcessRequest() {
	const auto Response = std::make_shared<IHttpResponse>();
	FHttpModule& Module = FHttpModule::Get();
	{
		const std::lock_guard<std::mutex> Lock(Module.Mutex);
		Module.Received.push_back(*this);
		// Kept for longer than the module that waits for the answer may be loaded.
		Module.Received.back().Complete = {};
		if (!Module.Codes.empty()) {
			Response->Code = Module.Codes.front();
			Module.Codes.erase(Module.Codes.begin());
		}
		Response->Headers["micromegas-accept"] = Module.Accept;
	}
	if (Module.Server) {
		Module.Server(*this, *Response);
	}
	Complete.Function(FHttpRequestPtr(), Response->Code == 0 ? FHttpResponsePtr() : FHttpResponsePtr(Response),
		Response->Code != 0);
	return true;
}

FHttpModule& FHttpModule::Get() {
	static FHttpModule Module;
	return Module;
}

std::vector<IHttpRequest> FHttpModule::Requests() {
	const std::lock_guard<std::mutex> Lock(Mutex);
	return Received;
}

void FHttpModule::Restart(std::vector<int32> InCodes) {
	const std::lock_guard<std::mutex> Lock(Mutex);
	Received.clear();
	Codes = std::move(InCodes);
}

std::map<std::string, IModuleInterface*>& FModuleManager::Modules() {
	static std::map<std::string, IModuleInterface*> Modules;
	return Modules;
}
