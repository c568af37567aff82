#include "libsql/local/cipher.hpp"

namespace libsql::local {

void choose_cipher(sqlite3* db) noexcept {
    sqlite3mc_config(db, "cipher", sqlite3mc_cipher_index("aes256cbc"));
}

attaching_unmapped::attaching_unmapped(connection& c) noexcept : connection_(c) {
    const connection::forced_call inside(c);
    if (c.handle() != nullptr) {
        before_ = libsql_engine_map_attached(c.handle(), 0);
    }
}

attaching_unmapped::~attaching_unmapped() {
    const connection::forced_call inside(connection_);
    if (connection_.handle() != nullptr) {
        libsql_engine_map_attached(connection_.handle(), before_);
    }
}

}  // namespace libsql::local
