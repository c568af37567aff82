#include "libsql/local/dependants.hpp"

#include <gtest/gtest.h>

namespace libsql::local {
namespace {

class counted final : public dependant {
public:
    explicit counted(dependants& all) : all_(all) { all_.add(*this); }

    void connection_closing() noexcept override {
        ++times;
        all_.remove(*this);
        if (neighbour != nullptr) {
            all_.remove(*neighbour);
        }
    }

    int times{0};
    counted* neighbour{nullptr};

private:
    dependants& all_;
};

TEST(dependants, are_each_told_once_that_the_connection_closes) {
    dependants all;
    EXPECT_TRUE(all.empty());
    counted a(all);
    counted b(all);
    counted gone(all);
    all.remove(gone);
    all.remove(gone);
    EXPECT_FALSE(all.empty());
    all.close_all();
    EXPECT_TRUE(all.empty());
    all.close_all();
    EXPECT_EQ(a.times, 1);
    EXPECT_EQ(b.times, 1);
    EXPECT_EQ(gone.times, 0);
}

TEST(dependants, one_may_remove_another_when_it_ends) {
    dependants all;
    counted a(all);
    counted b(all);
    a.neighbour = &b;
    b.neighbour = &a;
    all.close_all();
    EXPECT_EQ(a.times + b.times, 1);
    EXPECT_TRUE(all.empty());
}

}  // namespace
}  // namespace libsql::local
