#include "support/stored_form.hpp"

#include <ecto/uuid.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <optional>
#include <set>

namespace ecto {

RC_GTEST_PROP(ecto_uuid, survives, (std::array<std::uint8_t, 16> bytes)) {
    RC_ASSERT(testing::survives(uuid(bytes)));
    RC_ASSERT(uuid::parse(uuid(bytes).to_string()).value() == uuid(bytes));
}

TEST(ecto_uuid, is_stored_as_36_characters) {
    const auto id = uuid::parse("01234567-89AB-cdef-0123-456789abcdef").value();
    EXPECT_EQ(testing::stored(id), "text 01234567-89ab-cdef-0123-456789abcdef");
}

TEST(ecto_uuid, a_blob_of_16_bytes_is_read) {
    const uuid id = uuid::v4();
    detail::cell c{};
    detail::set_blob(c, std::as_bytes(std::span(id.bytes())));
    EXPECT_EQ(testing::loaded<uuid>(c), id);
    c.size = 15;
    EXPECT_EQ(testing::loaded<uuid>(c), std::nullopt);
}

TEST(ecto_uuid, refuses_other_texts) {
    for (const auto* text :
         {"", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdeg",
          "0123456789ab-cdef-0123-456789abcdef-", "01234567-89ab-cdef-0123-456789abcdef0"}) {
        EXPECT_EQ(uuid::parse(text).error(), error_kind::invalid) << text;
        EXPECT_EQ(testing::loaded<uuid>(text), std::nullopt) << text;
        EXPECT_EQ(testing::casted<uuid>(text), std::nullopt) << text;
    }
    EXPECT_EQ(testing::loaded_integer<uuid>(1), std::nullopt);
}

TEST(ecto_uuid, new_ones_differ_and_have_their_version) {
    std::set<uuid> all;
    for (int i = 0; i < 100; ++i) {
        for (const auto& [id, version] : {std::pair(uuid::v4(), '4'), std::pair(uuid::v7(), '7')}) {
            EXPECT_EQ(id.to_string()[14], version);
            EXPECT_EQ(id.bytes()[8] & 0xc0, 0x80);
            EXPECT_TRUE(all.insert(id).second);
        }
    }
}

}  // namespace ecto
