// The engine's strings and names as the core takes them.
#pragma once

#include "CoreMinimal.h"
#include "UObject/NameTypes.h"

#include "micromegas/metadata.h"

namespace micromegas {

inline TextView text_of(const FString& text) {
	return TextView(*text, static_cast<std::uint32_t>(text.Len() * sizeof(TCHAR)), codec_of<TCHAR>());
}

// A name is its entry and its number: Actor_12 and Actor_13 stay apart. Names are never freed, so
// their text is made when a block is, and not by the thread that records.
template <>
struct NameWords<FName> {
	static std::uint64_t word(const FName& name) {
		return static_cast<std::uint64_t>(static_cast<std::uint32_t>(name.GetNumber())) << 32 |
			name.GetDisplayIndex().ToUnstableInt();
	}
	static Codec append(std::uint64_t word, std::string& out) {
		const auto entry = FNameEntryId::FromUnstableInt(static_cast<std::uint32_t>(word));
		const FString text = FName::CreateFromDisplayId(entry, static_cast<int32>(word >> 32)).ToString();
		const TextView view = text_of(text);
		out.append(static_cast<const char*>(view.data), view.byte_count);
		return view.codec;
	}
};

} // namespace micromegas

namespace MicromegasTracing {

// Text of the engine as UTF-8.
inline std::string ToUtf8(const FString& Text) { return std::string(TCHAR_TO_UTF8(*Text)); }
inline FString FromUtf8(const std::string& Text) { return FString(UTF8_TO_TCHAR(Text.c_str())); }

} // namespace MicromegasTracing
