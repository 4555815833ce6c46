// The parts of documents.

#include "check.h"
#include "micromegas/wire.h"
#include "planar/transform.h"
#include "planar/xxh64.h"
#include "uuid.h"
#include "valid_utf8.h"

namespace {

using namespace micromegas;

std::uint64_t hash(const std::string& text) {
    return planar::xxh64(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

TEST(times_are_written_as_rfc3339) {
    CHECK_EQUAL(wire::rfc3339(1'700'000'000'123'456'789), "2023-11-14T22:13:20.123456789Z");
    CHECK_EQUAL(wire::rfc3339(951'782'400'000'000'000), "2000-02-29T00:00:00.000000000Z");
    CHECK_EQUAL(wire::rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(frames_read_back_and_cut_ones_do_not) {
    Bytes records(300'000);
    for (std::size_t index = 0; index < records.size(); ++index) {
        records[index] = static_cast<std::uint8_t>(index * index >> 7);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, records.size()}) {
        const Bytes part(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(size));
        const Bytes frame = wire::plain(part);
        const auto read = wire::read_plain(frame.data(), frame.size(), records.size());
        REQUIRE(read.has_value());
        CHECK(*read == part);
        CHECK(!wire::read_plain(frame.data(), frame.size() - 1, records.size()).has_value());
    }
    const Bytes frame = wire::plain(records);
    CHECK(!wire::read_plain(frame.data(), frame.size(), records.size() - 1).has_value());
}

TEST(checksums_are_those_of_xxh64) {
    CHECK_EQUAL(hash(""), 0xEF46DB3751D8E999u);
    CHECK_EQUAL(hash("a"), 0xD24EC4F1A98C6E5Bu);
    CHECK_EQUAL(hash("abc"), 0x44BC2CF5AD770999u);
}

TEST(bad_utf8_is_replaced) {
    CHECK_EQUAL(valid_utf8("Arène 😀"), "Arène 😀");
    CHECK_EQUAL(valid_utf8("a\xff" "b"), "a\xEF\xBF\xBD" "b");
    CHECK_EQUAL(valid_utf8("\xed\xa0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK_EQUAL(valid_utf8("\xf0\x9f"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(identifiers_are_random_uuids) {
    const std::string id = new_uuid();
    CHECK_EQUAL(id.size(), 36u);
    CHECK_EQUAL(id[14], '4');
    CHECK(id != new_uuid());
}

TEST(clocks_are_stored_as_small_differences) {
    std::vector<std::uint64_t> values;
    for (std::uint64_t index = 0; index < 1'000; ++index) {
        values.push_back(1'000'000 + 100 * index);
    }
    const planar::Stored stored = planar::choose_transform(values, 8);
    CHECK(stored.transform == planar::Transform::Delta || stored.transform == planar::Transform::SignedDelta ||
          stored.transform == planar::Transform::DeltaOfDelta);
    CHECK(planar::choose_transform({5, 5, 5}, 4).transform == planar::Transform::Constant);
}
