#include "ecto/repo/repo_state.hpp"

#include <libsql/identifier.hpp>

#include <algorithm>
#include <memory>

namespace ecto::detail {

namespace {

using fields = std::vector<const field*>;

/// The columns, each followed by `after`, with `between` between them.
std::string list_of(const fields& all, std::string_view after, std::string_view between) {
    std::string text;
    for (const auto* f : all) {
        text += text.empty() ? "" : between;
        text += libsql::quote_identifier(f->column);
        text += after;
    }
    return text;
}

std::string marks(std::size_t count) {
    std::string text = "(";
    for (std::size_t i = 0; i < count; ++i) {
        text += i == 0 ? "?" : ", ?";
    }
    return text + ")";
}

fields without(const fields& all, const fields& some) {
    fields left;
    for (const auto* f : all) {
        if (std::find(some.begin(), some.end(), f) == some.end()) {
            left.push_back(f);
        }
    }
    return left;
}

std::unique_ptr<schema_statements> make(const schema_info& info) {
    auto made = std::make_unique<schema_statements>();
    for (const auto& f : info.fields) {
        if (f.type == nullptr) {
            continue;
        }
        made->columns.push_back(&f);
        if (f.is(field_flag::primary_key)) {
            made->key.push_back(&f);
        } else if (!f.is(field_flag::write_once) && !f.is(field_flag::inserted_at)) {
            made->updated.push_back(&f);
        }
    }
    made->generates_key = made->key.size() == 1 && made->key.front()->type->sql == "INTEGER";
    const auto table = libsql::quote_identifier(info.table);
    const auto where = " WHERE " + list_of(made->key, " = ?", " AND ");
    made->get = "SELECT " + list_of(made->columns, "", ", ") + " FROM " + table + where;
    made->insert = made->insert_many(info, true, 1);
    made->insert_without_key =
        made->insert_many(info, false, 1) + " RETURNING " + list_of(made->key, "", ", ");
    made->update = "UPDATE " + table + " SET " + list_of(made->updated, " = ?", ", ") + where;
    made->remove = "DELETE FROM " + table + where;
    return made;
}

}  // namespace

std::string schema_statements::insert_many(const schema_info& of, bool with_key,
                                           std::size_t count) const {
    const auto written = with_key ? columns : without(columns, key);
    const auto text = "INSERT INTO " + libsql::quote_identifier(of.table);
    if (written.empty()) {
        return text + " DEFAULT VALUES";
    }
    auto rows = text + " (" + list_of(written, "", ", ") + ") VALUES ";
    const auto one = marks(written.size());
    for (std::size_t i = 0; i < count; ++i) {
        rows += i == 0 ? "" : ", ";
        rows += one;
    }
    return rows;
}

result<const schema_statements*> statements_of(const schema_slot& slot) {
    const auto& info = slot.info();
    if (!info.problem.empty()) {
        return error(error_kind::query, info.problem);
    }
    if (const auto* there = slot.statements.load(std::memory_order_acquire)) {
        return there;
    }
    auto fresh = make(info);
    const schema_statements* none = nullptr;
    // Another thread may have been faster.
    return slot.statements.compare_exchange_strong(none, fresh.get()) ? fresh.release() : none;
}

result<const schema_statements*> keyed_statements_of(const schema_slot& slot) {
    auto found = statements_of(slot);
    if (found && (*found)->key.empty()) {
        return error(error_kind::query,
                     "the schema of " + std::string(slot.info().table) + " has no primary key");
    }
    return found;
}

}  // namespace ecto::detail
