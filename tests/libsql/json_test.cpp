#include "support/outcome.hpp"
#include "support/test_database.hpp"

#include <libsql/database.hpp>
#include <libsql/json.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

namespace libsql::json {

using testing::kind_of;

namespace {

class json : public ::testing::Test {
protected:
    connection c{testing::open_fresh()};
    const std::string doc{
        R"({"a": [1, 2.5, {"b": null}], "t": true, "f": false, "s": "x\u0000\"y", "n": null, "big": 9223372036854775807})"};
    const blob binary{to_jsonb(c, doc).value()};
};

TEST_F(json, valid_accepts_json_and_jsonb_only) {
    EXPECT_TRUE(valid(c, doc).value());
    EXPECT_TRUE(valid(c, binary).value());
    for (const auto* bad : {"", "{", "{a: 1}", "[1,]", "nul", "'x'", "[1] x"}) {
        EXPECT_FALSE(valid(c, bad).value()) << bad;
    }
    EXPECT_FALSE(valid(c, blob{std::byte{0xff}}).value());
    EXPECT_FALSE(valid(c, blob{}).value());
}

TEST_F(json, extract_reads_a_value_of_each_type) {
    for (const document& from : {document(doc), document(binary)}) {
        EXPECT_EQ(extract<std::int64_t>(c, from, "$.a[0]").value(), 1);
        EXPECT_EQ(extract<double>(c, from, "$.a[1]").value(), 2.5);
        EXPECT_EQ(extract<bool>(c, from, "$.t").value(), true);
        EXPECT_EQ(extract<bool>(c, from, "$.f").value(), false);
        EXPECT_EQ(extract<std::int64_t>(c, from, "$.big").value(),
                  std::numeric_limits<std::int64_t>::max());
        EXPECT_EQ(extract<std::string>(c, from, "$.a[#-1]").value(), R"({"b":null})");
        EXPECT_EQ(extract<std::string>(c, from, "$.n").value(), std::nullopt);
        EXPECT_EQ(extract<std::string>(c, from, "$.missing").value(), std::nullopt);
        EXPECT_EQ(extract<value>(c, from, "$.a[0]").value(), value(1));
        EXPECT_EQ(kind_of(extract<std::string>(c, from, "$.a[0]")), error_kind::mismatch);
        EXPECT_EQ(kind_of(extract<std::int64_t>(c, from, "$.a[1]")), error_kind::mismatch);
        EXPECT_EQ(kind_of(extract<std::int64_t>(c, from, "a")), error_kind::sql);
    }
    EXPECT_EQ(kind_of(extract<std::int64_t>(c, "{", "$")), error_kind::sql);
}

TEST_F(json, fragment_keeps_json_as_it_is) {
    EXPECT_EQ(fragment(c, doc, "$.n").value(), "null");
    EXPECT_EQ(fragment(c, doc, "$.missing").value(), std::nullopt);
    EXPECT_EQ(fragment(c, binary, "$.t").value(), "true");
    EXPECT_EQ(to_text(c, fragment<blob>(c, doc, "$.a").value().value()).value(),
              R"([1,2.5,{"b":null}])");
}

TEST_F(json, type_of_tells_the_type_at_a_path) {
    const auto of = [&](std::string_view path) { return type_of(c, binary, path).value(); };
    EXPECT_EQ(of("$"), type::object);
    EXPECT_EQ(of("$.a"), type::array);
    EXPECT_EQ(of("$.a[0]"), type::integer);
    EXPECT_EQ(of("$.a[1]"), type::real);
    EXPECT_EQ(of("$.t"), type::boolean);
    EXPECT_EQ(of("$.f"), type::boolean);
    EXPECT_EQ(of("$.s"), type::text);
    EXPECT_EQ(of("$.n"), type::null);
    EXPECT_EQ(of("$.missing"), std::nullopt);
    EXPECT_EQ(to_string(type::boolean), "boolean");
    EXPECT_EQ(kind_of(type_of(c, "[")), error_kind::sql);
}

TEST_F(json, lengths_keys_and_depth_are_counted) {
    EXPECT_EQ(array_length(c, doc, "$.a").value(), 3);
    EXPECT_EQ(array_length(c, doc).value(), 0);
    EXPECT_EQ(array_length(c, doc, "$.missing").value(), std::nullopt);
    EXPECT_EQ(length(c, doc).value(), 6);
    EXPECT_EQ(length(c, binary, "$.a").value(), 3);
    EXPECT_EQ(length(c, doc, "$.s").value(), 1);
    EXPECT_EQ(length(c, doc, "$.n").value(), 1);
    EXPECT_EQ(length(c, "[]").value(), 0);
    EXPECT_EQ(length(c, doc, "$.missing").value(), std::nullopt);
    EXPECT_EQ(keys(c, doc).value(), (std::vector<std::string>{"a", "t", "f", "s", "n", "big"}));
    EXPECT_EQ(keys(c, binary, "$.a[2]").value(), std::vector<std::string>{"b"});
    EXPECT_EQ(keys(c, "{}").value(), std::vector<std::string>{});
    EXPECT_EQ(keys(c, doc, "$.a").value(), std::nullopt);
    EXPECT_EQ(keys(c, doc, "$.missing").value(), std::nullopt);
    EXPECT_EQ(depth(c, "1").value(), 1);
    EXPECT_EQ(depth(c, "[]").value(), 1);
    EXPECT_EQ(depth(c, "[1]").value(), 2);
    EXPECT_EQ(depth(c, binary).value(), 4);
    EXPECT_EQ(depth(c, doc, "$.a").value(), 3);
    EXPECT_EQ(depth(c, doc, "$.missing").value(), std::nullopt);
    for (const auto& failed : {length(c, "{"), depth(c, "{"), array_length(c, "{")}) {
        EXPECT_EQ(kind_of(failed), error_kind::sql);
    }
    EXPECT_EQ(kind_of(keys(c, "{")), error_kind::sql);
}

TEST_F(json, each_and_tree_list_the_elements) {
    const auto members = each(c, R"({"a": [1], "t": true})").value();
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0],
              (element{"a", type::array, "[1]", members[0].id, std::nullopt, "$.a", "$"}));
    EXPECT_EQ(members[1],
              (element{"t", type::boolean, 1, members[1].id, std::nullopt, "$.t", "$"}));
    const auto all = tree(c, binary, "$.a").value();
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].type, type::array);
    EXPECT_EQ(all[1].key, value(0));
    EXPECT_EQ(all[2].content, value(2.5));
    EXPECT_EQ(all[3].parent, all[0].id);
    EXPECT_EQ(all[4],
              (element{"b", type::null, nullptr, all[4].id, all[3].id, "$.a[2].b", "$.a[2]"}));
    EXPECT_EQ(each(c, doc, "$.missing").value().size(), 0U);
    EXPECT_EQ(kind_of(tree(c, "]")), error_kind::sql);
}

TEST_F(json, set_insert_and_replace_change_a_value) {
    EXPECT_EQ(set(c, "{}", "$.a", 1).value(), R"({"a":1})");
    EXPECT_EQ(set(c, "{}", "$.a", true).value(), R"({"a":true})");
    EXPECT_EQ(set(c, "{}", "$.a", std::optional<bool>(false)).value(), R"({"a":false})");
    EXPECT_EQ(set(c, "{}", "$.a", std::optional<bool>()).value(), R"({"a":null})");
    EXPECT_EQ(set(c, "{}", "$.a", nullptr).value(), R"({"a":null})");
    EXPECT_EQ(set(c, "{}", "$.a", "[1]").value(), R"({"a":"[1]"})");
    EXPECT_EQ(set(c, "{}", "$.a", raw{"[1, 2]"}).value(), R"({"a":[1,2]})");
    EXPECT_EQ(set(c, "{}", "$.a", raw{binary}).value().substr(0, 6), R"({"a":{)");
    EXPECT_EQ(set(c, "{}", "$.a", 1.5).value(), R"({"a":1.5})");
    EXPECT_EQ(set(c, "[1]", "$[#]", 2).value(), "[1,2]");
    EXPECT_EQ(set(c, R"({"a":5})", "$.a.b", 2).value(), R"({"a":5})");
    EXPECT_EQ(insert(c, R"({"a":1})", "$.a", 2).value(), R"({"a":1})");
    EXPECT_EQ(insert(c, R"({"a":1})", "$.b", 2).value(), R"({"a":1,"b":2})");
    EXPECT_EQ(insert(c, "[1,2]", "$[0]", 9).value(), "[1,2]");
    EXPECT_EQ(replace(c, R"({"a":1})", "$.a", "x").value(), R"({"a":"x"})");
    EXPECT_EQ(replace(c, R"({"a":1})", "$.b", 2).value(), R"({"a":1})");
    EXPECT_EQ(to_text(c, set<blob>(c, binary, "$.a", 1).value()).value().substr(0, 8),
              R"({"a":1,")");
    EXPECT_EQ(kind_of(set(c, "{}", "$.a", blob{std::byte{0xff}})), error_kind::sql);
    EXPECT_EQ(kind_of(set(c, "{}", "$.a", raw{"{"})), error_kind::sql);
    EXPECT_EQ(kind_of(set(c, "{", "$.a", 1)), error_kind::sql);
    EXPECT_EQ(kind_of(set(c, "{}", "a", 1)), error_kind::sql);
    EXPECT_EQ(kind_of(set(c, "{}", "$.a", std::nan(""))), error_kind::invalid_argument);
}

TEST_F(json, remove_and_patch_change_a_document) {
    EXPECT_EQ(remove(c, R"({"a":1,"b":[1,2]})", "$.b[0]").value(), R"({"a":1,"b":[2]})");
    EXPECT_EQ(remove(c, R"({"a":1})", "$.x").value(), R"({"a":1})");
    EXPECT_EQ(kind_of(remove(c, R"({"a":1})", "$")), error_kind::invalid_argument);
    EXPECT_EQ(patch(c, R"({"a":{"x":1,"y":2}})", R"({"a":{"y":null,"z":[3]}})").value(),
              R"({"a":{"x":1,"z":[3]}})");
    EXPECT_EQ(to_text(c, patch<blob>(c, binary, R"({"a":null})").value()).value().find("\"a\""),
              std::string::npos);
    EXPECT_EQ(kind_of(patch(c, "{}", "{")), error_kind::sql);
}

TEST_F(json, text_and_jsonb_convert_to_each_other) {
    EXPECT_EQ(to_text(c, "{a: +1, /* c */ b: [0x10,],}").value(), R"({"a":1,"b":[16]})");
    EXPECT_EQ(to_text(c, binary).value(), to_text(c, doc).value());
    EXPECT_EQ(to_jsonb(c, binary).value(), binary);
    EXPECT_EQ(kind_of(to_jsonb(c, "{")), error_kind::sql);
    EXPECT_EQ(kind_of(to_text(c, blob{std::byte{0xff}})), error_kind::sql);
}

TEST_F(json, pretty_indents) {
    EXPECT_EQ(libsql::json::pretty(c, "[1]", " ").value(), "[\n 1\n]");
}

TEST_F(json, quote_array_and_object_make_json) {
    EXPECT_EQ(quote(c, "it's \"x\"").value(), R"("it's \"x\"")");
    EXPECT_EQ(quote(c, true).value(), "true");
    EXPECT_EQ(quote(c, nullptr).value(), "null");
    EXPECT_EQ(quote(c, 1.5).value(), "1.5");
    EXPECT_EQ(array(c).value(), "[]");
    EXPECT_EQ(array(c, 1, "x", true, nullptr, raw{"[2]"}, 0.5).value(),
              R"([1,"x",true,null,[2],0.5])");
    EXPECT_EQ(object(c).value(), "{}");
    EXPECT_EQ(object(c, std::pair("n", "Ada"), std::pair(std::string("ok"), false),
                     std::pair("o", raw{"{}"}))
                  .value(),
              R"({"n":"Ada","ok":false,"o":{}})");
    EXPECT_EQ(to_text(c, array<blob>(c, 1, 2).value()).value(), "[1,2]");
    EXPECT_EQ(kind_of(quote(c, blob{std::byte{1}, std::byte{2}})), error_kind::sql);
}

TEST_F(json, any_string_goes_in_and_comes_out) {
    EXPECT_TRUE(rc::check([&] {
        const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
        const auto made = set(c, "{}", "$.a", text).value();
        RC_ASSERT(valid(c, made).value());
        RC_ASSERT(extract<std::string>(c, made, "$.a").value() == text);
        RC_ASSERT(extract<std::string>(c, to_jsonb(c, made).value(), "$.a").value() == text);
    }));
}

}  // namespace

}  // namespace libsql::json
