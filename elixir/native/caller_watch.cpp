#include "caller_watch.hpp"

#include "background_worker.hpp"
#include "resources.hpp"

#include <mutex>
#include <utility>

namespace nif {
namespace {

ErlNifResourceType* type = nullptr;

}  // namespace

/// State shared by the calling thread and the background thread.
struct caller_watch::call {
    explicit call(std::function<void()> by) : interrupt(std::move(by)) {}

    std::mutex mutex;
    std::function<void()> interrupt;  ///< empty when the call has ended
};

void caller_watch::interrupt_until_over(const std::shared_ptr<call>& one) {
    background_worker::until([one] {
        const std::lock_guard lock(one->mutex);
        if (one->interrupt) {
            one->interrupt();
        }
        return !one->interrupt;
    });
}

void caller_watch::drop(ErlNifEnv* /*env*/, void* memory) {
    std::destroy_at(static_cast<std::shared_ptr<call>*>(memory));
}

void caller_watch::process_down(ErlNifEnv* /*env*/, void* memory, ErlNifPid* /*who*/,
                                ErlNifMonitor* /*which*/) {
    interrupt_until_over(*static_cast<std::shared_ptr<call>*>(memory));
}

bool caller_watch::open_resource_type(ErlNifEnv* env) {
    type = nif::open_resource_type(env, "caller_watch", &drop, &process_down);
    return type != nullptr;
}

caller_watch::caller_watch(ErlNifEnv* env, std::function<void()> interrupt)
    : env_(env),
      call_(std::make_shared<call>(std::move(interrupt))),
      resource_(enif_alloc_resource(type, sizeof(call_))) {
    new (resource_) std::shared_ptr<call>(call_);
    ErlNifPid self;
    if (enif_self(env, &self) != nullptr) {
        monitors_ = enif_monitor_process(env, resource_, &self, &monitor_) == 0;
        if (!monitors_) {
            interrupt_until_over(call_);  // the process has already ended
        }
    }
}

caller_watch::~caller_watch() {
    if (monitors_) {
        enif_demonitor_process(env_, resource_, &monitor_);
    }
    {
        const std::lock_guard lock(call_->mutex);
        call_->interrupt = nullptr;
    }
    enif_release_resource(resource_);
}

}  // namespace nif
