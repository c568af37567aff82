#include "libsql/remote/hrana.hpp"

#include <libsql/row.hpp>

namespace libsql::remote::hrana {

result_set to_result_set(const statement_result& from) {
    result_set out{.columns = from.columns, .rows = {}, .executed = from.executed};
    out.rows.reserve(from.row_count);
    const std::size_t width = from.columns.size();
    for (std::size_t i = 0; i < from.row_count; ++i) {
        auto& row = out.rows.emplace_back();
        row.reserve(width);
        for (std::size_t c = 0; c < width; ++c) {
            row.push_back(detail::to_value(from.cells[i * width + c]));
        }
    }
    return out;
}

}  // namespace libsql::remote::hrana
