#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace libsql {

/// The highest index of a parameter: SQLite's default SQLITE_MAX_VARIABLE_NUMBER.
inline constexpr std::uint32_t max_parameter_index = 32766;

/// Why the parameters of a statement cannot be numbered.
enum class parameter_error : std::uint8_t {
    index_out_of_range,   ///< `?N` where N is not between 1 and `max_parameter_index`
    too_many_parameters,  ///< a parameter would get an index above `max_parameter_index`
};

/// The parameters of a statement. `names[i - 1]` is the name of the parameter with index `i`, with
/// its prefix (`:id`, `?3`), as `sqlite3_bind_parameter_name` returns it. It is empty if the
/// parameter is a plain `?` or the index is not used. After an error `names` is empty.
struct parameter_list {
    std::vector<std::string_view> names;
    std::optional<parameter_error> error;
};

/// Numbers the parameters of one statement (a `statement_piece::text`) as SQLite does: `?` takes
/// the index after the highest so far, `?N` the index N, a name (`:a`, `@a`, `$a`, `#a`) the index
/// after the highest so far when it first occurs and the same index from then on. Names differ by
/// case and by prefix.
///
/// For SQL text with syntax errors the result is meaningless. The names are views into `sql`, which
/// must outlive them. Linear in the length of the text and the highest index.
parameter_list scan_parameters(std::string_view sql);

/// The index of the parameter token `parameter` of a statement with these names, where `highest` is
/// the highest index before it.
std::size_t parameter_index(std::string_view parameter, const std::vector<std::string_view>& names,
                            std::size_t highest) noexcept;

}  // namespace libsql
