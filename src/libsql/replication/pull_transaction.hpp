#pragma once

#include "libsql/replication/frames_reader.hpp"
#include "libsql/replication/injector.hpp"
#include "libsql/replication/wal_index_file.hpp"

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
    std::uint64_t session{0};                 ///< fingerprint of that in which they come
    std::uint64_t up_to{0};                   ///< the last frame of the pull of which it is a part
    bool is_marked{false};                    ///< `base.committing` is the mark of this pull
    bool proves{false};    ///< the frame before `next` comes once more, and has to be the one here
    bool replaces{false};  ///< what is here goes: frames of another history come over it
};

/// The local log is the one that the state tells of.
bool is_log_of(const replica_state& state, const log_mark& log) noexcept;

/// Frames from the primary, of one call or of several, that become one transaction of the replica.
/// Dropping it before `commit` undoes it.
///
/// Of all that the frames committed on the primary only the last state is shown. The last frame is
/// held back, because that it is a commit is known with the end of the call only.
class pull_transaction final : public frame_sink {
public:
    /// `on_frame` is called for each frame; an error ends it.
    pull_transaction(injector& into, const wal_index_file& state, pull_plan plan, deadline until,
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

    /// The local log is not what the state file tells of; nothing was written.
    [[nodiscard]] bool found_another_log() const noexcept { return other_log_; }

    /// The primary has not got, or did not show, what it should have: it is another one, or has
    /// another history.
    [[nodiscard]] bool is_disproved() const noexcept { return disproved_; }

    /// The primary has what is here, and nothing new came.
    [[nodiscard]] bool is_confirmed() const noexcept;

    /// The frame to ask for in the next call.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

    /// The last call has brought a frame.
    [[nodiscard]] bool has_brought() const noexcept { return brought_; }

    /// It may be committed: it has frames, and all that have to be in it.
    [[nodiscard]] bool is_complete() const noexcept;

    /// Makes it visible, and then the state file say so; which is what it gives back. The last one
    /// of a pull is durable. Those before are not, and leave the mark of it: what a power failure
    /// takes of them comes again.
    result<replica_state> commit();

    /// Has the state file say in which session the primary had what is here.
    result<replica_state> confirm();

private:
    bool fail(const error& why);

    /// What is known of a frame, for the state's proof.
    struct frame_facts {
        std::uint32_t page{0};
        std::uint64_t checksum{0};
        std::uint64_t content{0};
    };

    bool is_in_order(const frame& f) const noexcept;
    bool begin();
    bool check_old(const frame& f);
    bool hold(const frame& f);
    void shift_schema_number(char* first_page) noexcept;
    result<void> begin_adding();
    [[nodiscard]] state_proof proof_of(const frame_facts& known, const state_proof& before);
    [[nodiscard]] replica_state mark();
    [[nodiscard]] bool is_marked(const replica_state& mark) const noexcept;

    injector& into_;
    const wal_index_file& state_;
    pull_plan plan_;
    deadline until_;
    std::function<std::optional<error>()> on_frame_;

    std::uint64_t next_;
    replica_state here_{};      ///< the state file's content under the lock
    std::uint32_t log_end_{0};  ///< of the local log, before the first frame was added
    std::optional<std::uint32_t> first_schema_number_;  ///< of what is to go
    bool adds_{false};
    bool of_snapshot_{false};
    bool brought_{false};
    std::uint64_t last_{0};     ///< the last frame's number in this call
    std::uint64_t reached_{0};  ///< with the end of this call
    frame_facts facts_{};       ///< of that frame
    bool proved_{false};
    bool disproved_{false};
    bool other_log_{false};
    frame held_{};
    bool holds_{false};
    std::unique_ptr<char[]> held_content_;
    bool overtaken_{false};
    std::optional<error> failure_;
};

}  // namespace libsql::replication
