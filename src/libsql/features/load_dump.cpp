#include "libsql/core/ascii_case.hpp"
#include "libsql/core/out_of_memory.hpp"
#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_reader.hpp"
#include "libsql/sql/table_constraints.hpp"

#include <libsql/load_dump.hpp>

#include <istream>

namespace libsql {

namespace {

/// Disables foreign keys and later restores the setting. Also restores writable_schema, which a
/// dump turns on.
class loading_pragmas {
public:
    static result<loading_pragmas> set(connection& target, deadline until) {
        const auto foreign_keys = target.fetch_one<std::int64_t>(until, "PRAGMA foreign_keys");
        if (!foreign_keys) {
            return foreign_keys.error();
        }
        // Uses SELECT, because a server refuses the PRAGMA statement. It cannot be changed there
        // anyway.
        const auto writable_schema = target.fetch_one<std::int64_t>(
            until, "SELECT writable_schema FROM pragma_writable_schema");
        if (!writable_schema) {
            return writable_schema.error();
        }
        if (auto off = target.execute(until, "PRAGMA foreign_keys = OFF"); !off) {
            return off.error();
        }
        return loading_pragmas(target, foreign_keys->value_or(0) != 0,
                               writable_schema->value_or(0) != 0);
    }

    loading_pragmas(loading_pragmas&& other) noexcept
        : target_(std::exchange(other.target_, nullptr)),
          foreign_keys_(other.foreign_keys_),
          writable_schema_(other.writable_schema_) {}

    loading_pragmas& operator=(loading_pragmas&&) = delete;

    ~loading_pragmas() {
        if (target_ == nullptr) {
            return;
        }
        if (foreign_keys_) {
            detail::insist([this] { return target_->execute("PRAGMA foreign_keys = ON"); });
        }
        detail::insist([this] {
            return target_->execute(writable_schema_ ? "PRAGMA writable_schema = ON"
                                                     : "PRAGMA writable_schema = OFF");
        });
    }

private:
    loading_pragmas(connection& target, bool foreign_keys, bool writable_schema) noexcept
        : target_(&target), foreign_keys_(foreign_keys), writable_schema_(writable_schema) {}

    connection* target_;
    bool foreign_keys_;
    bool writable_schema_;
};

/// How a statement of the dump affects the load's own transaction.
enum class role : unsigned char { ordinary, begin, commit, rollback, made_by_engine };

/// Whether the text after CREATE defines a table like sqlite_sequence, which the engine creates
/// itself when it needs one. `.schema` of SQLite's shell prints such statements.
bool creates_engines_table(sql_scanner scanner) {
    if (!scanner.next_significant().is_keyword("TABLE")) {
        return false;
    }
    token name = scanner.next_significant();
    if (name.is_keyword("IF")) {
        scanner.next_significant();
        scanner.next_significant();
        name = scanner.next_significant();
    }
    constexpr std::string_view reserved = "sqlite_";
    std::string_view text = name.text;
    if (name.kind == token_kind::quoted_identifier || name.kind == token_kind::string) {
        text.remove_prefix(1);
    }
    return equals_ignoring_case(text.substr(0, reserved.size()), reserved);
}

role role_of(std::string_view sql) {
    sql_scanner scanner(sql);
    const token first = scanner.next_significant();
    if (first.is_keyword("CREATE") && creates_engines_table(scanner)) {
        return role::made_by_engine;
    }
    if (first.is_keyword("BEGIN")) {
        return role::begin;
    }
    if (first.is_keyword("COMMIT") || first.is_keyword("END")) {
        return role::commit;
    }
    if (!first.is_keyword("ROLLBACK")) {
        return role::ordinary;
    }
    token next = scanner.next_significant();
    if (next.is_keyword("TRANSACTION")) {
        next = scanner.next_significant();
    }
    return next.is_keyword("TO") ? role::ordinary : role::rollback;
}

error in_line(std::uint64_t line, const error& why) {
    error::fields all = why.all();
    all.message = "line " + std::to_string(line) + ": " + all.message;
    return error(std::move(all));
}

class dump_loader {
public:
    dump_loader(connection& target, std::istream& source, const load_options& chosen)
        : target_(target), chosen_(chosen), reader_(source, chosen.longest_statement) {}

    result<load_progress> run() {
        for (;;) {
            auto found = reader_.next();
            if (!found) {
                return found.error();
            }
            if (!*found) {
                break;
            }
            if (auto done = run_one(**found); !done) {
                return done.error();
            }
        }
        if (open_since_ != 0) {
            return error(error_kind::invalid_argument,
                         "the dump ends inside the transaction that begins in line " +
                             std::to_string(open_since_) + ": it is truncated");
        }
        return done_;
    }

private:
    result<void> run_one(const read_statement& statement) {
        switch (role_of(statement.text)) {
            case role::begin:
                open_since_ = statement.line;
                break;
            case role::commit:
                open_since_ = 0;
                break;
            case role::made_by_engine:
                break;
            case role::rollback:
                return in_line(
                    statement.line,
                    error(error_kind::invalid_argument,
                          "the dump ends with a ROLLBACK: it was not written completely"));
            case role::ordinary:
                if (auto ran = target_.execute(chosen_.until, statement.text); !ran) {
                    return in_line(statement.line, ran.error());
                }
        }
        ++done_.statements;
        done_.bytes = reader_.position();
        if (chosen_.progress && !chosen_.progress(done_)) {
            return in_line(statement.line, error(error_kind::interrupted,
                                                 "the progress callback stopped the load"));
        }
        return {};
    }

    connection& target_;
    const load_options& chosen_;
    statement_reader reader_;
    load_progress done_;
    std::uint64_t open_since_{0};  ///< the line of the open transaction's BEGIN
};

}  // namespace

result<load_progress> load_dump(connection& target, std::istream& source,
                                const load_options& chosen) {
    if (!source) {
        return error({.kind = error_kind::io,
                      .message = "the dump's stream is not open, or has already failed",
                      .outcome = error_outcome::not_run});
    }
    if (!target.is_autocommit()) {
        return error(error_kind::transaction, "a dump cannot be loaded inside a transaction");
    }
    const auto pragmas = loading_pragmas::set(target, chosen.until);
    if (!pragmas) {
        return pragmas.error();
    }
    auto opened = target.begin(transaction_mode::immediate, chosen.until);
    if (!opened) {
        return opened.error();
    }
    auto loaded = dump_loader(target, source, chosen).run();
    if (!loaded) {
        const bool undone = opened->rollback() || target.is_autocommit();
        return loaded.error().with_outcome(undone ? error_outcome::undone : error_outcome::unknown);
    }
    if (auto kept = detail::keep(*opened, chosen.until); !kept) {
        return kept.error();
    }
    return loaded;
}

}  // namespace libsql
