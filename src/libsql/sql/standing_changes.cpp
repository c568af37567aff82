#include "libsql/sql/standing_changes.hpp"

#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_effect.hpp"

namespace libsql {

void standing_changes::passed(std::string_view sql, bool is_autocommit) noexcept {
    const auto effect = effect_of(sql);
    pending_ = pending_ || effect == statement_effect::writes;
    if (!is_autocommit) {
        return;
    }
    const bool undoes = effect == statement_effect::ends &&
                        sql_scanner(sql).next_beginning().is_keyword("ROLLBACK");
    stand_ = stand_ || ((pending_ || earlier_) && !undoes);
    pending_ = false;
    earlier_ = false;
}

error standing_changes::of_all(const error& why, bool is_autocommit) const {
    const bool denies =
        why.outcome() == error_outcome::not_run || why.outcome() == error_outcome::undone;
    const bool stand = stand_ || (pending_ && !is_autocommit);
    return denies && stand ? why.with_outcome(error_outcome::stands) : why;
}

}  // namespace libsql
