#include <libsql/cursor.hpp>

namespace libsql {

result<std::vector<std::vector<value>>> cursor::fetch(std::size_t max_rows) {
    if (max_rows == 0) {
        return error(error_kind::invalid_argument, "a cursor must fetch at least one row");
    }
    std::vector<std::vector<value>> chunk;
    while (!done_ && chunk.size() < max_rows) {
        auto more = rows_.next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            done_ = true;
            rows_.close();
            break;
        }
        const row current = rows_.current();
        auto& values = chunk.emplace_back();
        values.reserve(current.size());
        for (std::size_t i = 0; i < current.size(); ++i) {
            values.push_back(current.get<value>(i));
        }
    }
    return chunk;
}

}  // namespace libsql
