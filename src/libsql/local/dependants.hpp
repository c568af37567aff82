#pragma once

#include <unordered_set>

namespace libsql::local {

/// An object of the engine that must end before its connection does: a blob handle, a backup.
class dependant {
public:
    dependant(const dependant&) = delete;
    dependant& operator=(const dependant&) = delete;

    /// Called when the connection is closing: free the engine's objects now.
    virtual void connection_closing() noexcept = 0;

protected:
    dependant() = default;
    ~dependant() = default;
};

/// The dependants of a connection, which refer to it and are not owned. Used inside a call.
class dependants {
public:
    /// No change if it throws.
    void add(dependant& d) { all_.insert(&d); }

    /// No-op if `d` is not in it.
    void remove(dependant& d) noexcept { all_.erase(&d); }

    [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

    /// Removes all, and tells each that the connection is closing. Those may remove others.
    void close_all() noexcept;

private:
    std::unordered_set<dependant*> all_;
};

}  // namespace libsql::local
