#pragma once

#include "libsql/remote/checked_statement.hpp"
#include "libsql/remote/hrana.hpp"

#include <libsql/batch.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace libsql::remote {

/// How a batch is sent in one request: its steps, and those added around them.
struct batch_plan {
    hrana::batch_request request;
    std::size_t first{0};            ///< the step in `request` that is the first of the batch
    std::optional<std::size_t> end;  ///< the step that ends a transactional batch: its COMMIT
};

/// Plans `steps`, whose statements are `checked`. `begin`: a BEGIN to be sent before them, or
/// empty. `nested`: a transaction will be open by then; `has_handle`: it belongs to a `transaction`
/// object. A step inside a transaction is sent under the condition that one is open.
batch_plan plan_batch(const batch& steps, const std::vector<checked_statement>& checked,
                      batch_mode mode, std::string_view begin, bool nested, bool has_handle);

}  // namespace libsql::remote
