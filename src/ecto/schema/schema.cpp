#include <ecto/schema.hpp>

#include <array>
#include <charconv>

namespace ecto::detail {

namespace {

std::string value_text(const cell& c) {
    switch (c.type) {
        case cell_type::integer:
            return std::to_string(c.integer);
        case cell_type::real: {
            std::array<char, 32> text{};
            return {text.data(), std::to_chars(text.data(), text.data() + text.size(), c.real).ptr};
        }
        case cell_type::text:
            return '"' + std::string(bytes_of(c)) + '"';
        case cell_type::blob:
            return std::to_string(c.size) + " bytes";
        default:
            return "NULL";
    }
}

std::string value_text(const field& f, const void* object) {
    if (f.is(field_flag::redact)) {
        return "(redacted)";
    }
    if (f.type == nullptr) {
        return "(virtual)";
    }
    arena room;
    cell c{};
    return f.type->dump(f.in(object), c, room) ? value_text(c) : "(cannot be stored)";
}

}  // namespace

const field* schema_info::find(std::uint32_t offset) const noexcept {
    for (const auto& f : fields) {
        if (f.offset == offset) {
            return &f;
        }
    }
    return nullptr;
}

const schema_info& schema_slot::info() const {
    if (const auto* there = made.load(std::memory_order_acquire)) {
        return *there;
    }
    auto fresh = std::make_unique<schema_info>();
    describe(*fresh);
    const schema_info* none = nullptr;
    // Another thread may have been faster.
    return made.compare_exchange_strong(none, fresh.get()) ? *fresh.release() : *none;
}

void add_field(schema_info& to, std::string_view name, std::uint32_t offset, const type_ops* type,
               const field_option& option) {
    const auto column = option.column.empty() ? name : option.column;
    for (const auto& other : to.fields) {
        if (type != nullptr && other.type != nullptr && other.column == column) {
            to.problem = "the schema of " + std::string(to.table) + " has the column " +
                         std::string(column) + " twice";
        }
    }
    to.fields.push_back({name, column, type, offset, option.flags, option.generate});
}

std::string inspect(const schema_slot& slot, const void* object) {
    const auto& info = slot.info();
    std::string text(info.table);
    text += '{';
    for (const auto& f : info.fields) {
        text += text.back() == '{' ? "" : ", ";
        text += std::string(f.name) + ": " + value_text(f, object);
    }
    return text + '}';
}

}  // namespace ecto::detail
