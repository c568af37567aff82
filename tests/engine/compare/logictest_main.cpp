// Runs sqllogictest files on an engine: https://www.sqlite.org/sqllogictest says what they look
// like.
#include "engine.hpp"
#include "md5.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>

namespace {

using namespace libsql::compare;

struct record {
    bool query = false;
    bool fails = false;
    std::string types{};
    std::string sort{};
    std::string sql{};
    std::vector<std::string> expected{};
    int line = 0;
};

std::vector<std::string> words(const std::string& line) {
    std::istringstream stream(line.substr(0, line.find('#')));
    std::vector<std::string> result;
    for (std::string word; stream >> word;) {
        result.push_back(word);
    }
    return result;
}

class reader {
public:
    explicit reader(const std::string& path) : file_(path) {}

    std::vector<record> read() {
        std::vector<record> result;
        bool skipped = false;
        while (next()) {
            const std::vector<std::string> parts = words(text_);
            if (parts.empty()) {
                continue;
            }
            if (parts[0] == "halt" && !skipped) {
                break;
            }
            if (parts[0] == "skipif" || parts[0] == "onlyif") {
                skipped = skipped || (parts[0] == "skipif") == (parts[1] == "sqlite");
            } else if (parts[0] == "statement" || parts[0] == "query") {
                const record one = read_record(parts);
                if (!skipped) {
                    result.push_back(one);
                }
                skipped = false;
            } else {
                skipped = false;
            }
        }
        return result;
    }

private:
    bool next() {
        ++line_;
        if (!std::getline(file_, text_)) {
            return false;
        }
        if (!text_.empty() && text_.back() == '\r') {
            text_.pop_back();
        }
        return true;
    }

    record read_record(const std::vector<std::string>& parts) {
        record one;
        one.query = parts[0] == "query";
        one.fails = !one.query && parts[1] == "error";
        one.types = one.query ? parts[1] : "";
        one.sort = one.query && parts.size() > 2 ? parts[2] : "nosort";
        one.line = line_;
        while (next() && !text_.empty() && text_ != "----") {
            one.sql += text_ + "\n";
        }
        if (text_ == "----") {
            while (next() && !text_.empty()) {
                one.expected.push_back(text_);
            }
        }
        return one;
    }

    std::ifstream file_;
    std::string text_{};
    int line_ = 0;
};

std::string as_integer(const value& cell) {
    if (cell.type == 'R') {
        return std::to_string(static_cast<std::int64_t>(cell.real));
    }
    return std::to_string(cell.type == 'I' ? cell.integer
                                           : std::strtoll(cell.bytes.c_str(), nullptr, 10));
}

std::string as_real(const value& cell) {
    std::array<char, 400> text{};
    const double number = cell.type == 'R'   ? cell.real
                          : cell.type == 'I' ? static_cast<double>(cell.integer)
                                             : std::strtod(cell.bytes.c_str(), nullptr);
    std::snprintf(text.data(), text.size(), "%.3f", number);
    return text.data();
}

std::string as_text(const value& cell) {
    if (cell.type == 'I') {
        return std::to_string(cell.integer);
    }
    if (cell.type == 'R') {
        std::array<char, 40> text{};
        std::snprintf(text.data(), text.size(), "%.15g", cell.real);
        const std::string number = text.data();
        return number.find_first_of(".en") == std::string::npos ? number + ".0" : number;
    }
    std::string text = cell.bytes;
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '@');
    return text.empty() ? "(empty)" : text;
}

std::string shown(const value& cell, char type) {
    if (cell.type == 'N') {
        return "NULL";
    }
    return type == 'I' ? as_integer(cell) : type == 'R' ? as_real(cell) : as_text(cell);
}

std::vector<std::string> answer(const outcome& result, const record& one) {
    std::vector<std::vector<std::string>> rows;
    for (const row& cells : result.rows) {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            texts.push_back(shown(cells[i], i < one.types.size() ? one.types[i] : 'T'));
        }
        rows.push_back(texts);
    }
    if (one.sort == "rowsort") {
        std::ranges::sort(rows);
    }
    std::vector<std::string> values;
    for (const auto& texts : rows) {
        values.insert(values.end(), texts.begin(), texts.end());
    }
    if (one.sort == "valuesort") {
        std::ranges::sort(values);
    }
    return values;
}

bool as_expected(const outcome& result, const record& one) {
    if (result.too_long) {
        return false;
    }
    if (!one.query) {
        return (result.code != 0) == one.fails;
    }
    if (result.code != 0) {
        return false;
    }
    const std::vector<std::string> values = answer(result, one);
    if (one.expected.size() == 1 &&
        one.expected[0].find(" values hashing to ") != std::string::npos) {
        std::string all;
        for (const std::string& text : values) {
            all += text + "\n";
        }
        return one.expected[0] == std::to_string(values.size()) + " values hashing to " + md5(all);
    }
    return values == one.expected;
}

struct totals {
    long records = 0;
    long wrong = 0;
};

void run(const engine& tested, const std::string& path, totals& sums) {
    const std::vector<record> records = reader(path).read();
    script statements;
    for (const record& one : records) {
        statements.push_back({one.sql});
    }
    const std::vector<outcome> outcomes = tested.run(statements, plan::usual);
    for (std::size_t i = 0; i < records.size(); ++i) {
        ++sums.records;
        if (i < outcomes.size() && as_expected(outcomes[i], records[i])) {
            continue;
        }
        ++sums.wrong;
        std::printf("%s:%d: %s\n%s\n", path.c_str(), records[i].line, records[i].sql.c_str(),
                    i < outcomes.size() ? to_text(outcomes[i]).c_str() : "did not run");
    }
}

}  // namespace

int main(int count, char** arguments) {
    try {
        if (count < 3) {
            throw std::runtime_error("engine_logictest lib.so FILE...");
        }
        const engine tested(arguments[1], 100'000);
        totals sums;
        for (int i = 2; i < count; ++i) {
            run(tested, arguments[i], sums);
        }
        std::printf("%s: %d files, %ld records, %ld wrong\n", arguments[1], count - 2, sums.records,
                    sums.wrong);
        return sums.wrong == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
