// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <sys/un.h>
#include <vector>

namespace upciedev::inline v1::detail {

/// \throws error out_of_range: longer than the name of a socket may be
sockaddr_un socket_address(const std::filesystem::path& path);

/// \param file goes along, if it is one
/// \returns errno: ETIME where nobody takes it within the socket's time, ENODEV where nobody is
/// left
int send_packet(int socket, std::span<const std::byte> packet, int file = -1) noexcept;

/// One packet, whose size \p packet then has, and the file that came along.
/// \returns errno: ETIME where none came within the socket's time, ENODEV where nobody is left,
/// EMSGSIZE for one that is larger than any, EINTR
int receive_packet(int socket, std::vector<std::byte>& packet, unique_fd* file = nullptr);

/// Who connected, or listens; 0 where it cannot be told.
std::int32_t process_behind(int socket) noexcept;

void set_socket_times(int socket, int send_ms, int receive_ms) noexcept;

} // namespace upciedev::inline v1::detail
