#pragma once

#include "terms.hpp"

#include <erl_nif.h>

/// @file
/// The native functions that are not in nif.cpp, which lists them all. Each throws what it refuses.

namespace nif {

// hooks.cpp
term set_update_hook(ErlNifEnv* env, const term* arguments);
term set_authorizer(ErlNifEnv* env, const term* arguments);
term enable_extensions(ErlNifEnv* env, const term* arguments);
term load_extension(ErlNifEnv* env, const term* arguments);

// copies.cpp
term dump(ErlNifEnv* env, const term* arguments);
term load_dump(ErlNifEnv* env, const term* arguments);
term serialise(ErlNifEnv* env, const term* arguments);
term deserialise(ErlNifEnv* env, const term* arguments);
term back_up(ErlNifEnv* env, const term* arguments);

}  // namespace nif
