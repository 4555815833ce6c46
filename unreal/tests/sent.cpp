#include "sent.h"

#include <cstring>
#include <map>

#include "StubEngine.h"
#include "layouts.h"

#include "micromegas/text.h"
#include "micromegas/wire.h"

namespace {

constexpr std::size_t BytesMax = 1 << 20;

template <class Number>
Number Read(const std::uint8_t*& At) {
	Number Value;
	std::memcpy(&Value, At, sizeof Value);
	At += sizeof Value;
	return Value;
}

micromegas::Bytes Unpacked(const nlohmann::json& Frame) {
	const micromegas::Bytes Packed = Frame.get_binary();
	return micromegas::wire::read_plain(Packed.data(), Packed.size(), BytesMax).value_or(micromegas::Bytes());
}

std::string TextAt(const std::uint8_t* At) {
	const auto Codec = static_cast<micromegas::Codec>(Read<std::uint8_t>(At));
	const auto Bytes = Read<std::uint32_t>(At);
	if (Codec != micromegas::Codec::Wide) {
		return std::string(At, At + Bytes);
	}
	std::u16string Wide(Bytes / 2, 0);
	std::memcpy(Wide.data(), At, Bytes);
	return stub::ToUtf8(Wide);
}

struct FDescriptor {
	std::uint64_t Name;
	std::uint64_t Unit;
	std::uint64_t Target;
};

void AddSamples(const FSentBlock& Block, std::vector<FSample>& Samples) {
	std::map<std::uint64_t, std::string> Strings;
	std::map<std::uint64_t, FDescriptor> Descriptors;
	const std::uint8_t* At = Block.Dependencies.data();
	for (const std::uint8_t* const End = At + Block.Dependencies.size(); At < End;) {
		const auto Type = Read<std::uint8_t>(At);
		if (Type == micromegas::layouts::descriptor) {
			const auto Id = Read<std::uint64_t>(At);
			Descriptors[Id] = Read<FDescriptor>(At);
			At += 16;
			continue;
		}
		const auto Size = Read<std::uint32_t>(At);
		const std::uint8_t* const Next = At + Size;
		const auto Id = Read<std::uint64_t>(At);
		if (Type == micromegas::layouts::static_string) {
			Strings[Id] = TextAt(At);
		}
		At = Next;
	}
	At = Block.Objects.data();
	for (const std::uint8_t* const End = At + Block.Objects.size(); At < End;) {
		const auto Type = Read<std::uint8_t>(At);
		const FDescriptor Descriptor = Descriptors.at(Read<std::uint64_t>(At));
		const bool bIsFloat = Type % 2 == micromegas::layouts::float_metric;
		const std::uint8_t* Value = At;
		Samples.push_back({Strings.at(Descriptor.Name), Strings.at(Descriptor.Unit), Strings.at(Descriptor.Target), bIsFloat,
			bIsFloat ? Read<double>(Value) : static_cast<double>(Read<std::uint64_t>(Value))});
		At += 16 + (Type >= micromegas::layouts::tagged_metric ? 8 : 0);
	}
}

} // namespace

std::vector<nlohmann::json> SentDocuments(const std::string& Command) {
	std::vector<nlohmann::json> Documents;
	for (const IHttpRequest& Request : FHttpModule::Get().Requests()) {
		if (Request.Url.substr(Request.Url.rfind('/') + 1) == Command) {
			Documents.push_back(nlohmann::json::from_cbor(Request.Content.begin(), Request.Content.end(), true, false));
		}
	}
	return Documents;
}

std::vector<FSentBlock> SentBlocks() {
	std::map<std::string, std::string> Tags;
	for (const nlohmann::json& Stream : SentDocuments("insert_stream")) {
		Tags[Stream["stream_id"].get<std::string>()] = Stream["tags"][0].get<std::string>();
	}
	std::vector<FSentBlock> Blocks;
	for (const nlohmann::json& Block : SentDocuments("insert_block")) {
		const nlohmann::json& Payload = Block["payload"];
		Blocks.push_back(
			{Tags[Block["stream_id"].get<std::string>()], Unpacked(Payload["dependencies"]), Unpacked(Payload["objects"])});
	}
	return Blocks;
}

std::vector<FSample> SentSamples() {
	std::vector<FSample> Samples;
	for (const FSentBlock& Block : SentBlocks()) {
		if (Block.Tag == "metrics") {
			AddSamples(Block, Samples);
		}
	}
	return Samples;
}
