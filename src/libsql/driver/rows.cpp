#include "libsql/backend/backend.hpp"

#include <libsql/rows.hpp>

namespace libsql {

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
