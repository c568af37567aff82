// error: ecto_libsql needs C\+\+20
// std: c++17
#include <libsql/libsql.hpp>

int main() {}
