#pragma once

#include <functional>

/// @file
/// A thread for work that may wait for a disk or a server. Such work must not be done in resource
/// destructors and monitor callbacks, which Erlang's garbage collector and signal handling call.
/// All users of this library share one thread.

namespace nif::background_worker {

/// Starts the thread for the first user of the library.
void start();

/// Call when the last user is gone: does all remaining work, then ends the thread.
void stop() noexcept;

/// Calls `work` soon on the background thread, and again some milliseconds later until it returns
/// true. It must not wait for a running call of a connection, because other work would wait, too.
void until(std::function<bool()> work) noexcept;

}  // namespace nif::background_worker
