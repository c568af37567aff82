#pragma once

#include <libsql/error.hpp>

#include <string>
#include <string_view>

namespace libsql::local {

/// What a file looks like from outside, without a key.
enum class file_format : unsigned char { absent, plain, encrypted, other };

/// What the first bytes of the file say; `absent` also for one that is too short to be a database.
file_format detect_format(const std::string& path);

/// Tells apart why the engine took `file` for no database: `why`, with kind `wrong_key` where it is
/// the key's fault, and a message that names the file as `shown_as`.
error explain_not_a_database(const error& why, const std::string& file, std::string_view shown_as,
                             bool has_key);

}  // namespace libsql::local
