#pragma once

#include "libsql/remote/server.hpp"
#include "libsql/replication/synchroniser.hpp"

#include <libsql/deadline.hpp>
#include <libsql/options.hpp>
#include <libsql/result.hpp>

#include <memory>

namespace libsql::replication {

/// Opens a replica with its protocol, which the files beside the database tell. For a new replica
/// the server is asked (`GET /info`), only once if the replica need not sync on opening. Refuses
/// files that belong to no protocol, or to both.
result<std::unique_ptr<synchroniser>> open_synchroniser(
    const libsql::options& chosen, const std::shared_ptr<remote::server>& server, deadline until);

}  // namespace libsql::replication
