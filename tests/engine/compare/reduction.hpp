#pragma once

#include "comparison.hpp"

#include <functional>

namespace libsql::compare {

/// A smaller script with the same kind of difference, by leaving out statements, then words of
/// those that are left. `differ` compares a script.
script reduce(const script& statements, const difference& found,
              const std::function<difference(const script&)>& differ);

}  // namespace libsql::compare
