#pragma once

#include "libsql/replication/frame.hpp"
#include "support/frames.hpp"
#include "support/temporary_directory.hpp"

#include <libsql/libsql.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace libsql::testing {

/// Frames of a real database without a server: all pages of a file after each transaction.
class page_source {
public:
    /// Runs `sql` as a transaction. Returns the frames of all pages after it, numbered from `first`
    /// on.
    std::vector<std::string> frames_after(const std::string& sql, std::uint64_t first) {
        {
            auto conn =
                database::open({.database = path_, .journal_mode = journal_mode::delete_file})
                    .value()
                    .connect()
                    .value();
            conn.run_script(sql).value();
        }
        std::ifstream file(path_, std::ios::binary);
        const std::string all{std::istreambuf_iterator<char>(file), {}};
        const auto pages = static_cast<std::uint32_t>(all.size() / replication::frame::page_size);
        std::vector<std::string> out;
        for (std::uint32_t i = 0; i < pages; ++i) {
            std::string page =
                all.substr(i * replication::frame::page_size, replication::frame::page_size);
            if (i == 0) {
                page[18] = page[19] = 2;  // a primary is in WAL mode
            }
            out.push_back(frame_bytes(first + i, i + 1, i + 1 == pages ? pages : 0, page));
        }
        return out;
    }

private:
    temporary_directory directory_;
    std::string path_{directory_.file("source.db")};
};

}  // namespace libsql::testing
