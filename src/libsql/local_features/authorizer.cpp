#include "libsql/local_features/callback.hpp"

#include <libsql/authorizer.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace libsql {

static_assert(static_cast<int>(authorization::deny) == SQLITE_DENY);
static_assert(static_cast<int>(authorization::ignore) == SQLITE_IGNORE);
static_assert(static_cast<int>(authorizer_action::recursive) == SQLITE_RECURSIVE);

std::string_view to_string(authorizer_action action) noexcept {
    constexpr std::array<std::string_view, 34> names{"",
                                                     "create_index",
                                                     "create_table",
                                                     "create_temp_index",
                                                     "create_temp_table",
                                                     "create_temp_trigger",
                                                     "create_temp_view",
                                                     "create_trigger",
                                                     "create_view",
                                                     "delete_from",
                                                     "drop_index",
                                                     "drop_table",
                                                     "drop_temp_index",
                                                     "drop_temp_table",
                                                     "drop_temp_trigger",
                                                     "drop_temp_view",
                                                     "drop_trigger",
                                                     "drop_view",
                                                     "insert",
                                                     "pragma",
                                                     "read",
                                                     "select",
                                                     "transaction",
                                                     "update",
                                                     "attach",
                                                     "detach",
                                                     "alter_table",
                                                     "reindex",
                                                     "analyze",
                                                     "create_virtual_table",
                                                     "drop_virtual_table",
                                                     "function",
                                                     "savepoint",
                                                     "recursive"};
    const auto i = static_cast<std::size_t>(action);
    return i < names.size() ? names.at(i) : std::string_view();
}

namespace {

struct authorizer {
    local::connection* owner{nullptr};
    std::function<authorization(const authorizer_request&)> decide;
};

int on_request(void* self, int action, const char* first, const char* second, const char* database,
               const char* accessor) {
    auto& a = *static_cast<authorizer*>(self);
    if (a.owner->engine().is_reporting()) {
        return SQLITE_OK;
    }
    const authorizer_request request{static_cast<authorizer_action>(action),
                                     local::text_or_empty(first), local::text_or_empty(second),
                                     local::text_or_empty(database),
                                     local::text_or_empty(accessor)};
    auto decision = authorization::deny;
    if (auto failed = local::guarded([&] { decision = a.decide(request); })) {
        a.owner->engine().callback_failed(*failed);
    }
    return static_cast<int>(decision);
}

}  // namespace

result<void> set_authorizer(connection& c,
                            std::function<authorization(const authorizer_request&)> decide) {
    return local::on_local(c, "the authorizer", [&](local::connection& owner) -> result<void> {
        auto& a = owner.engine().attachment<authorizer>();
        a.owner = &owner;
        a.decide.swap(decide);
        sqlite3_set_authorizer(owner.handle(), a.decide ? &on_request : nullptr, &a);
        // The engine expires statements that the previous authorizer allowed only when a new one is
        // set.
        libsql_engine_expire(owner.handle());
        decide = nullptr;
        return {};
    });
}

}  // namespace libsql
