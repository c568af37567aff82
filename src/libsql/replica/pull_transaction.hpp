#pragma once

#include "libsql/replica/frames_reader.hpp"
#include "libsql/replica/injector.hpp"
#include "libsql/replica/state_file.hpp"

#include <libsql/deadline.hpp>
#include <libsql/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace libsql::replication {

/// What one transaction of the replica is to bring.
struct pull_plan {
    replica_state base{};                     ///< the state file's content when it was made
    replication::log_id log{};                ///< whose frames they are
    std::uint64_t next{0};                    ///< the first frame that is wanted
    std::optional<std::uint64_t> at_least{};  ///< no commit before this frame is in it
};

/// Frames from the primary, of one call or of several, that become one transaction of the replica.
/// Dropping it before `commit` undoes it.
///
/// Of all that the frames committed on the primary only the last state is shown. The last frame is
/// held back, because that it is a commit is known with the end of the call only.
class pull_transaction final : public frame_sink {
public:
    /// `on_frame` is called for each frame; an error ends it.
    pull_transaction(injector& into, const state_file& state, pull_plan plan, deadline until,
                     std::function<std::optional<error>()> on_frame);
    ~pull_transaction();

    /// The frames of the next call are the log's, one after the other, or a snapshot's.
    void begin_call(bool as_snapshot) noexcept;

    bool on_frame(const frame& f) override;

    /// A call went well. What it brought has to end with a transaction's last frame.
    result<void> end_call();

    /// Why `on_frame` has said no.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

    /// Another process has changed the replica since the plan was made; nothing is wrong.
    [[nodiscard]] bool was_overtaken() const noexcept { return overtaken_; }

    /// The frame to ask for in the next call.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

    /// The last call has brought a frame.
    [[nodiscard]] bool has_brought() const noexcept { return brought_; }

    /// It may be committed: it has frames, and all that have to be in it.
    [[nodiscard]] bool is_complete() const noexcept;

    /// Makes it durable and visible, and then the state file say so; which is what it gives back.
    result<replica_state> commit();

private:
    bool fail(const error& why);
    bool is_in_order(const frame& f) const noexcept;
    bool begin();

    injector& into_;
    const state_file& state_;
    pull_plan plan_;
    deadline until_;
    std::function<std::optional<error>()> on_frame_;

    std::uint64_t next_;
    bool of_snapshot_{false};
    bool brought_{false};
    std::uint64_t last_{0};     ///< the last frame's number in this call
    std::uint64_t reached_{0};  ///< with the end of this call
    frame held_{};
    bool holds_{false};
    std::unique_ptr<char[]> held_content_;
    bool overtaken_{false};
    std::optional<error> failure_;
};

}  // namespace libsql::replication
