#pragma once

#include "libsql/backend/backend.hpp"

#include <libsql/executor.hpp>
#include <libsql/result.hpp>

#include <memory>

namespace libsql::detail {

/// What internals may access of a public handle.
struct access {
    static result<backend*> usable(const executor& e) { return e.usable(); }

    static const std::shared_ptr<backend>& shared(const executor& e) { return e.backend_; }
};

/// True if the database of `e`, or a replica of it, is in this process. False for a closed handle.
inline bool works_here(const executor& e) noexcept {
    const auto& found = access::shared(e);
    return found != nullptr && found->local_part() != nullptr;
}

}  // namespace libsql::detail
