#pragma once

#include "terms.hpp"

#include <erl_nif.h>

#include <functional>
#include <memory>

namespace nif {

/// While it lives, the end of the calling process ends what it does: for calls that do not lock
/// a connection.
class caller_watch {
public:
    /// `interrupt` is called on the background worker's thread when the process has ended, again
    /// and again until this is destroyed: an interrupt that comes before a call has begun may have
    /// no effect.
    caller_watch(ErlNifEnv* env, std::function<void()> interrupt);
    ~caller_watch();
    caller_watch(const caller_watch&) = delete;
    caller_watch& operator=(const caller_watch&) = delete;

    /// Makes its type known to Erlang; false when it refuses.
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
