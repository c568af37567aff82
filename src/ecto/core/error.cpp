#include <ecto/error.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace ecto {

struct error::content {
    error_kind kind;
    std::string message{};
    std::vector<field_error> fields{};
    std::optional<libsql::error> cause{};
};

namespace {

struct kind_text {
    std::string_view name;
    std::string_view message;
};

constexpr std::array kind_texts{
    kind_text{"invalid", "a value is invalid"},
    kind_text{"not_found", "no row was found"},
    kind_text{"multiple_results", "more than one row was found where one was asked for"},
    kind_text{"stale", "the row to change is not there"},
    kind_text{"constraint", "a constraint rejected the row"},
    kind_text{"not_loaded", "an association was used that was not loaded"},
    kind_text{"mismatch", "a stored value is not of its field's type"},
    kind_text{"query", "the query cannot be put into SQL"},
    kind_text{"rollback", "the transaction was rolled back on request"},
    kind_text{"driver", "the driver reports an error"},
};

const kind_text& text_of(error_kind kind) noexcept {
    return kind_texts.at(static_cast<std::size_t>(kind));
}

}  // namespace

std::string_view to_string(error_kind kind) noexcept {
    return text_of(kind).name;
}

error::error(error_kind kind) : error(kind, std::string(text_of(kind).message)) {}

error::error(error_kind kind, std::string message)
    : content_(std::make_shared<content>(content{kind, std::move(message)})) {}

error::error(std::vector<field_error> fields)
    : content_(std::make_shared<content>(content{error_kind::invalid,
                                                 std::string(text_of(error_kind::invalid).message),
                                                 std::move(fields)})) {}

error::error(const libsql::error& cause)
    : content_(std::make_shared<content>(content{cause.kind() == libsql::error_kind::constraint
                                                     ? error_kind::constraint
                                                     : error_kind::driver,
                                                 cause.message(),
                                                 {},
                                                 cause})) {}

error_kind error::kind() const noexcept {
    return content_->kind;
}

const std::string& error::message() const noexcept {
    return content_->message;
}

const std::vector<field_error>& error::fields() const noexcept {
    return content_->fields;
}

const libsql::error* error::cause() const noexcept {
    return content_->cause ? &*content_->cause : nullptr;
}

std::string error::to_string() const {
    std::string text(text_of(kind()).name);
    text += ": ";
    text += cause() != nullptr ? cause()->to_string() : message();
    for (const auto& field : fields()) {
        text += "\n  " + field.path + " " + field.message;
    }
    return text;
}

void error::raise() const {
    throw exception(*this);
}

exception::exception(const ecto::error& cause)
    : cause_(cause), text_(std::make_shared<const std::string>(cause.to_string())) {}

exception::~exception() = default;

}  // namespace ecto
