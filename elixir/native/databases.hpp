#pragma once

#include <libsql/libsql.hpp>

#include <memory>
#include <string>

namespace nif {

/// Opens a database. Connections to one replica, with equal options but for the token, share it: it
/// is synced once for all of them. The newest token is that of all.
///
/// The database ends with the last pointer to it.
libsql::result<std::shared_ptr<libsql::database>> open_database(libsql::options chosen,
                                                                const std::string& identity);

}  // namespace nif
