#include "libsql/sql/script_splitter.hpp"

#include <libsql/script.hpp>

namespace libsql {

std::vector<script_statement> split_script(std::string_view script) {
    std::vector<script_statement> all;
    script_splitter splitter(script);
    while (const auto piece = splitter.next()) {
        all.push_back({piece->text, piece->offset});
    }
    return all;
}

}  // namespace libsql
