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

/// What one transaction of the replica has to pull.
struct pull_plan {
    replica_state base{};       ///< the content of the state file when the plan was made
    replication::log_id log{};  ///< whose frames they are
    std::uint64_t next{0};      ///< the first frame to fetch
    std::optional<std::uint64_t> at_least{};  ///< do not commit before this frame is included
    std::uint64_t session{0};  ///< fingerprint of the session in which they are fetched
    std::uint64_t up_to{0};    ///< the last frame of the pull that this is a part of
    bool is_marked{false};     ///< `base.committing` is the mark of this pull
    bool proves{false};  ///< the frame before `next` is fetched again, and must equal the local one
    bool replaces{false};  ///< the local content is replaced by frames of another history
};

/// Whether the local log is the one that the state describes.
bool is_log_of(const replica_state& state, const log_mark& log) noexcept;

/// Frames from the primary, of one or several calls, that become one transaction of the replica.
/// Destroying it before `commit` undoes it.
///
/// Only the last state of all that the frames committed on the primary becomes visible. The last
/// frame is held back, because only the end of the call tells that it is a commit.
class pull_transaction final : public frame_sink {
public:
    /// `on_frame` is called for each frame; an error ends the pull.
    pull_transaction(injector& into, const wal_index_file& state, pull_plan plan, deadline until,
                     std::function<std::optional<error>()> on_frame);
    ~pull_transaction();

    /// The frames of the next call are consecutive frames of the log, or those of a snapshot.
    void begin_call(bool as_snapshot) noexcept;

    bool on_frame(const frame& f) override;

    /// A call has succeeded. Its frames must end with the last frame of a transaction.
    result<void> end_call();

    /// Why `on_frame` returned false.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

    /// True if another process has changed the replica since the plan was made; this is not an
    /// error.
    [[nodiscard]] bool was_overtaken() const noexcept { return overtaken_; }

    /// True if the local log is not the one that the state file describes; nothing was written.
    [[nodiscard]] bool found_another_log() const noexcept { return other_log_; }

    /// True if the primary does not have, or did not show, what it should: it is another primary,
    /// or has another history.
    [[nodiscard]] bool is_disproved() const noexcept { return disproved_; }

    /// True if the primary has the local content, and nothing new arrived.
    [[nodiscard]] bool is_confirmed() const noexcept;

    /// The frame to ask for in the next call.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

    /// True if the last call has returned a frame.
    [[nodiscard]] bool has_received_frames() const noexcept { return received_; }

    /// True if it may be committed: it has frames, and includes all that it must.
    [[nodiscard]] bool is_complete() const noexcept;

    /// Makes the transaction visible, then records it in the state file, whose content is returned.
    /// The last transaction of a pull is durable. Those before it are not, and leave the mark of
    /// the pull: what a power failure takes of them is fetched again.
    result<replica_state> commit();

    /// Records in the state file the session in which the primary had the local content.
    result<replica_state> confirm();

private:
    bool fail(const error& why);

    /// What is known about a frame, for the proof in the state.
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
    replica_state here_{};      ///< the content of the state file, read under the lock
    std::uint32_t log_end_{0};  ///< of the local log, before the first frame was added
    std::optional<std::uint32_t> first_schema_number_;  ///< of the content that is replaced
    bool adds_{false};
    bool of_snapshot_{false};
    bool received_{false};
    std::uint64_t last_{0};     ///< the number of the last frame in this call
    std::uint64_t reached_{0};  ///< at the end of this call
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
