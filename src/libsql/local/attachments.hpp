#pragma once

#include <memory>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>

namespace libsql::local {

/// State that features keep with a connection: one object of each type. Used inside a call.
class attachments {
public:
    /// The object of type `T`, made by its default constructor on first use. Its address does not
    /// change.
    template <class T>
    T& get() {
        auto& slot = by_type_[std::type_index(typeid(T))];
        if (!slot) {
            slot = std::make_shared<T>();
        }
        return *static_cast<T*>(slot.get());
    }

    /// Destroys them all.
    void clear() noexcept { by_type_.clear(); }

private:
    std::unordered_map<std::type_index, std::shared_ptr<void>> by_type_;
};

}  // namespace libsql::local
