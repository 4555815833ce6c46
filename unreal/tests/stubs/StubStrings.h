// Strings, names and containers of the engine, as far as the modules use them. For tests only.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using uint8 = std::uint8_t;
using int32 = std::int32_t;
using uint32 = std::uint32_t;
using int64 = std::int64_t;
using uint64 = std::uint64_t;
using TCHAR = char16_t;

#define TEXT_PASTE(text) u##text
#define TEXT(text) TEXT_PASTE(text)
// What a module exports; where modules are libraries, everything else of them is hidden.
#ifndef MICROMEGASTRACING_API
#define MICROMEGASTRACING_API
#define MICROMEGASTELEMETRYSINK_API
#endif
#ifndef WITH_EDITOR
#define WITH_EDITOR 0
#endif

// The engine's own libraries export all of this.
#pragma GCC visibility push(default)

namespace stub {
std::string ToUtf8(const std::u16string& Text);
std::u16string FromUtf8(const std::string& Text);
}  // namespace stub

template <class T>
class TArray {
public:
	void Append(const T* Data, int32 Count) { Items.insert(Items.end(), Data, Data + Count); }
	void Add(const T& Item) { Items.push_back(Item); }
	int32 Num() const { return static_cast<int32>(Items.size()); }
	const T* GetData() const { return Items.data(); }
	const T& operator[](int32 Index) const { return Items[static_cast<std::size_t>(Index)]; }
	auto begin() { return Items.begin(); }
	auto end() { return Items.end(); }
	auto begin() const { return Items.begin(); }
	auto end() const { return Items.end(); }

private:
	std::vector<T> Items;
};

class FString {
public:
	FString() = default;
	FString(const TCHAR* InText) : Text(InText) {}
	explicit FString(const char* InText) : Text(stub::FromUtf8(InText)) {}
	const TCHAR* operator*() const { return Text.c_str(); }
	int32 Len() const { return static_cast<int32>(Text.size()); }
	bool IsEmpty() const { return Text.empty(); }
	bool IsNumeric() const {
		for (const TCHAR Character : Text) {
			if (Character < u'0' || Character > u'9') {
				return false;
			}
		}
		return !Text.empty();
	}
	bool operator==(const FString& Other) const { return Text == Other.Text; }
	friend FString operator+(const FString& A, const FString& B) { return FString((A.Text + B.Text).c_str()); }

private:
	std::u16string Text;
};

struct FCString {
	static int32 Atoi(const TCHAR* Text) { return std::atoi(stub::ToUtf8(Text).c_str()); }
};

#define TCHAR_TO_UTF8(Text) (stub::ToUtf8(Text).c_str())
#define UTF8_TO_TCHAR(Text) (stub::FromUtf8(Text).c_str())

inline FString LexToString(int32 Value) { return FString(std::to_string(Value).c_str()); }
inline FString LexToString(uint32 Value) { return FString(std::to_string(Value).c_str()); }
inline FString LexToString(uint64 Value) { return FString(std::to_string(Value).c_str()); }

template <class K, class V>
struct TPair {
	K Key;
	V Value;
};

template <class K, class V>
class TMap {
public:
	void Add(const K& Key, const V& Value) {
		for (auto& Pair : Pairs) {
			if (Pair.Key == Key) {
				Pair.Value = Value;
				return;
			}
		}
		Pairs.push_back({Key, Value});
	}
	int32 Num() const { return static_cast<int32>(Pairs.size()); }
	auto begin() const { return Pairs.begin(); }
	auto end() const { return Pairs.end(); }

private:
	std::vector<TPair<K, V>> Pairs;
};

template <class T>
std::remove_reference_t<T>&& MoveTemp(T&& Value) {
	return static_cast<std::remove_reference_t<T>&&>(Value);
}

// An index into the table of all names.
class FNameEntryId {
public:
	static FNameEntryId FromUnstableInt(uint32 Value) {
		FNameEntryId Id;
		Id.Index = Value;
		return Id;
	}
	uint32 ToUnstableInt() const { return Index; }

private:
	uint32 Index = 0;
};

class FName {
public:
	FName() = default;
	// A name that ends with a number has it apart: Actor_12 is Actor with the number 13.
	FName(const TCHAR* Text);
	static FName CreateFromDisplayId(FNameEntryId Id, int32 Number) {
		FName Name;
		Name.Entry = Id;
		Name.Number = Number;
		return Name;
	}
	FNameEntryId GetDisplayIndex() const { return Entry; }
	int32 GetNumber() const { return Number; }
	FString ToString() const;

private:
	FNameEntryId Entry;
	int32 Number = 0;
};

class UObject {
public:
	explicit UObject(const TCHAR* InName) : Name(InName) {}
	FName GetFName() const { return Name; }

private:
	FName Name;
};

#pragma GCC visibility pop
