#pragma once

#include <string>

namespace libsql::compare {

/// MD5 in hexadecimal digits: sqllogictest files hold it instead of long results.
std::string md5(const std::string& bytes);

}  // namespace libsql::compare
