#include "libsql/local/engine_handle.hpp"

#include "support/outcome.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

namespace libsql::local {
namespace {

using testing::is_error;

/// An open engine without a connection, in a call of this thread.
class opened_engine final : public call_gate::owner {
public:
    opened_engine() {
        engine.gate().enter();
        EXPECT_EQ(engine.open({.database = ":memory:"}, file_use::plain), SQLITE_OK);
    }

    ~opened_engine() {
        if (engine.handle() != nullptr) {
            engine.close();
        }
        engine.gate().leave();
    }

    std::shared_ptr<void> do_deferred_work() noexcept override {
        last = engine.take_callback_error();
        return nullptr;
    }

    int run(const char* sql) {
        return sqlite3_exec(engine.handle(), sql, nullptr, nullptr, nullptr);
    }

    std::chrono::milliseconds busy_timeout{0};
    engine_handle engine{busy_timeout, *this};
    std::optional<error> last;
};

TEST(engine_handle, is_closed_until_it_is_opened_and_again_afterwards) {
    class idle_owner final : public call_gate::owner {
        std::shared_ptr<void> do_deferred_work() noexcept override { return nullptr; }
    };

    idle_owner owner;
    std::chrono::milliseconds busy_timeout{0};
    engine_handle engine(busy_timeout, owner);
    EXPECT_EQ(engine.handle(), nullptr);
    ASSERT_EQ(engine.open({.database = ":memory:"}, file_use::replica), SQLITE_OK);
    EXPECT_NE(engine.handle(), nullptr);
    EXPECT_EQ(engine.use(), file_use::replica);
    EXPECT_FALSE(engine.is_open());  // the opener says when it is ready
    engine.set_open(true);
    EXPECT_TRUE(engine.is_open());
    engine.close();
    EXPECT_EQ(engine.handle(), nullptr);
}

TEST(engine_handle, an_open_that_fails_has_its_reason) {
    opened_engine other;
    std::chrono::milliseconds busy_timeout{0};
    engine_handle engine(busy_timeout, other);
    const int rc = engine.open({.database = "/nowhere/a.db"}, file_use::plain);
    EXPECT_TRUE(is_error(engine.make_error(rc), error_kind::cannot_open));
    engine.close();
}

TEST(engine_handle, makes_an_error_of_a_result_code) {
    opened_engine opened;
    const int rc = opened.run("SELECT * FROM missing");
    const auto why = opened.engine.make_error(rc, "SELECT * FROM missing");
    EXPECT_TRUE(is_error(why, error_kind::sql, "missing"));
    EXPECT_EQ(why.sql(), "SELECT * FROM missing");
    EXPECT_FALSE(opened.engine.is_broken());
    EXPECT_TRUE(is_error(opened.engine.make_error(SQLITE_CORRUPT), error_kind::corrupt));
    EXPECT_TRUE(opened.engine.is_broken());
}

TEST(engine_handle, the_first_error_of_a_callback_comes_first_and_once) {
    opened_engine opened;
    auto& engine = opened.engine;
    EXPECT_FALSE(engine.callback_has_failed());
    engine.callback_failed(error({.kind = error_kind::sql, .code = SQLITE_ERROR, .message = "a"}));
    engine.callback_failed(error({.kind = error_kind::sql, .code = SQLITE_ERROR, .message = "b"}));
    EXPECT_TRUE(engine.callback_has_failed());
    const int rc = opened.run("SELECT * FROM missing");
    EXPECT_TRUE(is_error(engine.make_error(rc), error_kind::sql, "a"));
    EXPECT_FALSE(engine.callback_has_failed());
    EXPECT_TRUE(is_error(engine.make_error(rc), error_kind::sql, "missing"));
}

TEST(engine_handle, what_was_already_done_does_not_hide_the_error_of_the_engine) {
    opened_engine opened;
    auto& engine = opened.engine;
    const error too_late(error_kind::sql, "after the fact");
    engine.callback_failed(too_late);
    const int rc = opened.run("SELECT * FROM missing");
    EXPECT_TRUE(is_error(engine.make_error(rc), error_kind::sql, "missing"));
    engine.callback_failed(too_late);
    EXPECT_TRUE(is_error(engine.make_error(SQLITE_DONE), error_kind::sql, "after the fact"));
}

TEST(engine_handle, an_error_of_a_callback_that_nobody_takes_ends_with_the_call) {
    opened_engine opened;
    opened.engine.callback_failed(error(error_kind::sql, "a"));
    opened.engine.gate().leave();
    ASSERT_TRUE(opened.last);
    EXPECT_EQ(opened.last->message(), "a");
    EXPECT_FALSE(opened.engine.callback_has_failed());
    ASSERT_TRUE(opened.engine.gate().enter());
}

TEST(engine_handle, a_callback_makes_its_statement_fail) {
    opened_engine opened;
    const auto fail = [](sqlite3_context* context, int, sqlite3_value**) {
        static_cast<engine_handle*>(sqlite3_user_data(context))
            ->fail_statement(error(error_kind::sql, "no"));
        sqlite3_result_int(context, 1);
    };
    ASSERT_EQ(sqlite3_create_function(opened.engine.handle(), "fail", 0, SQLITE_UTF8,
                                      &opened.engine, fail, nullptr, nullptr),
              SQLITE_OK);
    opened.run("CREATE TABLE t (a)");
    EXPECT_NE(opened.run("INSERT INTO t SELECT fail()"), SQLITE_OK);
    EXPECT_TRUE(opened.engine.callback_has_failed());
    opened.engine.take_callback_error();
    EXPECT_EQ(opened.run("INSERT INTO t VALUES (1)"), SQLITE_OK);
}

TEST(engine_handle, who_holds_it_has_no_deadline_afterwards) {
    class holder final : public dependant {
        void connection_closing() noexcept override {}
    };

    holder by;
    opened_engine opened;
    auto& engine = opened.engine;
    EXPECT_FALSE(engine.hold(by));
    engine.gate().leave();
    ASSERT_TRUE(engine.hold(by));
    engine.interruption().arm(deadline::in(std::chrono::hours(1)));
    engine.let_go();
    ASSERT_TRUE(engine.gate().enter());
    EXPECT_FALSE(engine.interruption().until().is_set());
}

TEST(engine_handle, keeps_attachments_until_it_closes) {
    struct attached {
        std::shared_ptr<int> kept;
    };

    opened_engine opened;
    auto& kept = opened.engine.attachment<attached>().kept;
    kept = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = kept;
    EXPECT_EQ(opened.engine.attachment<attached>().kept.use_count(), 1);
    opened.engine.close();
    EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace libsql::local
