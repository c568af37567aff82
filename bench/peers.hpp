#pragma once

#include "users.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// The same row workloads with each library. Each object owns its connection to `path`. The peers
/// use prepared statements (`held`); our contender uses the ordinary calls.
namespace bench {

class row_peer {
public:
    virtual ~row_peer() = default;

    /// Empties the table, then inserts `rows` rows (repeating `samples`) in one transaction.
    /// Returns the time of the transaction.
    virtual double insert_all(const std::vector<users::user>& samples, std::int64_t rows) = 0;

    /// Selects by key `operations` times. Returns nanoseconds per operation.
    virtual double select_by_key(std::int64_t operations) = 0;

    /// Reads all rows, with five columns each. Returns nanoseconds per row.
    virtual double scan() = 0;

    /// Updates by key `operations` times in one transaction. Returns nanoseconds per operation.
    virtual double update_by_key(std::int64_t operations) = 0;
};

std::unique_ptr<row_peer> make_ours(const std::string& path);
std::unique_ptr<row_peer> make_raw(const std::string& path);
std::unique_ptr<row_peer> make_sqlitecpp(const std::string& path);
std::unique_ptr<row_peer> make_soci(const std::string& path);

}  // namespace bench
