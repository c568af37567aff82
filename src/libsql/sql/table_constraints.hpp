#pragma once

#include <libsql/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// One constraint of a table, as declared in its CREATE TABLE text.
struct table_constraint {
    constraint_kind kind{
        constraint_kind::other};  ///< primary_key, unique, not_null, check or foreign_key
    std::string name{};           ///< after CONSTRAINT; empty if there is none

    /// The listed columns; for a column constraint, that column. None for a CHECK that is a table
    /// constraint.
    std::vector<std::string> columns{};

    std::string expression{};  ///< of a CHECK: the text in its brackets, trimmed

    /// How SQLite's message names a CHECK: by its name, or else by its expression, of which only
    /// the first token is left if that is quoted.
    [[nodiscard]] std::string reported() const;

    friend bool operator==(const table_constraint&, const table_constraint&) = default;
};

/// The constraints in `sql`, a CREATE TABLE statement that SQLite accepts, in the order of the text
/// (in which SQLite numbers foreign keys backwards). Names are without quotes. None for any other
/// text, for CREATE TABLE .. AS SELECT and for virtual tables. Linear; stops where the text ends.
///
/// A name belongs to the constraint directly after it. However, SQLite also applies it to every
/// later CHECK of the same column, up to the next name, and so does this function.
std::vector<table_constraint> table_constraints(std::string_view sql);

/// Whether two lists contain the same names, as SQLite compares them, in the same order.
bool same_names(const std::vector<std::string>& a, const std::vector<std::string>& b) noexcept;

}  // namespace libsql
