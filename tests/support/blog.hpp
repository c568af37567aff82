#pragma once

#include <ecto/ecto.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace ecto::testing {

enum class status { active, banned };
ECTO_ENUM(status, active, banned);

struct user {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    int age{18};
    status state{status::active};
    std::string password{};
    uuid token{};
    utc_datetime inserted_at{};
    utc_datetime updated_at{};
};

ECTO_SCHEMA(user, "users") {
    ECTO_FIELD(id, primary_key);
    ECTO_FIELD(name);
    ECTO_FIELD(email, source("email_address"), redact);
    ECTO_FIELD(age);
    ECTO_FIELD(state);
    ECTO_VIRTUAL(password, redact);
    ECTO_FIELD(token, autogenerate<uuid::v7>, write_once);
    ECTO_TIMESTAMPS(inserted_at, updated_at);
};

struct post {
    std::int64_t id{};
    std::string title{};
    bool published{};
    std::int64_t user_id{};
};

ECTO_SCHEMA(post, "posts") {
    ECTO_FIELD(id, primary_key);
    ECTO_FIELD(title);
    ECTO_FIELD(published);
    ECTO_FIELD(user_id);
};

/// The tables, without constraints on types, so that anything can be stored.
inline constexpr const char* blog_tables =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name, email_address UNIQUE, age, state, token, "
    "inserted_at, updated_at);"
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, title, published, user_id);";

}  // namespace ecto::testing
