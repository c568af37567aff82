#pragma once

#include <libsql/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace libsql {

/// One constraint of a table, as its CREATE TABLE text declares it.
struct table_constraint {
    constraint_kind kind{
        constraint_kind::other};  ///< primary_key, unique, not_null, check or foreign_key
    std::string name{};           ///< behind CONSTRAINT; empty when it has none

    /// The listed columns; of a constraint behind a column, that column. None for a CHECK of its
    /// own.
    std::vector<std::string> columns{};

    std::string expression{};  ///< of a CHECK: the text in its brackets, spaces around it cut off

    /// How SQLite names a CHECK in its message: by its name, else its expression, of which only the
    /// first token is left when that is quoted.
    [[nodiscard]] std::string reported() const;

    friend bool operator==(const table_constraint&, const table_constraint&) = default;
};

/// The constraints in `sql`, a CREATE TABLE statement that SQLite accepts, in the order of the text
/// (in which SQLite numbers foreign keys backwards). Names are given without their quotes. None for
/// any other text, for CREATE TABLE .. AS SELECT and for virtual tables. Linear; stops where the
/// text does.
///
/// A name belongs to the constraint right behind it, except that SQLite gives it to every later
/// CHECK of the same column too, up to the next name: so it is here.
std::vector<table_constraint> table_constraints(std::string_view sql);

/// Whether the names of two lists are the same to SQLite, in the same order.
bool same_names(const std::vector<std::string>& a, const std::vector<std::string>& b) noexcept;

}  // namespace libsql
