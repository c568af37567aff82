#pragma once

/// @file
/// The whole driver.

#include <libsql/argument.hpp>
#include <libsql/authorizer.hpp>
#include <libsql/batch.hpp>
#include <libsql/collation.hpp>
#include <libsql/column.hpp>
#include <libsql/connection.hpp>
#include <libsql/cursor.hpp>
#include <libsql/database.hpp>
#include <libsql/deadline.hpp>
#include <libsql/dump.hpp>
#include <libsql/encryption.hpp>
#include <libsql/error.hpp>
#include <libsql/executor.hpp>
#include <libsql/foreign_key.hpp>
#include <libsql/function.hpp>
#include <libsql/hooks.hpp>
#include <libsql/identifier.hpp>
#include <libsql/load_dump.hpp>
#include <libsql/options.hpp>
#include <libsql/pragma.hpp>
#include <libsql/result.hpp>
#include <libsql/result_set.hpp>
#include <libsql/row.hpp>
#include <libsql/rows.hpp>
#include <libsql/savepoint.hpp>
#include <libsql/script.hpp>
#include <libsql/statement.hpp>
#include <libsql/trace.hpp>
#include <libsql/transaction.hpp>
#include <libsql/value.hpp>
#include <libsql/value_view.hpp>
#include <libsql/vector.hpp>
#include <libsql/version.hpp>
