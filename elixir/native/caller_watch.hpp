#pragma once

#include "terms.hpp"

#include <erl_nif.h>

#include <functional>
#include <memory>

namespace nif {

/// While it exists, the end of the calling process interrupts the call. For calls that do not lock
/// a connection.
class caller_watch {
public:
    /// `interrupt` is called on the background thread once the process has ended, repeatedly until
    /// this object is destroyed, because an interrupt before the start of the operation may have no
    /// effect.
    caller_watch(ErlNifEnv* env, std::function<void()> interrupt);
    ~caller_watch();
    caller_watch(const caller_watch&) = delete;
    caller_watch& operator=(const caller_watch&) = delete;

    /// Registers the resource type with Erlang. False if Erlang refuses.
    static bool open_resource_type(ErlNifEnv* env);

private:
    struct call;

    static void drop(ErlNifEnv* env, void* memory);
    static void process_down(ErlNifEnv* env, void* memory, ErlNifPid* who, ErlNifMonitor* which);
    static void interrupt_until_over(const std::shared_ptr<call>& one);

    ErlNifEnv* env_;
    std::shared_ptr<call> call_;
    void* resource_;
    ErlNifMonitor monitor_{};
    bool monitors_{false};
};

}  // namespace nif
