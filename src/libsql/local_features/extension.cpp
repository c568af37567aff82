#include "libsql/local_features/callback.hpp"

#include <libsql/connection.hpp>
#include <libsql/extension.hpp>

namespace libsql {

result<void> load_extension(connection& c, const extension& wanted) {
    return local::on_local(c, "an extension",
                           [&](local::connection& owner) { return owner.load_extension(wanted); });
}

}  // namespace libsql
