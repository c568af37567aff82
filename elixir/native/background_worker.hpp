#pragma once

#include <functional>

/// @file
/// A thread for what may wait for a disk or a server, which must not be done where Erlang's garbage
/// collector and its signals call. One for all that have loaded this library.

namespace nif::background_worker {

/// Starts the thread for the first user of the library.
void start();

/// After the last user: does all that is left, then ends the thread.
void stop() noexcept;

/// Does `work` soon, on the background worker's thread, and again some milliseconds later until it
/// says true. It must not wait for a call that runs on a connection: others wait behind it.
void until(std::function<bool()> work) noexcept;

}  // namespace nif::background_worker
