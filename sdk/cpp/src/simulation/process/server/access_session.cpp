// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/process/server/access_session.hpp"
#include "simulation/board/sim_bus.hpp"
#include "simulation/process/server/access_run.hpp"
#include "simulation/process/server/access_stream.hpp"
#include "simulation/process/server/mapped_pages.hpp"
#include "simulation/process/slot_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>

namespace upciedev::slot {

using namespace detail::slot_wire;

namespace {

constexpr int greeting_ms = 5000; // a client that says nothing at first is none
constexpr int answer_ms = 2000;   // for a client to take an answer

template <std::size_t size>
void set_text(std::array<char, size>& to, const std::string& text) {
    std::copy_n(text.begin(), std::min(size, text.size()), to.begin());
}

bar_answer told_of(const bar_facts& facts) {
    bar_answer told;
    told.size = facts.size;
    told.is_64bit = facts.is_64bit ? 1 : 0;
    told.peer = facts.peer ? 1 : 0;
    set_text(told.name, facts.name);
    set_text(told.mapping, facts.mapping);
    return told;
}

/// A reader is not given the right to write by accident.
detail::unique_fd memory_of(int file, bool writing) {
    const auto again = "/proc/self/fd/" + std::to_string(file);
    return detail::unique_fd(
        open(again.c_str(),
             (writing ? O_RDWR : O_RDONLY) | O_CLOEXEC)); // NOLINT(misc-redundant-expression)
}

} // namespace

access_shared::access_shared(sim_board& what, access_facts told)
    : board(what), facts(std::move(told)),
      guards(detail::guards_of(what.hardware().description())) {
    for (const auto& bar : what.hardware().description().bars) {
        const auto may = [&](std::uint64_t offset, std::uint64_t length, bool writing) {
            return what.map(bar.index, offset, length, writing) != nullptr;
        };
        for (const auto& each : mapped_pages(bar.size, may))
            if (auto& all = areas.at(bar.index); all.size() < most_areas)
                all.push_back({each.offset, each.length, each.writing ? 1U : 0U});
    }
}

access_session::access_session(access_shared& with, int socket, std::atomic<bool>& is_channel)
    : with_(with), socket_(socket), is_channel_(is_channel),
      process_(detail::process_behind(socket)), connection_(with.claims.add(process_)) {
    detail::set_socket_times(socket, answer_ms, greeting_ms);
}

access_session::~access_session() {
    for (const auto number : leases_)
        with_.leases.give_back(number);
    with_.claims.remove(connection_);
}

void access_session::serve() {
    std::vector<std::byte> packet;
    while (!leaving_) {
        const int failed = detail::receive_packet(socket_, packet);
        if (failed == EINTR) continue;
        if (failed != 0 || !answer(packet)) return;
        if (interrupts_) return stream(*interrupts_, socket_);
    }
}

bool access_session::answer(const std::vector<std::byte>& packet) {
    reader request(packet);
    auto head = request.take<header>();
    if (request.bad() || head.magic != magic) return false;
    reply to;
    const bool foreign = head.version != version;
    if (!foreign && !greeted_ && head.what != call::hello) return false;
    if (foreign || head.what > last_call)
        to.error = ENOTTY; // the version in our answer tells
    else if (!carry_out(head.what, request, to))
        return false;
    writer whole(header{.what = head.what, .number = head.number, .error = to.error});
    whole.put_bytes(to.body.bytes());
    const bool sent = detail::send_packet(socket_, whole.bytes(), to.file.get()) == 0;
    if (leaving_) with_.facts.remove();
    return sent;
}

bool access_session::carry_out(call what, reader& body, reply& to) {
    if (channel_) return use_channel(what, body, to);
    switch (what) {
    case call::areas:
        return put_areas(body, to);
    case call::run:
        return run(body, to);
    case call::map:
        return map(body, to);
    case call::fault:
        return fault(body, to);
    case call::subscribe:
        return subscribe(body, to);
    case call::peer:
        return peer(body, to);
    case call::channel:
        return open_channel(body, to);
    case call::route:
        return route(body, to);
    case call::window:
        return window(body, to);
    case call::lease:
        return lease(body, to);
    case call::give_back:
        return give_back(body);
    case call::unmask: // of a stream
    case call::ring:   // and of a channel
    case call::transfer:
    case call::result:
    case call::start:
    case call::stop:
    case call::exchange:
    case call::peer_transfer:
    case call::peer_ring:
        return false;
    default:
        break;
    }
    if (!body.whole()) return false; // the others are a header alone
    if (what == call::hello) {
        greeted_ = true;
        detail::set_socket_times(socket_, answer_ms, 0);
        greet(with_, to);
    }
    if (what == call::claim) claim(to);
    if (what == call::release) with_.claims.release(connection_);
    if (what == call::reset) reset(to);
    if (what == call::remove) remove(to);
    if (what == call::health) health(to);
    return true;
}

void access_session::greet(const access_shared& with, reply& to) {
    const auto who = with.board.identity();
    hello_answer hello;
    hello.ids = who.ids;
    hello.slot = with.facts.slot;
    hello.process = getpid();
    hello.generation = with.generation();
    for (unsigned index = 0; index < hello.bars.size(); ++index)
        hello.bars.at(index) = told_of(with.board.bar(index));
    to.body.put(hello);
    for (const auto& each : with.facts.texts)
        to.body.put_text(each);
}

bool access_session::put_areas(reader& body, reply& to) const {
    const auto request = body.take<bar_request>();
    if (!body.whole()) return false;
    if (request.bar >= with_.areas.size()) {
        to.error = ENXIO;
        return true;
    }
    const auto& all = with_.areas.at(request.bar);
    to.body.put(std::uint64_t{all.size()});
    for (const auto& each : all)
        to.body.put(each);
    return true;
}

bool access_session::run(reader& body, reply& to) {
    access_run asked(with_.board, with_.claims, connection_, with_.longest);
    if (!asked.take(body)) return false;
    to.error = asked.carry_out();
    asked.put_answer(to.body);
    return true;
}

bool access_session::map(reader& body, reply& to) {
    const auto request = body.take<bar_request>();
    if (!body.whole()) return false;
    const bool writing = request.writing != 0;
    const auto fits = [&](const area& each) { return !writing || each.writing != 0; };
    if (request.bar >= with_.areas.size() ||
        std::ranges::none_of(with_.areas.at(request.bar), fits))
        to.error = EOPNOTSUPP;
    else if (writing && !with_.claims.map_for_writing(connection_))
        to.error = EBUSY;
    else
        to.file = memory_of(with_.board.hardware().memory_file(request.bar), writing);
    if (to.error == 0 && !to.file) to.error = errno;
    return true;
}

void access_session::claim(reply& to) {
    claim_answer told;
    to.error = with_.claims.take(connection_, told);
    to.body.put(told);
}

void access_session::reset(reply& to) {
    const auto hold = with_.claims.writing(connection_);
    if (!hold) {
        to.error = EBUSY;
        return;
    }
    with_.board.reset();
    const auto generation = with_.generation();
    with_.facts.renewed(generation);
    to.body.put(generation);
}

void access_session::remove(reply& to) {
    if (with_.claims.writing(connection_))
        leaving_ = true;
    else
        to.error = EBUSY;
}

bool access_session::fault(reader& body, reply& to) {
    const auto request = body.take<fault_request>();
    if (!body.whole()) return false;
    auto& board = with_.board.hardware();
    const auto all = all_model_faults();
    if (request.action > fault_request::switch_off || request.fault >= all.size()) {
        to.error = EINVAL;
        return true;
    }
    if (request.action != fault_request::ask)
        board.fault(all[request.fault], request.action == fault_request::switch_on);
    std::uint64_t on = 0;
    for (const auto each : all)
        if (board.has_fault(each)) on |= std::uint64_t{1} << static_cast<unsigned>(each);
    to.body.put(on);
    return true;
}

bool access_session::subscribe(reader& body, reply& to) {
    interrupt_request wanted;
    wanted.causes = body.take<std::uint64_t>();
    while (!body.whole() && !body.bad()) {
        const auto vector = body.take<std::uint32_t>();
        if (vector > last_vector || wanted.vectors.size() == most_vectors) return false;
        wanted.vectors.push_back(vector);
    }
    if (body.bad()) return false;
    try {
        interrupts_ = with_.board.interrupts(wanted);
    } catch (const error& reason) {
        to.error = reason.cause() ? reason.cause().value() : EIO;
    }
    return true;
}

bool access_session::peer(reader& body, reply& to) {
    const auto what = body.take<peer_request>();
    const auto data = body.take_bytes(what.writing != 0 ? what.size : 0);
    if (!body.whole() || what.size > most_data) return false;
    auto& board = with_.board.hardware();
    std::vector<std::byte> answer(what.writing != 0 ? 0 : what.size);
    const auto failed = what.writing != 0
                            ? detail::write_by_bus(board, what.bar, what.offset, data)
                            : detail::read_by_bus(board, what.bar, what.offset, answer);
    to.error = failed.value();
    if (to.error == 0) to.body.put_bytes(answer);
    if (to.error != 0) ++with_.unsupported;
    return true;
}

bool access_session::open_channel(reader& body, reply& to) {
    const auto number = body.take<std::uint32_t>();
    if (!body.whole()) return false;
    try {
        channel_ = std::make_unique<access_channel>(
            with_.board.dma(number), [this] { return with_.claims.may_write(connection_); },
            [this](unsigned slot) { return with_.far(slot, process_); });
        is_channel_ = true;
        to.body.put(channel_->facts());
        to.file = detail::unique_fd(dup(channel_->descriptor()));
        if (!to.file) to.error = errno;
    } catch (const error& reason) {
        to.error = reason.cause() ? reason.cause().value() : EOPNOTSUPP;
    }
    return true;
}

bool access_session::use_channel(call what, reader& body, reply& to) {
    int file = -1;
    to.error = channel_->carry_out(what, body, to.body, file);
    if (file >= 0) to.file = detail::unique_fd(dup(file));
    return to.error >= 0;
}

void access_session::health(reply& to) {
    to.body.put(health_answer{with_.generation(), with_.claims.ask(connection_),
                              with_.unsupported + with_.facts.astray()});
}

} // namespace upciedev::slot
