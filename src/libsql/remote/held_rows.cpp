#include "libsql/remote/held_rows.hpp"

#include <libsql/argument.hpp>

namespace libsql::remote {

detail::step_status held_rows::step() noexcept {
    if (next_ == all_.rows.size()) {
        size_ = 0;
        return detail::step_status::done;
    }
    const auto& row = all_.rows[next_++];
    row_.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        row_[i] = detail::to_cell(row[i]);
    }
    cells_ = row_.data();
    size_ = static_cast<std::uint32_t>(row.size());
    return detail::step_status::row;
}

error held_rows::take_error() {
    return error(error_kind::internal, "rows that are held do not fail");
}

}  // namespace libsql::remote
