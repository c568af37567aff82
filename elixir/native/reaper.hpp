#pragma once

#include <functional>

namespace nif::reaper {

/// Starts the thread that ends things. Once, when the library is loaded.
void start();

/// Does all that is left, then ends the thread.
void stop() noexcept;

/// Does `work` soon, on the reaper's thread: what may wait for a disk or a server must not be done
/// where Erlang's garbage collector calls.
void later(std::function<void()> work) noexcept;

}  // namespace nif::reaper
