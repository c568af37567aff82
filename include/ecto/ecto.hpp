#pragma once

/// @file
/// @brief Everything of the data layer.

#include <ecto/datetime.hpp>
#include <ecto/decimal.hpp>
#include <ecto/enum.hpp>
#include <ecto/error.hpp>
#include <ecto/expression.hpp>
#include <ecto/functions.hpp>
#include <ecto/json.hpp>
#include <ecto/literal.hpp>
#include <ecto/param.hpp>
#include <ecto/query.hpp>
#include <ecto/repo.hpp>
#include <ecto/result.hpp>
#include <ecto/schema.hpp>
#include <ecto/type.hpp>
#include <ecto/uuid.hpp>
