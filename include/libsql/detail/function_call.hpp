#pragma once

#include <libsql/detail/cell.hpp>
#include <libsql/export.hpp>
#include <libsql/value_view.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace libsql::detail {

/// One call of a user's SQL function: its arguments, and the place for its result.
class LIBSQL_API function_call {
public:
    function_call(void* context, std::string_view name,
                  std::span<const value_view> arguments) noexcept
        : context_(context), name_(name), arguments_(arguments) {}

    [[nodiscard]] std::span<const value_view> arguments() const noexcept { return arguments_; }

    /// Sets the result. Fails the statement if SQLite cannot hold it.
    void give(const cell& returned);

    /// Fails the statement.
    void fail(std::string_view message);

    /// Fails the statement because argument `i` is not a `wanted`.
    void fail_argument(std::size_t i, std::string_view wanted);

    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    void* context_;
    std::string_view name_;
    std::span<const value_view> arguments_;
    bool failed_{false};
};

}  // namespace libsql::detail
