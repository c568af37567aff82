#pragma once

#include "libsql/remote/codec.hpp"
#include "support/cursor_pieces.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// @file
/// What must hold for any bytes that are decoded as a server's reply, in either encoding.

namespace libsql::testing {

inline void require(bool holds, std::string_view what) {
    if (!holds) {
        std::cerr << what << '\n';
        std::abort();
    }
}

/// Reads every byte that the cells view.
inline void read_cells(const detail::cell* cells, std::size_t count) {
    volatile unsigned char seen = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& c = cells[i];
        const bool viewing = c.type == detail::cell_type::text || c.type == detail::cell_type::blob;
        require(viewing || c.type == detail::cell_type::integer ||
                    c.type == detail::cell_type::real || c.type == detail::cell_type::null,
                "a cell of no type");
        for (std::uint32_t at = 0; viewing && at < c.size; ++at) {
            seen = static_cast<const unsigned char*>(c.data)[at];
        }
    }
    static_cast<void>(seen);
}

inline void read_result(const remote::hrana::statement_result& r) {
    require(r.cells.size() == r.row_count * r.columns.size(), "rows of another width");
    read_cells(r.cells.data(), r.cells.size());
    static_cast<void>(remote::hrana::to_result_set(r));
}

/// The requests that the fuzzer's replies belong to, selected by the first byte.
inline std::vector<remote::hrana::request> fuzz_requests(std::uint8_t choice) {
    using namespace remote::hrana;
    const std::vector<step> steps{{{.sql = "SELECT 1"}, {}}, {{.sql = "SELECT 2"}, {}}};
    switch (choice % 4) {
        case 0:
            return {execute_request{{.sql = "SELECT 1"}}, close_request{}};
        case 1:
            return {batch_request{steps}, get_autocommit_request{}};
        case 2:
            return {describe_request{"SELECT 1"}};
        default:
            return {execute_request{{.sql = "SELECT 1"}}, batch_request{steps},
                    describe_request{"SELECT 1"}, get_autocommit_request{}, close_request{}};
    }
}

inline void fuzz_pipeline(const remote::codec& c, const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return;
    }
    const auto requests = fuzz_requests(data[0]);
    const auto reply =
        c.read_pipeline(std::string(reinterpret_cast<const char*>(data + 1), size - 1), requests);
    if (!reply) {
        require(reply.error().kind() == error_kind::protocol, "another kind of error");
        return;
    }
    require(reply->results.size() == requests.size(), "another number of results");
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto* const response = std::get_if<remote::hrana::response>(&reply->results[i]);
        if (response == nullptr) {
            continue;
        }
        if (const auto* one = std::get_if<remote::hrana::statement_result>(response)) {
            read_result(*one);
        } else if (const auto* all = std::get_if<remote::hrana::batch_outcome>(response)) {
            const auto& asked = std::get<remote::hrana::batch_request>(requests[i]);
            require(all->results.size() == asked.steps.size() &&
                        all->failures.size() == asked.steps.size(),
                    "another number of steps");
            for (const auto& step : all->results) {
                if (step) {
                    read_result(*step);
                }
            }
        }
    }
}

/// The entries as text, decoded in pieces of `piece` bytes.
inline std::vector<std::string> read_entries(const remote::codec& c, std::string_view bytes,
                                             std::size_t piece) {
    std::vector<std::string> out;
    const auto text_of = [](const detail::cell* cells, std::size_t count) {
        std::string text = "row";
        for (std::size_t i = 0; i < count; ++i) {
            const auto& one = cells[i];
            text += ' ' + std::to_string(static_cast<int>(one.type)) + ' ';
            if (one.type == detail::cell_type::text || one.type == detail::cell_type::blob) {
                text.append(one.size > 0 ? static_cast<const char*>(one.data) : "", one.size);
            } else if (one.type == detail::cell_type::integer) {
                text += std::to_string(one.integer);
            }
        }
        return text;
    };
    const auto found = [&](const remote::hrana::cursor_entry& entry) {
        if (const auto* row = std::get_if<remote::hrana::cursor_row>(&entry)) {
            read_cells(row->cells.data(), row->cells.size());
            out.push_back(text_of(row->cells.data(), row->cells.size()));
        } else {
            out.push_back(std::to_string(entry.index()));
        }
    };
    read_in_pieces(c, bytes, piece, found, [&](const error& why) {
        require(why.kind() == error_kind::protocol, "another kind of error");
        out.emplace_back("error");
    });
    return out;
}

/// However the reply to a cursor is split into pieces, the entries must be the same.
inline void fuzz_cursor(const remote::codec& c, const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = read_entries(c, bytes, size + 1);
    require(read_entries(c, bytes, 1 + size % 13) == whole, "in pieces it is another");
    require(read_entries(c, bytes, 1) == whole, "byte by byte it is another");
}

}  // namespace libsql::testing
