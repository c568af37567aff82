#pragma once

/// @file
/// The whole driver.

#include <libsql/argument.hpp>
#include <libsql/batch.hpp>
#include <libsql/column.hpp>
#include <libsql/connection.hpp>
#include <libsql/cursor.hpp>
#include <libsql/database.hpp>
#include <libsql/ddl.hpp>
#include <libsql/deadline.hpp>
#include <libsql/error.hpp>
#include <libsql/executor.hpp>
#include <libsql/foreign_key.hpp>
#include <libsql/fts5.hpp>
#include <libsql/identifier.hpp>
#include <libsql/json.hpp>
#include <libsql/options.hpp>
#include <libsql/pragma.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>
#include <libsql/row.hpp>
#include <libsql/rows.hpp>
#include <libsql/rtree.hpp>
#include <libsql/savepoint.hpp>
#include <libsql/script.hpp>
#include <libsql/statement.hpp>
#include <libsql/transaction.hpp>
#include <libsql/value.hpp>
#include <libsql/vector.hpp>
#include <libsql/version.hpp>
