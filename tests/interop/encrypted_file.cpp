// Our side of the encryption test: `encrypted_file write|read|wrong <path> <key>`.
// `read` prints the rows that the other client prints too; `wrong` expects the key not to open the
// file.

#include <libsql/libsql.hpp>

#include <iostream>
#include <string_view>

namespace {

int write(libsql::connection& c) {
    auto t = c.begin(libsql::transaction_mode::immediate).value();
    t.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT, bytes BLOB, number REAL)").value();
    for (int i = 1; i <= 500; ++i) {
        t.execute("INSERT INTO t VALUES (?1, 'row ' || ?1, CAST('blob ' || ?1 AS BLOB), ?1 / 4.0)",
                  i)
            .value();
    }
    t.commit().value();
    return 0;
}

int read(libsql::connection& c) {
    auto rows =
        c.query("SELECT id || '|' || body || '|' || hex(bytes) || '|' || number FROM t ORDER BY id")
            .value();
    for (auto& row : rows) {
        std::cout << row->get<std::string_view>(0) << '\n';
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 4) {
        std::cerr << "usage: encrypted_file write|read|wrong <path> <key>\n";
        return 2;
    }
    const std::string_view what = arguments[1];
    const auto db =
        libsql::database::open({.database = arguments[2], .encryption_key = arguments[3]});
    if (what == "wrong") {
        return !db && db.error().kind() == libsql::error_kind::wrong_key ? 0 : 1;
    }
    auto c = db.value().connect().value();
    return what == "write" ? write(c) : read(c);

} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
