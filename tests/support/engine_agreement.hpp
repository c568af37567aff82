#pragma once

#include "libsql/sql/parameter_scanner.hpp"
#include "libsql/sql/script_splitter.hpp"
#include "support/engine_database.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::testing {

/// Whether the engine finds no statement in `text`: only spaces, comments and `;`.
inline bool is_blank(engine_database& engine, std::string_view text) {
    const engine_statement statement = engine.prepare(text);
    return statement.code == SQLITE_OK && statement.handle == nullptr;
}

/// Whether the engine sees a `;` at the end of `statement`, which it accepts: only then does it not
/// parse the text after it. The first `*/` may close a comment; the second one is a syntax error.
inline bool is_terminated(engine_database& engine, std::string_view statement) {
    return engine.prepare(std::string(statement) + "\n*/ */").code == SQLITE_OK;
}

/// Compares script_splitter with the tails that the engine reports. Stops at the first statement
/// that the engine rejects, for which it only checks that the engine read no further than our
/// piece. Returns the difference, if any. `script` must not contain a NUL.
inline std::optional<std::string> find_split_difference(engine_database& engine,
                                                        std::string_view script) {
    script_splitter splitter(script);
    std::size_t begin = 0;
    for (auto piece = splitter.next(); piece; piece = splitter.next()) {
        const engine_statement statement = engine.prepare(script.substr(begin));
        const std::size_t tail = begin + statement.tail;
        const std::size_t end = piece->offset + piece->text.size();
        if (statement.code != SQLITE_OK) {
            const auto following = splitter.next();
            return tail <= (following ? following->offset : script.size())
                       ? std::nullopt
                       : std::optional("the engine read beyond: " + std::string(piece->text));
        }
        if (statement.handle == nullptr) {
            return "the engine finds no statement in: " + std::string(piece->text);
        }
        if (tail < end || !is_blank(engine, script.substr(begin, piece->offset - begin)) ||
            !is_blank(engine, script.substr(end, tail - end)) ||
            piece->terminated != is_terminated(engine, script.substr(begin, tail - begin))) {
            return "the engine ends elsewhere than: " + std::string(piece->text);
        }
        begin = tail;
    }
    return is_blank(engine, script.substr(begin))
               ? std::nullopt
               : std::optional("not split: " + std::string(script.substr(begin)));
}

/// Compares scan_parameters with the engine for one statement, which is skipped if the engine
/// rejects it. Returns the difference, if any. `sql` must not contain a NUL.
inline std::optional<std::string> find_parameter_difference(engine_database& engine,
                                                            std::string_view sql) {
    const engine_statement statement = engine.prepare(sql);
    if (statement.code != SQLITE_OK) {
        return std::nullopt;
    }
    const parameter_list found = scan_parameters(sql);
    if (found.error) {
        return "the engine accepts: " + std::string(sql);
    }
    const std::vector<std::string> expected = statement.parameter_names();
    if (!std::equal(found.names.begin(), found.names.end(), expected.begin(), expected.end())) {
        return "the engine numbers otherwise: " + std::string(sql);
    }
    return std::nullopt;
}

}  // namespace libsql::testing
