#pragma once

#include "support/blog.hpp"
#include "support/test_database.hpp"

#include <ecto/repo.hpp>
#include <libsql/pool.hpp>

#include <utility>

namespace ecto::testing {

/// A repo on a new database of the mode, with the tables of the blog. Throws if something fails.
inline repo open_blog() {
    auto pool = libsql::pool::open(libsql::testing::shared_options(), {.pool_size = 3}).value();
    pool.write([](libsql::connection& c) { return c.run_script(blog_tables); }).value();
    return repo::on(std::move(pool)).value();
}

/// The SQL of a query, or the message of its error.
template <class Query>
std::string sql_of(const repo& on, const Query& q) {
    const auto text = on.to_sql(q);
    return text ? text->sql : text.error().message();
}

}  // namespace ecto::testing
