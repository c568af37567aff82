#include <libsql/auth_token.hpp>

#include <exception>

namespace libsql {

result<std::string> auth_token::get() const {
    if (!ask_) {
        return text_;
    }
    try {
        return ask_();
    } catch (const std::exception& e) {
        return error(error_kind::authentication,
                     std::string("the function that gives the token failed: ") + e.what());
    } catch (...) {
        return error(error_kind::authentication, "the function that gives the token failed");
    }
}

}  // namespace libsql
