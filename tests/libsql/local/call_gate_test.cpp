#include "libsql/local/call_gate.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

namespace libsql::local {
namespace {

/// The owner of a gate. Its deferred work is `work`.
class gate_owner final : public call_gate::owner {
public:
    std::shared_ptr<void> do_deferred_work() noexcept override {
        ++times;
        return work ? work() : nullptr;
    }

    int times{0};
    std::function<std::shared_ptr<void>()> work;
    call_gate gate{*this};
};

/// Counts how often it was told that the connection is closing, and lets go then.
class holder final : public dependant {
public:
    explicit holder(call_gate& gate) : gate_(gate) {}

    void connection_closing() noexcept override {
        ++told;
        gate_.let_go();
    }

    int told{0};

private:
    call_gate& gate_;
};

/// What `f` returns on another thread.
bool elsewhere(const std::function<bool()>& f) {
    bool found = false;
    std::thread([&] { found = f(); }).join();
    return found;
}

/// A call can enter, and leaves again.
bool is_free(call_gate& gate) {
    const bool entered = gate.enter();
    if (entered) {
        gate.leave();
    }
    return entered;
}

TEST(call_gate, lets_one_call_in_at_a_time) {
    gate_owner owner;
    auto& gate = owner.gate;
    ASSERT_TRUE(gate.enter());
    EXPECT_FALSE(gate.enter());
    EXPECT_FALSE(elsewhere([&] { return gate.enter(); }));
    gate.leave();
    EXPECT_TRUE(is_free(gate));
    EXPECT_EQ(owner.times, 0);
}

TEST(call_gate, knows_whose_call_it_is) {
    gate_owner owner;
    auto& gate = owner.gate;
    EXPECT_FALSE(gate.is_mine());
    ASSERT_TRUE(gate.enter());
    EXPECT_TRUE(gate.is_mine());
    EXPECT_FALSE(elsewhere([&] { return gate.is_mine(); }));
    gate.leave();
    EXPECT_FALSE(gate.is_mine());
}

TEST(call_gate, a_nested_call_is_not_a_call_of_its_own) {
    gate_owner owner;
    auto& gate = owner.gate;
    ASSERT_TRUE(gate.enter());
    EXPECT_FALSE(gate.enter_or_nested());
    { const forced_call inside(gate); }
    EXPECT_TRUE(gate.is_mine());
    gate.leave();
    {
        const forced_call outside(gate);
        EXPECT_TRUE(gate.is_mine());
    }
    EXPECT_FALSE(gate.is_mine());
}

TEST(call_gate, a_forced_call_waits_for_that_of_another_thread) {
    gate_owner owner;
    auto& gate = owner.gate;
    ASSERT_TRUE(gate.enter());
    std::atomic<bool> started{false};
    std::atomic<bool> entered{false};
    std::thread other([&] {
        started = true;
        const forced_call inside(gate);
        entered = true;
    });
    while (!started) {
        std::this_thread::yield();
    }
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20));  // time for a gate that does not wait
    EXPECT_FALSE(entered);
    gate.leave();
    other.join();
    EXPECT_TRUE(entered);
}

TEST(call_gate, calls_of_many_threads_never_overlap) {
    gate_owner owner;
    auto& gate = owner.gate;
    int counted = 0;  // not atomic: the gate orders what the threads do
    std::thread other([&] {
        for (int i = 0; i < 1000; ++i) {
            const forced_call inside(gate);
            ++counted;
        }
    });
    for (int i = 0; i < 1000; ++i) {
        const forced_call inside(gate);
        ++counted;
    }
    other.join();
    EXPECT_EQ(counted, 2000);
}

TEST(call_gate, who_holds_it_keeps_others_out_until_it_lets_go) {
    gate_owner owner;
    auto& gate = owner.gate;
    holder by(gate);
    ASSERT_TRUE(gate.enter());
    EXPECT_FALSE(gate.hold(by));
    gate.leave();
    ASSERT_TRUE(gate.hold(by));
    EXPECT_FALSE(gate.enter());
    EXPECT_FALSE(gate.enter_or_nested());
    EXPECT_FALSE(elsewhere([&] { return gate.enter_or_nested(); }));  // does not wait
    gate.let_go();
    EXPECT_TRUE(is_free(gate));
}

TEST(call_gate, tells_who_holds_it_that_the_connection_is_closing) {
    gate_owner owner;
    holder by(owner.gate);
    owner.gate.end_hold();
    EXPECT_EQ(by.told, 0);
    ASSERT_TRUE(owner.gate.hold(by));
    owner.gate.end_hold();
    EXPECT_EQ(by.told, 1);
    EXPECT_TRUE(is_free(owner.gate));
}

TEST(call_gate, deferred_work_is_done_once_inside_the_call_at_its_end) {
    gate_owner owner;
    auto& gate = owner.gate;
    bool inside = false;
    owner.work = [&] {
        inside = gate.is_mine() && !gate.enter();
        return nullptr;
    };
    ASSERT_TRUE(gate.enter());
    gate.defer();
    gate.defer();
    EXPECT_EQ(owner.times, 0);
    gate.leave();
    EXPECT_EQ(owner.times, 1);
    EXPECT_TRUE(inside);
    EXPECT_TRUE(is_free(gate));
    EXPECT_EQ(owner.times, 1);
}

TEST(call_gate, work_that_is_deferred_by_deferred_work_is_done_too) {
    gate_owner owner;
    auto& gate = owner.gate;
    owner.work = [&] {
        if (owner.times < 3) {
            gate.defer();
        }
        return nullptr;
    };
    ASSERT_TRUE(gate.enter());
    gate.defer();
    gate.leave();
    EXPECT_EQ(owner.times, 3);
    EXPECT_TRUE(is_free(gate));
}

TEST(call_gate, what_deferred_work_returns_may_own_the_gate) {
    bool was_left = false;
    std::shared_ptr<gate_owner> owner(new gate_owner, [&](gate_owner* made) {
        was_left = !made->gate.is_mine();
        delete made;
    });
    owner->work = [&] { return std::exchange(owner, nullptr); };
    const std::weak_ptr<gate_owner> watched = owner;
    auto& gate = owner->gate;
    ASSERT_TRUE(gate.enter());
    gate.defer();
    gate.leave();
    EXPECT_TRUE(watched.expired());
    EXPECT_TRUE(was_left);
}

TEST(call_gate, is_closed_in_the_child_of_a_fork) {
    gate_owner owner;
    auto& gate = owner.gate;
    const auto child = ::fork();
    if (child == 0) {
        const bool entered = gate.enter() || gate.enter_or_nested();
        ::_exit(entered ? 1 : 0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_TRUE(is_free(gate));
}

}  // namespace
}  // namespace libsql::local
