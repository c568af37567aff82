#pragma once

#include <cstdint>
#include <string>

/// The table that all row workloads use, and its fixed, invented content.
namespace bench::users {

inline constexpr const char* create =
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, age INTEGER, "
    "score REAL)";
inline constexpr const char* insert =
    "INSERT INTO users (id, name, email, age, score) VALUES (?, ?, ?, ?, ?)";
inline constexpr const char* select_one =
    "SELECT id, name, email, age, score FROM users WHERE id = ?";
inline constexpr const char* select_all = "SELECT id, name, email, age, score FROM users";
inline constexpr const char* update_one = "UPDATE users SET age = ?, score = ? WHERE id = ?";

/// The number of rows. It is smaller when instructions are counted: time does not matter then, and
/// a program under callgrind is about fifty times slower.
inline std::int64_t count = 1'000'000;

struct user {
    std::int64_t id{};
    std::string name;
    std::string email;
    std::int64_t age{};
    double score{};
};

inline user make(std::int64_t id) {
    return {id, "user number " + std::to_string(id), "user" + std::to_string(id) + "@example.org",
            id % 90, static_cast<double>(id) * 0.5};
}

/// Visits the keys in a fixed order that differs from the table's.
inline std::int64_t scattered_key(std::int64_t i) {
    return i * 7919 % count + 1;
}

}  // namespace bench::users
