// SPDX-License-Identifier: BSD-3-Clause
// What the process of a simulated slot and its clients say to each other, on a SOCK_SEQPACKET
// socket "slotN.access": one packet a call, one packet an answer, one call at a time a connection.
// Both are of this machine: numbers are as the processor has them. The first call is hello. A
// client whose packets are no calls is cut off; one that asks for what cannot be is given an errno.
#pragma once

#include "transport/transport_check.hpp"

#include <upciedev/extend/dma_source.hpp>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace upciedev::inline v1::detail::slot_wire {

inline constexpr std::string_view socket_end = ".access";
inline std::string socket_name(unsigned slot) {
    return "slot" + std::to_string(slot) + std::string(socket_end);
}

inline constexpr std::uint32_t magic = 0x73637075; // "upcs"
inline constexpr std::uint16_t version = 5;
inline constexpr std::size_t most_operations = 128; // of one call
inline constexpr std::size_t most_data = std::size_t{64} << 10;
inline constexpr std::size_t most_areas = 1024; // of one BAR; what is behind is not mapped
/// No packet is larger.
inline constexpr std::size_t most_bytes = most_data + most_operations * sizeof(operation) + 1024;

enum class call : std::uint16_t {
    hello,   ///< header -> hello_answer, then the texts of hello_texts, each with a NUL behind
    areas,   ///< bar_request -> number (u64) of areas, then each
    run,     ///< run_request, operations, data of the write blocks -> run_answer, u64 values of
             ///< all operations, data of the read blocks in full. A wait of more than 500 ms
             ///< may end with ETIMEDOUT before its time
    map,     ///< bar_request -> nothing, and the file of the BAR's memory by SCM_RIGHTS
    claim,   ///< header -> claim_answer; EBUSY: who has it. It ends with the connection
    release, ///< header -> nothing
    reset,   ///< header -> generation (u64)
    remove,  ///< header -> nothing; the process ends
    fault,   ///< fault_request -> u64 with a bit for each model_fault that is on
    health,  ///< header -> health_answer
    /// causes (u64) and vectors (u32 each) -> nothing. From then on the connection brings a
    /// raw_interrupt a packet, without a header, and takes nothing but unmask; it ends with the
    /// board, or its reset.
    subscribe,
    unmask, ///< header, of a connection that has subscribed; has no answer
    /// peer_request, data of a write -> data of a read; ENODEV: the board has no such memory. What
    /// another board's engine does over the switch: no driver's guard and no claim is in its way.
    peer,
    /// channel (u32) -> channel_answer and the event of dma_source::descriptor(). From then on the
    /// connection is that channel, and takes nothing but the calls that follow.
    channel,
    ring, ///< ring_request -> nothing, and the file of ring_memory
    /// dma_transfer, data of a write if it is not the ring's -> nothing; one at a time, most_data
    /// bytes at most. Its end is told by result.
    transfer,
    result,   ///< cancel (u32) -> transfer_result, data of a read. EINPROGRESS: ask again
    start,    ///< dma_start -> nothing
    stop,     ///< header -> nothing
    exchange, ///< seen (u64), indices (u32 each) -> nothing; waits for none
    /// dma_peer_transfer, whose peer is a slot -> nothing; then as transfer.
    peer_transfer,
    peer_ring, ///< dma_peer_ring, whose peer is a slot -> nothing, and the file of ring_memory
    route,     ///< route_request -> route_answer; of connections that are no channel
    window,    ///< window_request -> window_answer; between slots
    lease,     ///< bar (u64), offset, length -> lease_answer; ends with the connection
    give_back, ///< number (u32) of a lease -> nothing
};
inline constexpr auto last_call = call::give_back;
inline constexpr std::size_t most_vectors = 64;    // of one subscription
inline constexpr std::uint32_t last_vector = 2047; // MSI-X has no more

/// At the front of every packet.
struct header {
    std::uint32_t magic = slot_wire::magic;
    std::uint16_t version = slot_wire::version;
    call what = call::hello;
    std::uint32_t number = 0; ///< the client's, given back in the answer
    std::int32_t error = 0;   ///< errno, in answers
};

struct bar_answer {
    std::uint64_t size = 0;
    std::uint32_t is_64bit = 0;
    std::uint32_t peer = 0; ///< offered to other boards
    std::array<char, 24> name{};
    std::array<char, 16> mapping{};
};

struct hello_answer {
    board_ids ids;
    std::uint32_t slot = 0;
    std::int32_t process = 0;
    std::uint64_t generation = 0;
    std::array<bar_answer, bars_of_a_board> bars{};
};

enum class text : std::uint8_t { file, board, title, alias, crate, crate_title };
inline constexpr std::size_t texts = 6;

struct bar_request {
    std::uint32_t bar = 0;
    std::uint32_t writing = 0; ///< of map
};

/// A stretch that may be mapped; starts at a page.
struct area {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint64_t writing = 0; ///< 0: for reading only, 1: for both
};

/// A value of a block operation means nothing here: its data follow, in the order of operations.
struct run_request {
    std::uint32_t operations = 0;
    std::uint32_t data = 0; ///< bytes
};

/// With no error, fewer operations than asked for: go on from here, the slot is slow.
struct run_answer {
    std::uint32_t done = 0; ///< operations; the error is that of the next one
    std::uint32_t part = 0; ///< accesses that were done of the next one, a block
};

enum class claim_state : std::uint32_t { nobody, mine, other, mapped };

struct claim_answer {
    claim_state state = claim_state::nobody;
    std::int32_t process = 0; ///< who claims the board, or maps it for writing
};

struct fault_request {
    std::uint32_t fault = 0; ///< a model_fault
    std::uint32_t action = 0;
    static constexpr std::uint32_t ask = 0, switch_on = 1, switch_off = 2;
};

struct peer_request {
    std::uint32_t bar = 0;
    std::uint32_t writing = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0; ///< bytes, most_data at most
};

struct channel_answer {
    std::array<char, 32> name{};
    std::uint32_t to_board = 0, descriptors = 0, stoppable = 0;
    std::uint32_t alignment = 1, address_bits = 0, reserved = 0;
    std::uint64_t max_length = 0, memory = 0;
};

struct ring_request {
    std::uint64_t frame_length = 0;
    std::uint32_t frames = 0;
    std::uint32_t reserved = 0;
};

struct transfer_result {
    std::uint64_t done = 0;
    std::uint64_t bounced = 0;
    std::uint32_t way = 0, reason = 0; ///< of peer_transfer
};

struct route_request {
    static constexpr std::uint32_t any = ~0U;
    std::uint32_t slot = 0; ///< of the peer
    std::uint32_t bar = 0;
    std::uint32_t channel = any;
    std::uint32_t reserved = 0;
};

struct route_answer {
    std::uint32_t way = 0, reason = 0;
    std::array<char, 40> bridge{};
};

/// What one slot asks another for a transfer of a client.
struct window_request {
    std::uint32_t bar = 0;
    std::int32_t process = 0; ///< the client; 0: only about the way
    std::uint64_t offset = 0, length = 0;
};

struct window_answer {
    std::uint64_t size = 0; ///< of the BAR; 0: there is none
    std::uint32_t offered = 0, redirects = 0;
};

struct lease_request {
    std::uint64_t bar = 0, offset = 0, length = 0;
};

struct lease_answer {
    std::uint32_t number = 0;
    std::int32_t holder = 0; ///< with EBUSY: a process
};

struct health_answer {
    std::uint64_t generation = 0;
    claim_answer claim;
    std::uint64_t unsupported = 0; ///< requests that it answered, or sent, and nobody took
};

/// Bytes of data that belong to an operation; 0 for what is no block, or a malformed one.
inline std::uint64_t data_of(const operation& op) noexcept {
    const bool good = op.width == 8 || op.width == 16 || op.width == 32 || op.width == 64;
    return is_block(op) && good ? std::uint64_t{op.count} * (op.width / 8) : 0;
}

/// A packet being written.
class writer {
  public:
    writer() = default;
    explicit writer(const header& head) { put(head); }
    template <class T>
    void put(const T& what) {
        static_assert(std::is_trivially_copyable_v<T>);
        put_bytes(std::as_bytes(std::span(&what, 1)));
    }
    void put_bytes(std::span<const std::byte> data) {
        bytes_.insert(bytes_.end(), data.begin(), data.end());
    }
    void put_text(std::string_view what) {
        put_bytes(std::as_bytes(std::span(what.substr(0, what.find('\0')))));
        put('\0');
    }
    [[nodiscard]] std::vector<std::byte>& bytes() noexcept { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
};

/// A packet that somebody sent. What is not there reads as nothing, and bad() tells.
class reader {
  public:
    explicit reader(std::span<const std::byte> bytes) : bytes_(bytes) {}
    template <class T>
    T take() {
        static_assert(std::is_trivially_copyable_v<T>);
        T what{};
        const auto data = take_bytes(sizeof(T));
        if (!bad_) std::memcpy(&what, data.data(), sizeof(T));
        return what;
    }
    std::span<const std::byte> take_bytes(std::size_t count) {
        if (bad_ || count > bytes_.size()) {
            bad_ = true;
            return {};
        }
        const auto data = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return data;
    }
    std::string take_text() {
        const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
        const auto end = rest.find('\0');
        bad_ = bad_ || end == std::string_view::npos;
        if (bad_) return {};
        std::string what(rest.substr(0, end));
        bytes_ = bytes_.subspan(end + 1);
        return what;
    }
    [[nodiscard]] bool bad() const noexcept { return bad_; }
    /// Nothing is missing and nothing left over.
    [[nodiscard]] bool whole() const noexcept { return !bad_ && bytes_.empty(); }

  private:
    std::span<const std::byte> bytes_;
    bool bad_ = false;
};

} // namespace upciedev::inline v1::detail::slot_wire
