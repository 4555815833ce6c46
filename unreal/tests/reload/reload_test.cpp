// The modules are libraries, as in the engine's editor: they are loaded, run, shut down, unloaded and
// loaded again, and what was recorded in all their lives arrives in the service.

#include <chrono>
#include <thread>

#include <dlfcn.h>

#include "StubEngine.h"
#include "expect.h"
#include "micromegas/curl_sink.h"

namespace {

// A module's library, and those that it needs.
class FLibrary {
public:
	FLibrary(const char* InPath, const char* InModule) : Path(InPath), Module(InModule) {
		Handle = dlopen(Path, RTLD_NOW | RTLD_LOCAL);
		if (Handle == nullptr) {
			check::fail(__FILE__, __LINE__, dlerror());
			return;
		}
		FModuleManager::Modules().at(Module)->StartupModule();
	}
	~FLibrary() {
		if (Handle != nullptr) {
			FModuleManager::Modules().at(Module)->ShutdownModule();
			CHECK_EQUAL(dlclose(Handle), 0);
		}
	}
	FLibrary(const FLibrary&) = delete;
	FLibrary& operator=(const FLibrary&) = delete;

	template <class Function>
	Function* Find(const char* Name) const {
		return reinterpret_cast<Function*>(dlsym(Handle, Name));
	}
	bool IsThere() const { return Handle != nullptr; }

private:
	const char* Path;
	const char* Module;
	void* Handle = nullptr;
};

bool IsLoaded(const char* Path) {
	void* Library = dlopen(Path, RTLD_NOW | RTLD_NOLOAD);
	return Library != nullptr && dlclose(Library) == 0;
}

// Requests reach the service as those of the engine would.
void ConnectHttpModule() {
	const auto Transport = micromegas::curl_transport({});
	FHttpModule::Get().Server = [Transport](const IHttpRequest& Request, IHttpResponse& Response) {
		micromegas::HttpRequest Forwarded;
		Forwarded.url = Request.Url;
		Forwarded.body.assign(Request.Content.begin(), Request.Content.end());
		const micromegas::HttpResponse Answer = Transport->post(Forwarded);
		Response.Code = Answer.status;
		Response.Headers["micromegas-accept"] = Answer.accept;
	};
}

void Live(const std::string& Url, const char* Life) {
	const FLibrary Tracing(TRACING_LIBRARY, "MicromegasTracing");
	const FLibrary Sink(SINK_LIBRARY, "MicromegasTelemetrySink");
	FStubConsole::Set("telemetry.spans.all", true);
	bool bIsFirst = true;
	for (const auto& [Path, Module] : {std::pair(ARENA_LIBRARY, "Arena"), std::pair(HARBOUR_LIBRARY, "Harbour")}) {
		CHECK(!IsLoaded(Path));
		const FLibrary Game(Path, Module);
		REQUIRE(Tracing.IsThere() && Sink.IsThere() && Game.IsThere());
		if (bIsFirst) {
			Game.Find<void(const char*, const char*)>("Begin")(Url.c_str(), Life);
			bIsFirst = false;
		}
		Game.Find<void(const char*)>("Play")(Life);
	}
	// Requested and not taken when the modules go.
	FStubConsole::Run("telemetry.screenshot");
}

} // namespace

TEST(modules_may_be_unloaded_and_loaded_again) {
	const test::Server Server;
	REQUIRE(Server.is_up());
	ConnectHttpModule();
	for (const char* Life : {"first", "second"}) {
		std::thread([&] { Live(Server.url(), Life); }).join();
		for (const char* Path : {ARENA_LIBRARY, HARBOUR_LIBRARY, SINK_LIBRARY, TRACING_LIBRARY}) {
			// A thread that has recorded keeps the core until it ends; whoever closes a library after
			// that unloads it.
			IsLoaded(Path);
			CHECK(!IsLoaded(Path));
		}
		CHECK_EQUAL(FModuleManager::Modules().size(), 0u);
		CHECK_EQUAL(FStubConsole::Commands().size(), 0u);
		CHECK_EQUAL(GLog->Devices.size(), 0u);
		UGameViewportClient::OnScreenshotCaptured().Broadcast(1, 1, TArray<FColor>());
		FCoreDelegates::OnEndFrame.Broadcast();
	}
	test::expect(Server, "", {"SELECT property_get(properties, 'life') AS life, property_get(properties, 'engine-version') "
							  "AS engine FROM processes ORDER BY start_time",
								 {R"({"life":"first","engine":"5.4.0"})", R"({"life":"second","engine":"5.4.0"})"}});
	test::expect(Server, "", {"SELECT level, target, msg, property_get(process_properties, 'life') AS life FROM log_entries "
							  "ORDER BY time",
								 {
									 R"({"level":4,"target":"Game","msg":"😀 of Arena in the life first","life":"first"})",
									 R"({"level":3,"target":"LogTemp","msg":"captured from Arena","life":"first"})",
									 R"({"level":4,"target":"Game","msg":"😀 of Harbour in the life first","life":"first"})",
									 R"({"level":3,"target":"LogTemp","msg":"captured from Harbour","life":"first"})",
									 R"({"level":4,"target":"Game","msg":"😀 of Arena in the life second","life":"second"})",
									 R"({"level":3,"target":"LogTemp","msg":"captured from Arena","life":"second"})",
									 R"({"level":4,"target":"Game","msg":"😀 of Harbour in the life second","life":"second"})",
									 R"({"level":3,"target":"LogTemp","msg":"captured from Harbour","life":"second"})",
								 }});
	test::expect(Server, "", {"SELECT name, value FROM measures WHERE target = 'Game' ORDER BY time",
								 {
									 R"({"name":"ammo of Arena","value":3.0})",
									 R"({"name":"ammo of Harbour","value":3.0})",
									 R"({"name":"ammo of Arena","value":3.0})",
									 R"({"name":"ammo of Harbour","value":3.0})",
								 }});
	const auto Processes = Server.rows("SELECT process_id FROM processes ORDER BY start_time", 2);
	CHECK_EQUAL(Processes.size(), 2u);
	for (const std::string& Row : Processes) {
		// {"process_id":"..."}
		const std::string Process = Row.substr(15, 36);
		test::expect(Server, Process, {"SELECT kind, name, is_outgoing, bit_size FROM view_instance('net_spans', $P) "
									   "ORDER BY begin_time",
										  {
											  R"({"kind":"connection","name":"Client_2","is_outgoing":false,"bit_size":5})",
											  R"({"kind":"object","name":"Actor_12","is_outgoing":false,"bit_size":5})",
											  R"({"kind":"connection","name":"Client_2","is_outgoing":false,"bit_size":5})",
											  R"({"kind":"object","name":"Actor_12","is_outgoing":false,"bit_size":5})",
										  }});
		test::expect(Server, Process, {"SELECT s.depth, s.name, coalesce(p.name, '') AS parent FROM thread_spans($P) s "
									   "LEFT JOIN thread_spans($P) p ON p.id = s.parent AND p.depth + 1 = s.depth "
									   "AND p.depth > 0 WHERE s.depth > 0 ORDER BY s.begin, s.depth",
										  {
											  R"({"depth":1,"name":"Tick of Arena","parent":""})",
											  R"({"depth":2,"name":"Actor_12","parent":"Tick of Arena"})",
											  R"({"depth":3,"name":"Actor_13","parent":"Actor_12"})",
											  R"({"depth":1,"name":"Tick of Harbour","parent":""})",
											  R"({"depth":2,"name":"Actor_12","parent":"Tick of Harbour"})",
											  R"({"depth":3,"name":"Actor_13","parent":"Actor_12"})",
										  }});
	}
}
