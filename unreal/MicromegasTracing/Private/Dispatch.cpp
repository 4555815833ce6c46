#include "MicromegasTracing/Dispatch.h"

namespace MicromegasTracing {

namespace {

std::chrono::milliseconds Milliseconds(float Seconds) {
	return std::chrono::milliseconds(static_cast<std::int64_t>(Seconds * 1000.f));
}

micromegas::Properties ToProperties(const TMap<FString, FString>& Map) {
	micromegas::Properties Properties;
	for (const auto& Pair : Map) {
		Properties[ToUtf8(Pair.Key)] = ToUtf8(Pair.Value);
	}
	return Properties;
}

} // namespace

bool Dispatch::Init(std::shared_ptr<micromegas::EventSink> Sink, const TMap<FString, FString>& ProcessProperties,
	float FlushPeriodSeconds) {
	micromegas::Config Config;
	Config.level_max = micromegas::LogLevel::Trace;
	Config.log_period = Config.metric_period = Config.span_period = Milliseconds(FlushPeriodSeconds);
	Config.process_properties = ToProperties(ProcessProperties);
	return micromegas::dispatch::start(Config, std::move(Sink));
}

bool Dispatch::IsRunning() { return micromegas::dispatch::is_running(); }

void Dispatch::Flush(float PatienceSeconds) {
	if (PatienceSeconds > 0.f) {
		micromegas::dispatch::flush(Milliseconds(PatienceSeconds));
	} else {
		micromegas::dispatch::flush_soon();
	}
}

void Dispatch::SetFlushPeriod(float Seconds) { micromegas::dispatch::set_period(Milliseconds(Seconds)); }

void Dispatch::Shutdown(float PatienceSeconds) { micromegas::dispatch::shutdown(Milliseconds(PatienceSeconds)); }

void Dispatch::LogInterop(micromegas::LogLevel Level, FName Target, const FString& Message) {
	micromegas::log_from(Level, Target, micromegas::text_of(Message));
}

micromegas::PropertySetRef Dispatch::GetPropertySet(const TMap<FString, FString>& Properties) {
	return micromegas::PropertySetRef::find_or_create(ToProperties(Properties));
}

bool Dispatch::SendImage(const FString& Name, const FString& Format, const TArray<uint8>& Data) {
	return micromegas::dispatch::send_image(micromegas::text_of(Name), micromegas::text_of(Format), Data.GetData(),
		static_cast<std::size_t>(Data.Num()));
}

FString Dispatch::GetProcessId() {
	const auto Process = micromegas::dispatch::process();
	return Process ? FromUtf8(Process->process_id) : FString();
}

void DefaultContext::Set(const FString& Name, const FString& Value) {
	micromegas::default_context::set(ToUtf8(Name), ToUtf8(Value));
}

void DefaultContext::SetBatch(const TMap<FString, FString>& Properties) {
	micromegas::default_context::set_batch(ToProperties(Properties));
}

void DefaultContext::Unset(const FString& Name) { micromegas::default_context::unset(ToUtf8(Name)); }

void DefaultContext::Clear() { micromegas::default_context::clear(); }

TMap<FString, FString> DefaultContext::Copy() {
	TMap<FString, FString> Map;
	for (const auto& [Name, Value] : micromegas::default_context::copy()) {
		Map.Add(FromUtf8(Name), FromUtf8(Value));
	}
	return Map;
}

} // namespace MicromegasTracing
