// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "simulation/process/slot_wire.hpp"

#include <map>
#include <shared_mutex>

namespace upciedev::slot {

/// Who claims the board and who maps it for writing, by connection. Thread-safe.
class access_claims {
  public:
    using state = detail::slot_wire::claim_state;
    using answer = detail::slot_wire::claim_answer;
    using shared_hold = std::shared_lock<std::shared_mutex>;

    /// A connection whose other end is that process.
    unsigned add(std::int32_t process);
    void remove(unsigned connection); ///< its claim and maps end

    /// \returns errno; EBUSY: answer tells who
    int take(unsigned connection, answer& told);
    void release(unsigned connection);
    /// Nobody else's claim begins as long as the lock is held.
    /// \returns a lock that holds nothing if another one has claimed the board
    [[nodiscard]] shared_hold writing(unsigned connection);
    /// Nobody has claimed the board but, perhaps, the process of that connection.
    [[nodiscard]] bool may_write(unsigned connection);
    /// Another process than that has claimed the board.
    [[nodiscard]] bool claimed_against(std::int32_t process);
    /// \returns false: another one has claimed the board
    bool map_for_writing(unsigned connection);
    [[nodiscard]] answer ask(unsigned connection);

  private:
    struct member {
        std::int32_t process;
        bool maps;
    };
    [[nodiscard]] bool others(unsigned connection) const {
        return holder_ != 0 && holder_ != connection;
    }

    std::shared_mutex lock_;
    std::map<unsigned, member> members_;
    unsigned last_ = 0;
    unsigned holder_ = 0; // 0: nobody
};

} // namespace upciedev::slot
