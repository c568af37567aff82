#include "libsql/local/load_extension.hpp"
#include "libsql/local_features/on_local.hpp"

#include <libsql/connection.hpp>
#include <libsql/extension.hpp>

namespace libsql {

result<void> load_extension(connection& c, const extension& wanted) {
    return local::on_local(c, "an extension", [&](local::connection& owner) {
        return local::load_extension(owner.handle(), wanted);
    });
}

}  // namespace libsql
