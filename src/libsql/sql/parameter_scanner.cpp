#include "libsql/sql/parameter_scanner.hpp"

#include "libsql/sql/sql_scanner.hpp"
#include "libsql/sql/statement_kind.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

namespace libsql {

namespace {

class numbering {
public:
    std::optional<parameter_error> add(std::string_view parameter) {
        if (parameter == "?") {
            return append({});
        }
        if (parameter.front() == '?') {
            return use_index(parameter);
        }
        const bool is_new = named_.insert(parameter).second;
        return is_new ? append(parameter) : std::nullopt;
    }

    std::vector<std::string_view> take_names() { return std::move(names_); }

private:
    std::optional<parameter_error> append(std::string_view name) {
        if (names_.size() == max_parameter_index) {
            return parameter_error::too_many_parameters;
        }
        names_.push_back(name);
        return std::nullopt;
    }

    // SQLite names an index after the first parameter that uses it: `:a`, `?1` or `?01`.
    std::optional<parameter_error> use_index(std::string_view parameter) {
        std::uint32_t index = 0;
        for (const char digit : parameter.substr(1)) {
            index = index * 10 + static_cast<std::uint32_t>(digit - '0');
            if (index > max_parameter_index) {
                return parameter_error::index_out_of_range;
            }
        }
        if (index == 0) {
            return parameter_error::index_out_of_range;
        }
        if (index > names_.size()) {
            names_.resize(index);
        }
        if (names_[index - 1].empty()) {
            names_[index - 1] = parameter;
        }
        return std::nullopt;
    }

    std::vector<std::string_view> names_;
    std::unordered_set<std::string_view> named_;
};

}  // namespace

parameter_list scan_parameters(std::string_view sql) {
    sql_scanner scanner(sql);
    // The module receives the arguments of a virtual table as text, so a `?` there is no parameter.
    if (classify_statement(scanner) == statement_kind::create_virtual_table) {
        return {};
    }
    numbering parameters;
    for (token next = scanner.next(); next.kind != token_kind::end; next = scanner.next()) {
        if (next.kind != token_kind::parameter) {
            continue;
        }
        if (const auto error = parameters.add(next.text)) {
            return {.names = {}, .error = error};
        }
    }
    return {.names = parameters.take_names(), .error = std::nullopt};
}

std::size_t parameter_index(std::string_view parameter, const std::vector<std::string_view>& names,
                            std::size_t highest) noexcept {
    if (parameter == "?") {
        return highest + 1;
    }
    if (parameter.front() == '?') {
        std::size_t index = 0;
        std::from_chars(parameter.data() + 1, parameter.data() + parameter.size(), index);
        return index;
    }
    const auto found = std::find(names.begin(), names.end(), parameter);
    return static_cast<std::size_t>(found - names.begin()) + 1;
}

}  // namespace libsql
