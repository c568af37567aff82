// Runs one .test file: golden_test FILE. With --update it writes what came out into the file
// instead. The format is told in tests/golden/README.md. $LIBSQL_TEST_MODE chooses the mode.
#include "support/test_database.hpp"

#include <libsql/libsql.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using libsql::connection;
using libsql::error;
using libsql::result;
using libsql::value;

struct block {
    std::size_t line{0};
    std::string what{};                                           ///< query, exec ...
    std::string sql{};                                            ///< its lines
    std::string with{};                                           ///< the arguments, as an SQL list
    std::string expected{};                                       ///< lines, each with its end
    std::map<std::string, std::string, std::less<>> otherwise{};  ///< in these modes
    std::string got{};
};

/// What is expected of `b` in this run's mode.
std::string_view expected_now(const block& b) {
    const auto found = b.otherwise.find(libsql::testing::to_string(libsql::testing::mode()));
    return found == b.otherwise.end() ? b.expected : found->second;
}

/// From now on what came out is what is expected.
void accept(block& b) {
    const std::string mode(libsql::testing::to_string(libsql::testing::mode()));
    if (mode == "local") {
        b.expected = b.got;
    } else if (b.got == b.expected) {
        b.otherwise.erase(mode);
    } else {
        b.otherwise[mode] = b.got;
    }
}

/// A part of the file: lines that are kept as they are (comments, empty lines), or a block.
struct part {
    std::string text{};
    block test{};
};

[[noreturn]] void wrong_file(std::size_t line, const std::string& why) {
    throw std::runtime_error("line " + std::to_string(line) + ": " + why);
}

// --- the file ---

class file_reader {
public:
    explicit file_reader(const std::string& path) : file_(path) {
        if (!file_) {
            throw std::runtime_error("cannot read " + path);
        }
    }

    std::vector<part> read() {
        std::vector<part> all;
        while (next()) {
            if (line_.empty() || line_.starts_with('#')) {
                all.push_back({.text = line_ + "\n"});
            } else {
                all.push_back({.test = read_block()});
                if (file_) {
                    all.push_back({.text = "\n"});
                }
            }
        }
        return all;
    }

private:
    bool next() {
        ++number_;
        return static_cast<bool>(std::getline(file_, line_));
    }

    block read_block() {
        block b{.line = number_, .what = line_};
        bool found = false;
        while (!found && next() && !line_.empty()) {
            found = line_ == "----";
            if (line_.starts_with("with ")) {
                b.with = line_.substr(5);
            } else if (!found) {
                b.sql += (b.sql.empty() ? "" : "\n") + line_;
            }
        }
        if (!found) {
            wrong_file(b.line, "the block has no ----");
        }
        std::string* outcome = &b.expected;
        std::string modes;
        while (next() && !line_.empty()) {
            if (line_.starts_with("---- ")) {
                copy(modes, b);
                modes = line_.substr(5);
                outcome = &b.otherwise[modes.substr(0, modes.find(','))];
            } else {
                *outcome += line_ + "\n";
            }
        }
        copy(modes, b);
        return b;
    }

    /// Of "remote, replica" the second has what the first has.
    static void copy(const std::string& modes, block& b) {
        if (modes == "remote, replica") {
            b.otherwise["replica"] = b.otherwise["remote"];
        }
    }

    std::ifstream file_;
    std::string line_;
    std::size_t number_{0};
};

std::string written(const std::vector<part>& file) {
    std::string all;
    for (const auto& [text, b] : file) {
        all += text;
        if (!b.what.empty()) {
            all += b.what + "\n" + (b.sql.empty() ? "" : b.sql + "\n") +
                   (b.with.empty() ? "" : "with " + b.with + "\n") + "----\n" + b.expected;
            const auto remote = b.otherwise.find("remote");
            const auto replica = b.otherwise.find("replica");
            const auto none = b.otherwise.end();
            const bool alike =
                remote != none && replica != none && remote->second == replica->second;
            if (remote != none) {
                all += (alike ? "---- remote, replica\n" : "---- remote\n") + remote->second;
            }
            if (replica != none && !alike) {
                all += "---- replica\n" + replica->second;
            }
        }
    }
    return all;
}

// --- what came out, as text ---

/// On one line, and never an empty one: those end a block.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\\') {
            out += "\\\\";
        } else if (static_cast<unsigned char>(c) < ' ') {
            std::array<char, 5> code{};
            std::snprintf(code.data(), code.size(), "\\x%02x", static_cast<unsigned>(c));
            out += code.data();
        } else {
            out += c;
        }
    }
    return out;
}

template <class List, class Word>
std::string joined(const List& list, std::string_view between, Word word) {
    std::string out;
    bool first = true;
    for (const auto& item : list) {
        out += (first ? "" : std::string(between)) + word(item);
        first = false;
    }
    return out;
}

std::string described(const error& why) {
    std::string out = "error: " + std::string(to_string(why.kind()));
    if (why.extended_code() != 0) {
        out += " " + std::to_string(why.extended_code());
    }
    out += ": " + one_line(why.message()) + "\n";
    if (why.offset()) {
        const std::string_view from = std::string_view(why.sql()).substr(*why.offset());
        out += "  at byte " + std::to_string(*why.offset()) + ": " +
               one_line(from.substr(0, from.find('\n'))) + "\n";
    }
    if (const auto* c = why.constraint()) {
        const auto word = [](const std::string& s) { return s; };
        out += "  " + std::string(to_string(c->kind)) +
               (c->table.empty() ? "" : ", table " + c->table) +
               (c->columns.empty() ? "" : ", columns " + joined(c->columns, " ", word)) +
               (c->name.empty() ? "" : ", name " + c->name) + "\n";
    }
    return out;
}

std::string described(const std::vector<libsql::column>& columns) {
    if (columns.empty()) {
        return {};
    }
    return one_line(joined(columns, " | ", [](const libsql::column& c) { return c.name; })) + "\n";
}

std::string described(const std::vector<value>& row) {
    return one_line(joined(row, " | ", [](const value& v) { return v.to_sql(); })) + "\n";
}

std::string described(const libsql::execution& done) {
    return "affected " + std::to_string(done.rows_affected) +
           (done.rows_affected > 0 ? ", rowid " + std::to_string(done.last_insert_rowid) : "");
}

std::string in_transaction(const connection& c) {
    return c.is_autocommit() ? "\n" : ", in a transaction\n";
}

// --- running ---

/// The arguments of a block: the values of an SQL list. Those with an alias are named.
class argument_list {
public:
    explicit argument_list(const std::string& list) {
        if (list.empty()) {
            return;
        }
        if (list == "NaN") {  // SQL has none
            values_.emplace_back(std::numeric_limits<double>::quiet_NaN());
            return;
        }
        auto helper = libsql::database::open({.database = ":memory:"}).value().connect().value();
        auto found = helper.query("SELECT " + list).value();
        const auto columns = found.columns().value();
        found.next().value();
        for (std::size_t i = 0; i < columns.size(); ++i) {
            values_.push_back(found.current().get<value>(i));
            if (list.find(" AS ") != std::string::npos) {
                names_.push_back(columns[i].name);
            }
        }
    }

    template <class F>
    auto pass_to(const F& call) const {
        if (names_.empty()) {
            return call(libsql::positional(values_));
        }
        libsql::named all;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            all.add(names_[i], values_[i]);
        }
        return call(all);
    }

private:
    std::vector<value> values_;
    std::vector<std::string> names_;
};

result<std::string> run_query(connection& c, const block& b) {
    return argument_list(b.with).pass_to([&](const auto& arguments) -> result<std::string> {
        auto found = c.query(b.sql, arguments);
        if (!found) {
            return found.error();
        }
        std::string out = described(found->columns().value());
        for (auto& row : *found) {
            if (!row) {
                return row.error();
            }
            std::vector<value> values;
            values.reserve(row->size());
            for (std::size_t i = 0; i < row->size(); ++i) {
                values.push_back(row->template get<value>(i));
            }
            out += described(values);
        }
        if (found->rows_affected() > 0) {
            out += "affected " + std::to_string(found->rows_affected()) + "\n";
        }
        return out;
    });
}

result<std::string> run_exec(connection& c, const block& b) {
    return argument_list(b.with).pass_to([&](const auto& arguments) {
        return c.execute(b.sql, arguments).transform([&](const libsql::execution& done) {
            return described(done) + in_transaction(c);
        });
    });
}

result<std::string> run_script(connection& c, const block& b) {
    std::string out;
    const auto add = [&](const auto& columns, const auto& rows, const auto& executed) {
        out += described(columns);
        for (const auto& row : rows) {
            out += described(row);
        }
        if (columns.empty() || executed.rows_affected > 0) {
            out += described(executed) + "\n";
        }
    };
    const auto ran = c.run_script(b.sql);
    if (ran) {
        for (const auto& [columns, rows, executed] : *ran) {
            add(columns, rows, executed);
        }
        return out;
    }
    if (!ran.error().statement_index()) {
        return ran.error();
    }
    for (const auto& step : ran.error().completed()) {
        add(step.columns(), step.rows(), step.executed());
    }
    return out + described(ran.error());
}

result<std::string> run_error(connection& c, const block& b) {
    auto outcome = run_query(c, b);
    return outcome ? "it did not fail, and gave\n" + *outcome : described(outcome.error());
}

/// Name, type, and where it is from, of each column.
result<std::string> run_columns(connection& c, const block& b) {
    auto held = c.prepare(b.sql);
    if (!held) {
        return held.error();
    }
    return held->columns().transform([](const std::vector<libsql::column>& columns) {
        return joined(columns, "", [](const libsql::column& one) {
            return one_line(one.name) + " | " + one.declared_type.value_or("no type") + " | " +
                   (one.table ? *one.database + "." + *one.table + "." + *one.origin
                              : "an expression") +
                   "\n";
        });
    });
}

result<std::string> run_plan(connection& c, const block& b) {
    return argument_list(b.with).pass_to([&](const auto& arguments) {
        return libsql::explain_query_plan(c, b.sql, arguments).transform([](const auto& plan) {
            return to_string(plan);
        });
    });
}

result<std::string> run_dump(connection& c, const block&) {
    return libsql::dump(c);
}

void run(connection& c, block& b) {
    struct command {
        std::string_view name;
        result<std::string> (*run)(connection&, const block&);
    };

    constexpr std::array commands{command{"query", &run_query},   command{"exec", &run_exec},
                                  command{"script", &run_script}, command{"error", &run_error},
                                  command{"plan", &run_plan},     command{"columns", &run_columns},
                                  command{"dump", &run_dump}};
    for (const auto& [name, function] : commands) {
        if (name == b.what) {
            const auto outcome = function(c, b);
            b.got = outcome ? *outcome : described(outcome.error());
            return;
        }
    }
    wrong_file(b.line, "no such block: " + b.what);
}

/// Runs the file's blocks in order on a new database; the number of those that differ.
std::size_t run(std::vector<part>& file) {
    auto c = libsql::testing::fresh_database().connect().value();
    std::size_t wrong = 0;
    for (auto& [text, b] : file) {
        if (b.what.empty()) {
            continue;
        }
        run(c, b);
        if (b.got != expected_now(b)) {
            ++wrong;
            std::cout << "line " << b.line << ": " << b.what << " " << b.sql << "\nexpected:\n"
                      << expected_now(b) << "got:\n"
                      << b.got << "\n";
        }
    }
    return wrong;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool update = !arguments.empty() && arguments.front() == "--update";
    if (arguments.size() == (update ? 1U : 0U)) {
        std::cerr << "golden_test [--update] FILE...\n";
        return 2;
    }
    bool ok = true;
    for (std::size_t i = update ? 1 : 0; i < arguments.size(); ++i) {
        const std::string& path = arguments[i];
        try {
            auto file = file_reader(path).read();
            const std::size_t wrong = run(file);
            std::cout << path << ": " << wrong << " blocks differ\n";
            if (update && wrong > 0) {
                for (auto& [text, b] : file) {
                    accept(b);
                }
                std::ofstream(path) << written(file);
            }
            ok = ok && (update || wrong == 0);
        } catch (const std::exception& failed) {
            std::cout << path << ": " << failed.what() << "\n";
            ok = false;
        }
    }
    return ok ? 0 : 1;
}
