#pragma once

#include <libsql/error.hpp>

#include <string>
#include <string_view>

namespace libsql::local {

/// The format of a file as it appears without a key.
enum class file_format : unsigned char { absent, plain, encrypted, other };

/// The format according to the first bytes of the file; `absent` also for one that is too short to
/// be a database.
file_format detect_format(const std::string& path);

/// Refines the error `why`, with which the engine did not accept `file` as a database: the kind is
/// `wrong_key` if the key is the cause, and the message names the file as `shown_as`.
error explain_not_a_database(const error& why, const std::string& file, std::string_view shown_as,
                             bool has_key);

}  // namespace libsql::local
