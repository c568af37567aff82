#pragma once

/// @file
/// @brief Everything of the data layer.

#include <ecto/error.hpp>
#include <ecto/result.hpp>
