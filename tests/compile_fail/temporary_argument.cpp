// error: use of deleted function
#include <libsql/argument.hpp>

#include <string>

int main() {
    libsql::positional arguments;
    arguments.add(std::string("it would be gone when the call is made"));
}
