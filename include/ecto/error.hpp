#pragma once

#include <libsql/error.hpp>
#include <libsql/export.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ecto {

/// What went wrong, in terms that a caller can act on.
enum class error_kind : unsigned char {
    invalid,           ///< a value from outside cannot be taken: see `error::fields()`
    not_found,         ///< no row
    multiple_results,  ///< more than one row where one was asked for
    stale,             ///< the row to update or delete is not there
    constraint,        ///< the database rejected the row: see `error::cause()`
    not_loaded,        ///< an association was used that was not loaded
    mismatch,          ///< a stored value is not of its field's type
    query,             ///< the query or the schema is wrong, or cannot be put into SQL
    rollback,          ///< the callable of a transaction asked for it
    driver,            ///< anything else that the driver reports: see `error::cause()`
};

/// The name of the kind: "not_found", "stale", ...
LIBSQL_API std::string_view to_string(error_kind kind) noexcept;

/// What is wrong with one field.
struct field_error {
    std::string path{};     ///< "email", or "posts[1].title" below an association
    std::string message{};  ///< "is invalid"
    std::vector<std::pair<std::string, std::string>> metadata{};  ///< {"validation", "cast"}, ...
};

/// Every failure of the data layer. Cheap to copy (one shared pointer), immutable, and usable from
/// any thread. It contains no bound value. Making one may throw `std::bad_alloc`; copying does not
/// throw.
class [[nodiscard]] LIBSQL_API error {
public:
    /// An error of this kind, whose message is that of the kind.
    error(error_kind kind);

    /// An error of this kind with this message.
    error(error_kind kind, std::string message);

    /// An error of kind `invalid` for these fields.
    explicit error(std::vector<field_error> fields);

    /// An error of the driver: of kind `constraint` if that is its kind, else `driver`.
    error(const libsql::error& cause);

    error(const error&) noexcept = default;
    error& operator=(const error&) noexcept = default;
    ~error() = default;

    /// What the caller acts on.
    [[nodiscard]] error_kind kind() const noexcept;

    /// What happened, in one line.
    [[nodiscard]] const std::string& message() const noexcept;

    /// What is wrong with each field; empty unless `kind()` is `invalid`.
    [[nodiscard]] const std::vector<field_error>& fields() const noexcept;

    /// The driver's error behind this one; null if there is none. Valid as long as this error or a
    /// copy of it.
    [[nodiscard]] const libsql::error* cause() const noexcept;

    /// Kind, message, fields and the driver's error as one text for people.
    [[nodiscard]] std::string to_string() const;

    /// Throws `ecto::exception`. What `result::value()` calls.
    [[noreturn]] void raise() const;

    /// Whether the error is of this kind.
    friend bool operator==(const error& e, error_kind kind) noexcept { return e.kind() == kind; }

private:
    struct content;
    std::shared_ptr<const content> content_;
};

/// Thrown for an error of the data layer where the caller asked for a value.
class LIBSQL_API exception : public std::exception {
public:
    /// An exception that carries `cause`.
    explicit exception(const ecto::error& cause);
    exception(const exception&) noexcept = default;
    exception& operator=(const exception&) noexcept = default;
    ~exception() override;

    /// The text of `error::to_string()`. Valid as long as this exception or a copy of it.
    [[nodiscard]] const char* what() const noexcept override { return text_->c_str(); }

    /// The error that it carries.
    [[nodiscard]] const ecto::error& error() const noexcept { return cause_; }

private:
    ecto::error cause_;
    std::shared_ptr<const std::string> text_;
};

}  // namespace ecto
