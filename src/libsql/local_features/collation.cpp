#include "libsql/core/ascii_case.hpp"
#include "libsql/local_features/callback.hpp"

#include <libsql/collation.hpp>

#include <memory>
#include <set>
#include <string>

namespace libsql {

namespace {

/// The state of a collation. Owned by the engine.
struct known_collation {
    local::connection* owner;
    collation order;
};

/// The collations of a connection.
struct collation_table {
    local::connection* owner{nullptr};
    std::set<std::string> names;  ///< in lower case
    std::function<collation(std::string_view)> find;
};

std::string_view text_of(const void* data, int size) noexcept {
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

int on_compare(void* self, int a_size, const void* a, int b_size, const void* b) {
    const auto& c = *static_cast<const known_collation*>(self);
    if (c.owner->engine().callback_has_failed()) {
        return 0;  // a sort does not stop at once
    }
    int order = 0;
    if (auto failed =
            local::guarded([&] { order = c.order(text_of(a, a_size), text_of(b, b_size)); })) {
        c.owner->engine().fail_statement(*failed);
    }
    return order;
}

void on_destroy(void* self) {
    delete static_cast<known_collation*>(self);
}

int add(local::connection& owner, const std::string& name, collation order) {
    auto known = std::make_unique<known_collation>(known_collation{&owner, std::move(order)});
    // The name is stored first: if that failed later, the collation could not be removed.
    auto& names = owner.engine().attachment<collation_table>().names;
    const auto [remembered, is_new] = names.insert(to_lower(name));
    const int rc = sqlite3_create_collation_v2(owner.handle(), name.c_str(), SQLITE_UTF8,
                                               known.get(), &on_compare, &on_destroy);
    if (rc == SQLITE_OK) {  // on failure the engine does not destroy it, unlike a function
        static_cast<void>(known.release());
    } else if (is_new) {
        names.erase(remembered);
    }
    return rc;
}

void on_needed(void* self, sqlite3*, int, const char* name) {
    auto& t = *static_cast<collation_table*>(self);
    auto failed = local::guarded([&] {
        if (auto found = t.find(name)) {
            add(*t.owner, name, std::move(found));
        }
    });
    if (failed) {
        t.owner->engine().callback_failed(*failed);
    }
}

}  // namespace

result<void> create_collation(connection& c, std::string_view name, collation order) {
    if (auto bad = local::check_name("collation", name)) {
        return *std::move(bad);
    }
    if (!order) {
        return error(error_kind::invalid_argument,
                     "the collation \"" + std::string(name) + "\" has no function");
    }
    return local::on_local(c, "a collation", [&](local::connection& owner) -> result<void> {
        if (const int rc = add(owner, std::string(name), std::move(order)); rc != SQLITE_OK) {
            return owner.make_error(rc);
        }
        return {};
    });
}

result<void> remove_collation(connection& c, std::string_view name) {
    return local::on_local(c, "a collation", [&](local::connection& owner) -> result<void> {
        auto& names = owner.engine().attachment<collation_table>().names;
        const std::string key = to_lower(name);
        if (names.find(key) == names.end()) {
            return error(error_kind::invalid_argument,
                         "there is no collation \"" + std::string(name) + "\" to remove");
        }
        const int rc = sqlite3_create_collation_v2(owner.handle(), key.c_str(), SQLITE_UTF8,
                                                   nullptr, nullptr, nullptr);
        if (rc != SQLITE_OK) {
            return owner.make_error(rc);
        }
        names.erase(key);
        return {};
    });
}

result<void> set_collation_needed(connection& c,
                                  std::function<collation(std::string_view name)> find) {
    return local::on_local(
        c, "the search for collations", [&](local::connection& owner) -> result<void> {
            auto& t = owner.engine().attachment<collation_table>();
            t.owner = &owner;
            t.find.swap(find);
            const int rc =
                sqlite3_collation_needed(owner.handle(), &t, t.find ? &on_needed : nullptr);
            find = nullptr;
            return rc == SQLITE_OK ? result<void>() : owner.make_error(rc);
        });
}

}  // namespace libsql
