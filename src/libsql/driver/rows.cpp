#include "libsql/backend/backend.hpp"

#include <libsql/rows.hpp>

namespace libsql {

error rows::not_single(std::string_view found) {
    std::string sql(source_->sql());
    close();
    return error(
        {.kind = error_kind::mismatch,
         .message = "the query returned " + std::string(found) + ", but exactly one was asked for",
         .sql = std::move(sql),
         .outcome = error_outcome::stands});
}

error rows::closed() {
    return error(error_kind::closed, "these rows were closed or moved from");
}

result<std::vector<column>> rows::columns() const {
    if (source_ == nullptr) {
        return closed();
    }
    return source_->columns();
}

void rows::close() noexcept {
    if (auto* source = std::exchange(source_, nullptr);
        source != nullptr && !owner_->is_foreign()) {
        source->release();
    }
    owner_.reset();
}

}  // namespace libsql
