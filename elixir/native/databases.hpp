#pragma once

#include <libsql/libsql.hpp>

#include <memory>
#include <string>

namespace nif {

/// Opens a database. Connections with equal options, apart from the token, share one replica, so
/// that it is synced once for all of them. The newest token applies to all of them.
///
/// The database is closed when the last pointer to it is destroyed.
libsql::result<std::shared_ptr<libsql::database>> open_database(libsql::options chosen,
                                                                const std::string& identity);

}  // namespace nif
