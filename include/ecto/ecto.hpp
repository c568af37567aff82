#pragma once

/// @file
/// @brief Everything of the data layer.

#include <ecto/datetime.hpp>
#include <ecto/decimal.hpp>
#include <ecto/enum.hpp>
#include <ecto/error.hpp>
#include <ecto/json.hpp>
#include <ecto/param.hpp>
#include <ecto/result.hpp>
#include <ecto/type.hpp>
#include <ecto/uuid.hpp>
