#pragma once

#include <string>
#include <vector>

namespace libsql::compare {

enum class row_order {
    any,      ///< the rows are a multiset
    total,    ///< sorted by all columns: also the sequence is compared
    limited,  ///< as `total`, and cut by a LIMIT: among equal rows any may have come
};

/// One statement. An engine must give the same rows for `sql` and for `equivalent`, if there is
/// one.
struct statement {
    std::string sql;
    row_order order = row_order::any;
    std::string equivalent{};
};

using script = std::vector<statement>;

}  // namespace libsql::compare
