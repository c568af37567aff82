#include "comparison.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace libsql::compare {

namespace {

using kind = difference::kind;

std::string exact(const value& cell) {
    if (cell.type == 'R') {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &cell.real, sizeof bits);
        return "R" + std::to_string(bits);
    }
    return to_text(cell);
}

// The same for all that some collation or comparison of SQL calls equal.
std::string folded(const value& cell) {
    if (cell.type == 'R' || cell.type == 'I') {
        const double number = cell.type == 'R' ? cell.real : static_cast<double>(cell.integer);
        std::array<char, 40> text{};
        std::snprintf(text.data(), text.size(), "%.12g", number == 0 ? 0.0 : number);
        return text.data();
    }
    std::string text = cell.bytes;
    for (char& byte : text) {
        byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
    }
    std::erase(text, ' ');
    return cell.type + text;
}

// As `folded`, and each number with a point or an exponent in a text has 12 digits.
std::string rounded(const value& cell) {
    const std::string text = folded(cell);
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const bool starts = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
        char* end = nullptr;
        const double number = starts ? std::strtod(text.c_str() + i, &end) : 0;
        const std::size_t length = starts ? static_cast<std::size_t>(end - (text.c_str() + i)) : 1;
        const std::string part = text.substr(i, length);
        if (starts && part.find_first_of(".e") != std::string::npos) {
            std::array<char, 40> digits{};
            std::snprintf(digits.data(), digits.size(), "%.12g", number);
            result += digits.data();
        } else {
            result += part;
        }
        i += length;
    }
    return result;
}

std::vector<std::string> lines(const outcome& result, std::string (*form)(const value&)) {
    std::vector<std::string> all;
    for (const row& cells : result.rows) {
        std::string line;
        for (const value& cell : cells) {
            line += form(cell) + "|";
        }
        all.push_back(line);
    }
    return all;
}

std::vector<std::string> sorted(std::vector<std::string> all) {
    std::ranges::sort(all);
    return all;
}

kind compare_rows(const outcome& left, const outcome& right, row_order order) {
    const auto one = lines(left, folded);
    const auto other = lines(right, folded);
    if (sorted(one) != sorted(other)) {
        return sorted(lines(left, rounded)) == sorted(lines(right, rounded)) ? kind::digits
                                                                             : kind::rows;
    }
    if (order != row_order::any && one != other) {
        return kind::sequence;
    }
    if (sorted(lines(left, exact)) != sorted(lines(right, exact))) {
        return kind::equal_rows;
    }
    return kind::none;
}

kind compare_outcomes(const outcome& left, const outcome& right, row_order order) {
    if (left.too_long || right.too_long) {
        return kind::too_long;
    }
    if (left.code != right.code) {
        return kind::codes;
    }
    const kind rows = compare_rows(left, right, order);
    if (rows != kind::none) {
        return rows;
    }
    // How far a statement came that failed is its plan's.
    const bool same =
        left.in_transaction == right.in_transaction &&
        (left.code != 0 || (left.changes == right.changes && left.last_rowid == right.last_rowid));
    return same ? kind::none : kind::counts;
}

difference found(kind what, std::size_t statement, const outcome& left, const outcome& right) {
    return {what, statement, to_text(left), to_text(right)};
}

// An outcome of choice is no fault, but later statements may see it.
bool excused(kind what, const std::string& sql) {
    return what == kind::digits || (what == kind::equal_rows && chooses_among_equals(sql));
}

bool only_reads(const std::string& sql) {
    return (sql.starts_with("SELECT") || sql.starts_with("WITH") || sql.starts_with("VALUES")) &&
           sql.find("sqlite_schema") == std::string::npos;
}

}  // namespace

const char* name_of(difference::kind what) {
    constexpr std::array names{"none",     "codes",  "rows",       "digits",   "equal_rows",
                               "sequence", "counts", "equivalent", "too_long", "crash"};
    return names[static_cast<std::size_t>(what)];
}

bool chooses_among_equals(const std::string& sql) {
    constexpr std::array words{"DISTINCT", "GROUP BY", "UNION", "INTERSECT", "EXCEPT",
                               "min(",     "max(",     "LIMIT", "OVER",      "FROM v",
                               "JOIN v",   ", v",      "sum(",  "avg(",      "total("};
    return std::ranges::any_of(
        words, [&](const char* word) { return sql.find(word) != std::string::npos; });
}

difference compare(const engine& ours, const engine& theirs, const script& statements) {
    const std::vector<outcome> left = ours.run(statements, plan::usual);
    const std::vector<outcome> right = theirs.run(statements, plan::usual);
    std::size_t at = 0;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        for (int part = statements[i].equivalent.empty() ? 1 : 0; part < 2; ++part, ++at) {
            if (at >= left.size() || at >= right.size()) {
                return {kind::too_long, i};
            }
            const kind what = compare_outcomes(left[at], right[at], statements[i].order);
            if (what != kind::none && !excused(what, statements[i].sql)) {
                return found(what, i, left[at], right[at]);
            }
        }
    }
    return {};
}

difference compare_plans(const engine& ours, const script& statements) {
    const std::vector<outcome> usual = ours.run(statements, plan::usual);
    const std::vector<outcome> plain = ours.run(statements, plan::plain);
    std::size_t at = 0;
    for (std::size_t i = 0; i < statements.size(); ++i) {
        const statement& one = statements[i];
        const std::size_t next = at + (one.equivalent.empty() ? 1 : 2);
        if (next > usual.size() || next > plain.size()) {
            return {kind::too_long, i};
        }
        if (next == at + 2 && usual[at].code == 0 && usual[at + 1].code == 0) {
            const kind what = compare_rows(usual[at], usual[at + 1], row_order::any);
            if (what != kind::none && !excused(what, one.sql)) {
                return found(kind::equivalent, i, usual[at], usual[at + 1]);
            }
        }
        // From here on they are not the same database, or its rows have other rowids.
        if (usual[at].code != plain[at].code || one.sql == "VACUUM" ||
            (!only_reads(one.sql) && usual[at].changes != plain[at].changes)) {
            return {};
        }
        const bool ran = usual[at].code == 0 && plain[at].code == 0 && only_reads(one.sql);
        const kind what = ran ? compare_rows(usual[at], plain[at], one.order) : kind::none;
        if (what != kind::none && !excused(what, one.sql)) {
            return found(what, i, usual[at], plain[at]);
        }
        at = next;
    }
    return {};
}

}  // namespace libsql::compare
