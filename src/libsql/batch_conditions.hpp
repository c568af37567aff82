#pragma once

#include <libsql/batch.hpp>
#include <libsql/error.hpp>

#include <optional>
#include <string_view>

namespace libsql {

/// Why a batch cannot be run, if so: a condition refers to its own step or to a later one.
std::optional<error> check_conditions(const batch& steps);

/// Whether `c` holds, after the steps that it refers to.
bool holds(const condition& c, const batch_result& so_far, bool is_autocommit);

/// The error of a step of a transactional batch that would end the transaction.
error ends_its_batch(std::string_view sql);

}  // namespace libsql
