#include <ecto/query.hpp>

namespace ecto {

namespace detail {

bool row_reader::read(const type_ops& type, void* to) {
    wanted_ = nullptr;
    if (next_ >= count_) {
        return false;
    }
    if (!type.load(cells_[next_], to)) [[unlikely]] {
        wanted_ = &type;
        return false;
    }
    ++next_;
    return true;
}

bool row_reader::read(const schema_slot& slot, void* object) {
    for (const auto& f : slot.info().fields) {
        if (f.type != nullptr && !read(*f.type, f.in(object))) {
            return false;
        }
    }
    return true;
}

bool row_reader::is_there(const schema_slot& slot) noexcept {
    std::size_t width = 0;
    bool found = false;
    for (const auto& f : slot.info().fields) {
        if (f.type != nullptr) {
            const auto i = next_ + width++;
            found = found || i >= count_ || cells_[i].type != cell_type::null;
        }
    }
    next_ += found ? 0 : width;
    return found;
}

}  // namespace detail

void query_base::add(const expression& operand, detail::op clause) {
    words_.append(operand.ecto_words);
    words_.push(clause);
}

void query_base::add_number(std::int64_t number, detail::op clause) {
    detail::cell c{};
    detail::set_integer(c, number);
    words_.push_value(c, number >= 0);
    words_.push(clause);
}

void query_base::add_join(const condition& on, const detail::word& table) {
    words_.append(on.ecto_words);
    words_.push(table);
}

bool query_base::ecto_limits_rows() const noexcept {
    for (const auto* w = words_.begin(); w != words_.end(); w = detail::next(w)) {
        switch (w->code) {
            case detail::op::limit:
            case detail::op::offset:
            case detail::op::distinct:
            case detail::op::group_by:
            case detail::op::having:
                return true;
            default:
                break;
        }
    }
    return false;
}

bool query_base::has_table(const detail::word& table) const noexcept {
    for (const auto* w = words_.begin(); w != words_.end(); w = detail::next(w)) {
        const bool is_table = w->code == detail::op::from || w->code == detail::op::join;
        if (is_table && w->pointer == table.pointer && w->b == table.b) {
            return true;
        }
    }
    return false;
}

}  // namespace ecto
