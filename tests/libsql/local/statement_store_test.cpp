#include "libsql/local/statement_store.hpp"

#include "libsql/local/connection.hpp"
#include "libsql/local/hot_path.hpp"
#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string_view>
#include <thread>

namespace libsql::local {
namespace {

using testing::failed_with;
using testing::succeeded;

/// The statements of a connection, in a call of this thread.
class statement_store_test : public ::testing::Test {
protected:
    void use_cache_of(std::size_t size) {
        inside.reset();
        owner = connection::open({.database = ":memory:", .statement_cache_size = size}).value();
        inside.emplace(*owner);
        owner->statements().drop_unused();  // those of the opening
    }

    void SetUp() override { use_cache_of(4); }

    /// How many statements the engine has.
    [[nodiscard]] int count() const {
        int found = 0;
        for (sqlite3_stmt* s = nullptr; (s = sqlite3_next_stmt(owner->handle(), s)) != nullptr;) {
            ++found;
        }
        return found;
    }

    compiled_statement& acquire(std::string_view sql) {
        return *owner->statements().acquire(sql).value();
    }

    /// A statement with a reader, at its first row.
    compiled_statement& read(std::string_view sql) {
        auto& s = acquire(sql);
        EXPECT_TRUE(s.open({}, deadline()));
        owner->statements().add_reader(s);
        return s;
    }

    compiled_statement& hold(std::string_view sql) {
        return *owner->statements().acquire_for_holder(sql).value();
    }

    std::shared_ptr<connection> owner;
    std::optional<call> inside;
};

TEST_F(statement_store_test, a_statement_that_is_idle_is_found_again) {
    auto& store = owner->statements();
    EXPECT_EQ(store.find_idle("SELECT 1"), nullptr);
    auto& s = acquire("SELECT 1");
    EXPECT_EQ(store.find_idle("SELECT 1"), &s);
    EXPECT_EQ(&acquire("SELECT 1"), &s);
    store.drop_uncached(s);  // it is cached
    EXPECT_EQ(count(), 1);
}

TEST_F(statement_store_test, one_that_is_read_is_not_given_to_another) {
    auto& store = owner->statements();
    auto& s = read("SELECT 1");
    EXPECT_TRUE(store.has_readers());
    EXPECT_EQ(store.find_idle("SELECT 1"), nullptr);
    auto& other = acquire("SELECT 1");
    EXPECT_NE(&other, &s);
    EXPECT_FALSE(other.cached);
    store.drop_uncached(other);
    EXPECT_EQ(count(), 1);
    store.release(s);
    EXPECT_FALSE(store.has_readers());
    EXPECT_EQ(store.find_idle("SELECT 1"), &s);
}

TEST_F(statement_store_test, without_a_cache_one_ends_with_its_reader) {
    use_cache_of(0);
    auto& s = read("SELECT 1");
    EXPECT_EQ(count(), 1);
    owner->statements().release(s);
    EXPECT_EQ(count(), 0);
}

TEST_F(statement_store_test, one_that_is_evicted_while_it_is_read_ends_with_its_reader) {
    use_cache_of(1);
    auto& s = read("SELECT 1");
    acquire("SELECT 2");
    EXPECT_FALSE(s.cached);
    EXPECT_EQ(count(), 2);
    owner->statements().release(s);
    EXPECT_EQ(count(), 1);
    acquire("SELECT 3");
    EXPECT_EQ(count(), 1);
}

TEST_F(statement_store_test, readers_are_ended_together) {
    auto& store = owner->statements();
    auto& first = read("SELECT 1");
    auto& second = read("SELECT 2");
    auto& third = read("SELECT 3");
    store.release(second);
    store.end_transaction_readers();  // none of them is in a transaction
    store.end_readers(error_kind::interrupted);
    inside.reset();
    EXPECT_EQ(first.step(), detail::step_status::failed);
    EXPECT_EQ(first.take_error().kind(), error_kind::interrupted);
    EXPECT_EQ(third.step(), detail::step_status::failed);
    inside.emplace(*owner);
    store.release(first);
    store.release(third);
    EXPECT_FALSE(store.has_users());
}

TEST_F(statement_store_test, readers_of_a_transaction_end_with_it) {
    auto& store = owner->statements();
    auto& before = read("SELECT 1");
    owner->transaction_began(false);
    auto& within = read("SELECT 2");
    owner->transaction_ended();
    store.end_transaction_readers();
    inside.reset();
    EXPECT_EQ(before.step(), detail::step_status::row);
    EXPECT_EQ(within.step(), detail::step_status::failed);
    EXPECT_EQ(within.take_error().kind(), error_kind::transaction);
    inside.emplace(*owner);
    store.release(before);
    store.release(within);
}

TEST_F(statement_store_test, only_an_interrupt_ends_interrupted_readers) {
    auto& store = owner->statements();
    auto& s = read("SELECT 1 UNION SELECT 2");
    inside.reset();
    EXPECT_EQ(s.step(), detail::step_status::row);
    inside.emplace(*owner);
    store.end_interrupted_readers();
    inside.reset();
    EXPECT_EQ(s.step(), detail::step_status::row);
    owner->interrupt();
    inside.emplace(*owner);
    store.end_interrupted_readers();
    EXPECT_TRUE(succeeded(owner->execute_inside("SELECT 3", {})));
    inside.reset();
    EXPECT_EQ(s.step(), detail::step_status::failed);
    EXPECT_EQ(s.take_error().kind(), error_kind::interrupted);
    inside.emplace(*owner);
    store.release(s);
}

TEST_F(statement_store_test, one_is_held_by_one_holder_and_comes_back) {
    auto& store = owner->statements();
    auto& s = acquire("SELECT ?");
    auto& held = hold("SELECT ?");
    EXPECT_EQ(&held, &s);
    EXPECT_TRUE(held.held);
    EXPECT_TRUE(store.has_users());
    EXPECT_FALSE(store.has_readers());
    EXPECT_EQ(store.find_idle("SELECT ?"), nullptr);
    auto& other = hold("SELECT ?");
    EXPECT_NE(&other, &s);
    store.remove_holder(held);
    store.release_held(held);
    EXPECT_EQ(store.find_idle("SELECT ?"), &s);
    store.remove_holder(other);
    store.release_held(other);  // the cache has one already
    EXPECT_EQ(count(), 1);
    EXPECT_FALSE(store.has_users());
}

TEST_F(statement_store_test, one_that_is_no_longer_held_ends_with_its_reader) {
    auto& store = owner->statements();
    auto& s = hold("SELECT 1");
    ASSERT_TRUE(s.open({}, deadline()));
    store.add_reader(s);
    store.remove_holder(s);
    store.release_held(s);
    EXPECT_EQ(count(), 1);
    store.release(s);
    EXPECT_EQ(count(), 0);
}

TEST_F(statement_store_test, a_release_inside_a_call_is_done_after_it) {
    use_cache_of(0);
    auto& s = read("SELECT 1");
    s.release();  // as from a callback
    EXPECT_EQ(count(), 1);
    EXPECT_TRUE(owner->statements().has_readers());
    inside.reset();
    inside.emplace(*owner);
    EXPECT_EQ(count(), 0);
    EXPECT_FALSE(owner->statements().has_readers());
}

TEST_F(statement_store_test, what_is_dropped_before_the_end_of_the_call_is_not_released_again) {
    auto& store = owner->statements();
    auto& s = hold("SELECT 1");
    s.discard();  // as from a callback
    EXPECT_EQ(count(), 1);
    store.drop_unused();
    EXPECT_EQ(count(), 0);
    store.do_releases();
    EXPECT_FALSE(store.has_users());
}

TEST_F(statement_store_test, detached_statements_are_released_from_any_thread) {
    auto& store = owner->statements();
    auto& held = hold("SELECT 1");
    auto& s = read("SELECT 2");
    store.detach_used();
    store.detach_used();
    EXPECT_TRUE(held.is_detached());
    EXPECT_TRUE(s.is_detached());
    std::thread([&] {
        held.discard();
        s.release();
    }).join();
    EXPECT_TRUE(store.has_users());
    store.do_detached_releases();
    EXPECT_FALSE(store.has_users());
    EXPECT_FALSE(s.is_detached());  // it is cached, for the next user
    EXPECT_EQ(store.find_idle("SELECT 2"), &s);
    EXPECT_EQ(count(), 1);
}

TEST_F(statement_store_test, what_nobody_uses_is_dropped) {
    auto& store = owner->statements();
    acquire("SELECT 1");
    auto& s = read("SELECT 2");
    auto& held = hold("SELECT 3");
    EXPECT_EQ(count(), 3);
    store.drop_unused();
    EXPECT_EQ(count(), 2);
    EXPECT_FALSE(s.cached);
    store.release(s);
    store.remove_holder(held);
    store.release_held(held);
    EXPECT_EQ(count(), 1);  // the one that was held went to the cache
}

TEST_F(statement_store_test, all_lose_their_engines_part_when_the_connection_closes) {
    auto& store = owner->statements();
    acquire("SELECT 1");
    auto& held = hold("SELECT 2");
    store.finalise_all();
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(held.handle(), nullptr);
    inside.reset();
    EXPECT_TRUE(failed_with(held.execute({}, {}), error_kind::closed));
    held.discard();
    EXPECT_FALSE(store.has_users());
}

TEST_F(statement_store_test, an_error_leaves_no_statement) {
    EXPECT_TRUE(failed_with(owner->statements().acquire("SELEC 1"), error_kind::sql));
    EXPECT_TRUE(failed_with(owner->statements().acquire_for_holder("SELEC 1"), error_kind::sql));
    EXPECT_EQ(count(), 0);
    EXPECT_FALSE(owner->statements().has_users());
}

}  // namespace
}  // namespace libsql::local
