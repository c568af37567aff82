#pragma once

#include "engine.hpp"

#include <cstddef>
#include <string>

namespace libsql::compare {

/// The first statement of a script to which two runs give different answers.
struct difference {
    enum class kind {
        none,
        codes,       ///< one fails, the other does not, or for another reason
        rows,        ///< other rows
        digits,      ///< texts that differ only in how many digits of a real they write
        equal_rows,  ///< rows that are equal for SQL, though not the same: `1` and `1.0`, `'a'` and
                     ///< `'A'`
        sequence,    ///< the same rows, not in the sequence that was asked for
        counts,      ///< changes, last rowid or the state of the transaction
        equivalent,  ///< ours has two answers to two statements that mean the same
        too_long,    ///< says nothing
        crash,       ///< an engine ended the process
    };

    kind what = kind::none;
    std::size_t statement = 0;
    std::string left{};
    std::string right{};
};

const char* name_of(difference::kind what);

/// Runs the script on both and compares the outcomes.
difference compare(const engine& ours, const engine& theirs, const script& statements);

/// Runs the script on one engine, as usual and plain, and compares the rows of its queries; and
/// those of each query with those of its equivalent.
difference compare_plans(const engine& ours, const script& statements);

/// Whether a statement may choose one of several equal rows.
bool chooses_among_equals(const std::string& sql);

}  // namespace libsql::compare
