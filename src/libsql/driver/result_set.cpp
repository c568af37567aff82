#include "libsql/backend/backend.hpp"

#include <libsql/result_set.hpp>
#include <libsql/rows.hpp>

namespace libsql {

result<result_set> materialise(rows source) {
    result_set all;
    auto columns = source.columns();
    if (!columns) {
        return columns.error();
    }
    all.columns = *std::move(columns);
    for (const auto& current : source) {
        if (!current) {
            return current.error();
        }
        auto& values = all.rows.emplace_back();
        values.reserve(current->size());
        for (std::size_t i = 0; i < current->size(); ++i) {
            values.push_back(current->get<value>(i));
        }
    }
    all.executed.rows_affected = source.rows_affected();
    all.executed.last_insert_rowid = source.owner_ ? source.owner_->last_insert_rowid() : 0;
    all.executed.rows_read = source.rows_read();
    all.executed.rows_written = source.rows_written();
    return all;
}

}  // namespace libsql
