// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/access_claims.hpp"

#include <cerrno>
#include <mutex>

namespace upciedev::slot {

unsigned access_claims::add(std::int32_t process) {
    const std::lock_guard hold(lock_);
    members_.emplace(++last_, member{process, false});
    return last_;
}

void access_claims::remove(unsigned connection) {
    const std::lock_guard hold(lock_);
    members_.erase(connection);
    if (holder_ == connection) holder_ = 0;
}

int access_claims::take(unsigned connection, answer& told) {
    const std::lock_guard hold(lock_);
    if (holder_ != 0) {
        told = {holder_ == connection ? state::mine : state::other, members_.at(holder_).process};
        return EBUSY;
    }
    for (const auto& [number, each] : members_)
        if (number != connection && each.maps) {
            told = {state::mapped, each.process};
            return EBUSY;
        }
    holder_ = connection;
    told = {state::mine, members_.at(connection).process};
    return 0;
}

void access_claims::release(unsigned connection) {
    const std::lock_guard hold(lock_);
    if (holder_ == connection) holder_ = 0;
}

access_claims::shared_hold access_claims::writing(unsigned connection) {
    shared_hold hold(lock_);
    if (others(connection)) hold.unlock();
    return hold;
}

bool access_claims::may_write(unsigned connection) {
    const std::shared_lock hold(lock_);
    return !others(connection) || members_.at(holder_).process == members_.at(connection).process;
}

bool access_claims::claimed_against(std::int32_t process) {
    const std::shared_lock hold(lock_);
    return holder_ != 0 && members_.at(holder_).process != process;
}

bool access_claims::map_for_writing(unsigned connection) {
    const std::lock_guard hold(lock_);
    if (others(connection)) return false;
    members_.at(connection).maps = true;
    return true;
}

access_claims::answer access_claims::ask(unsigned connection) {
    const std::lock_guard hold(lock_);
    if (holder_ == 0) return {};
    return {holder_ == connection ? state::mine : state::other, members_.at(holder_).process};
}

} // namespace upciedev::slot
