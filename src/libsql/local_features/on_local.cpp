#include "libsql/local_features/on_local.hpp"

#include <string>

namespace libsql::local {

result<connection*> connection_of(const executor& e, std::string_view feature, below_sql use) {
    const auto found = detail::access::usable(e);
    if (!found) {
        return found.error();
    }
    auto* const here = static_cast<connection*>((*found)->local_part());
    if (here == nullptr) {
        return error(error_kind::unsupported,
                     std::string(feature) +
                         " is unsupported in remote mode: the database is on a server, not in "
                         "this process");
    }
    if (use == below_sql::writes && here->engine().use() != connection::file_use::plain) {
        return error(
            error_kind::unsupported,
            std::string(feature) + " is unsupported in replica mode: only syncs write to the file");
    }
    return here;
}

error no_schema(std::string_view schema) {
    return error(error_kind::invalid_argument,
                 "there is no schema \"" + std::string(schema) + "\"");
}

}  // namespace libsql::local
