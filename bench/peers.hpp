#pragma once

#include "users.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// The same row workloads through each library. Each object owns its connection to `path`; `held`
/// statements are used by the peers, the ordinary calls by us.
namespace bench {

class row_peer {
public:
    virtual ~row_peer() = default;

    /// Empties the table, then inserts `rows` rows (`samples` over and over) in one transaction.
    /// The time is that of the transaction.
    virtual double insert_all(const std::vector<users::user>& samples, std::int64_t rows) = 0;

    /// `operations` selects by key; ns each.
    virtual double select_by_key(std::int64_t operations) = 0;

    /// Reads all rows, five columns each; ns a row.
    virtual double scan() = 0;

    /// `operations` updates by key in one transaction; ns each.
    virtual double update_by_key(std::int64_t operations) = 0;
};

std::unique_ptr<row_peer> make_ours(const std::string& path);
std::unique_ptr<row_peer> make_raw(const std::string& path);
std::unique_ptr<row_peer> make_sqlitecpp(const std::string& path);
std::unique_ptr<row_peer> make_soci(const std::string& path);

}  // namespace bench
