#include "libsql/local/cipher.hpp"

namespace libsql::local {

void choose_cipher(sqlite3* db) noexcept {
    sqlite3mc_config(db, "cipher", sqlite3mc_cipher_index("aes256cbc"));
}

}  // namespace libsql::local
