#include <libsql/argument.hpp>

#include <initializer_list>
#include <span>
#include <utility>

namespace libsql {

namespace detail {

argument_cells::argument_cells(const argument_cells& other) = default;
argument_cells::argument_cells(argument_cells&& other) noexcept = default;
argument_cells::~argument_cells() = default;

argument_cells& argument_cells::operator=(argument_cells other) noexcept {
    cells_.swap(other.cells_);
    copies_ = std::move(other.copies_);
    return *this;
}

void argument_cells::reserve(std::size_t count) {
    cells_.reserve(count);
}

void argument_cells::clear() noexcept {
    cells_.clear();
    copies_.clear();
}

}  // namespace detail

named::named(std::initializer_list<named_argument> arguments) {
    for (const auto& a : arguments) {
        if (a.converted.size() > 0) {
            add_copy(a.name, *a.converted.data());
        } else {
            add(a.name, a.cell);
        }
    }
}

named::named() noexcept = default;
named::named(const named& other) = default;
named::named(named&& other) noexcept = default;
named::~named() = default;

named& named::operator=(named other) noexcept {
    names_.swap(other.names_);
    cells_ = std::move(other.cells_);
    return *this;
}

positional::positional(std::span<const value> values) {
    reserve(values.size());
    for (const auto& v : values) {
        cells_.add(v);
    }
}

}  // namespace libsql
