// SPDX-License-Identifier: BSD-3-Clause
// The JSON form of a map (.jmap): a tree of modules and registers under "addressSpace".
#include "maps/exchange.hpp"

#include <upciedev/error.hpp>

#include <fmt/core.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <vector>

namespace cli {
namespace {

using json = nlohmann::ordered_json;
using upciedev::access;

constexpr int deepest = 64; // modules in modules
constexpr std::uint64_t first_dma_bar = 13;
constexpr const char* position_key = "\001at"; // of an object in the text, put in while parsing

/// Characters of a text that tell how far the parser has come.
class counting_pointer {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    counting_pointer(const char* at, const char** reached) : at_(at), reached_(reached) {}
    reference operator*() const { return *at_; }
    counting_pointer& operator++() {
        *reached_ = at_++;
        return *this;
    }
    bool operator==(const counting_pointer& other) const { return at_ == other.at_; }

  private:
    const char* at_;
    const char** reached_;
};

class json_map_reader {
  public:
    json_map_reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    map_document read();

  private:
    [[nodiscard]] json parse() const;
    [[nodiscard]] std::string place_of(std::size_t offset) const;
    [[nodiscard]] std::string place_of(const json& object) const {
        return place_of(object.at(position_key).get<std::size_t>());
    }
    [[noreturn]] static void fail(const std::string& place, const std::string& what,
                                  const std::string& remedy = {}) {
        throw upciedev::error(upciedev::errc::bad_board_file, place, what, remedy);
    }
    void lose(const map_entry& entry, const std::string& what) {
        map_.losses.push_back({entry.place, fmt::format("{}: {}", entry.path, what)});
    }
    const json* member(const json& object, const char* key, json::value_t kind) const;
    const json* list(const json& object, const char* key) const {
        return member(object, key, json::value_t::array);
    }
    const json* inner(const json& object, const char* key) const {
        return member(object, key, json::value_t::object);
    }
    std::string text(const json& object, const char* key) const;
    std::uint64_t number(const json& object, const char* key, std::uint64_t otherwise) const;
    std::uint64_t number_of(const json& value, const char* key, const json& object) const;
    std::int64_t fraction(const json& representation) const;

    void read_nodes(const json& nodes, const std::string& parent, int depth);
    void read_node(const json& node, const std::string& parent, int depth);
    void read_register(const json& node, map_entry entry);
    void read_rights(const json& node, map_entry& entry) const;
    void read_address(const json& address, map_entry& entry) const;
    void read_representation(const json* representation, map_entry& entry);
    void read_multiplexed(const json& node, const json& tabs, map_entry area);
    void read_channel(const json& channel, const map_entry& area);
    void add(map_entry entry);
    void lose_others(const json& node, const map_entry& entry);
    void lose_contents(const json& top, const char* key);

    std::string_view text_;
    const std::string& file_;
    map_document map_;
};

std::string json_map_reader::place_of(std::size_t offset) const {
    const auto before = text_.substr(0, std::min(offset, text_.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto start = before.rfind('\n');
    const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
    return fmt::format("{}:{}:{}", file_, line, column);
}

json json_map_reader::parse() const {
    const char* reached = text_.data();
    std::vector<std::size_t> starts;
    const auto note = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start)
            starts.push_back(static_cast<std::size_t>(reached - text_.data()));
        if (event == json::parse_event_t::object_end) {
            value[position_key] = starts.back();
            starts.pop_back();
        }
        return true;
    };
    try {
        return json::parse(counting_pointer(text_.data(), &reached),
                           counting_pointer(text_.data() + text_.size(), &reached), note);
    } catch (const json::exception& problem) {
        const std::string_view what = problem.what();
        const auto detail = what.rfind(": ");
        fail(place_of(static_cast<std::size_t>(reached - text_.data())),
             fmt::format("no JSON: {}",
                         what.substr(detail == std::string_view::npos ? 0 : detail + 2)));
    }
}

const json* json_map_reader::member(const json& object, const char* key, json::value_t kind) const {
    const auto found = object.find(key);
    if (found == object.end()) return nullptr;
    if (found->type() != kind)
        fail(place_of(object), fmt::format("'{}' must be {}", key,
                                           kind == json::value_t::array    ? "a list"
                                           : kind == json::value_t::object ? "an object"
                                                                           : "a text"));
    return &*found;
}

std::string json_map_reader::text(const json& object, const char* key) const {
    const auto* found = member(object, key, json::value_t::string);
    return found == nullptr ? std::string() : found->get<std::string>();
}

/// Numbers may be texts, decimal, octal or hexadecimal.
std::uint64_t json_map_reader::number_of(const json& value, const char* key,
                                         const json& object) const {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    if (value.is_string()) {
        const auto& digits = value.get_ref<const std::string&>();
        if (const auto bits = map_number_of(digits)) return *bits;
    }
    fail(place_of(object), fmt::format("'{}' must be a number that is not negative", key),
         "write 16, or a text like \"0x10\"");
}

std::uint64_t json_map_reader::number(const json& object, const char* key,
                                      std::uint64_t otherwise) const {
    const auto found = object.find(key);
    return found == object.end() ? otherwise : number_of(*found, key, object);
}

std::int64_t json_map_reader::fraction(const json& representation) const {
    constexpr std::int64_t most = 1023;
    const auto found = representation.find("fractionalBits");
    if (found == representation.end()) return 0;
    if (found->is_number_integer() && std::abs(found->get<std::int64_t>()) <= most)
        return found->get<std::int64_t>();
    fail(place_of(representation), "'fractionalBits' must be a number from -1023 to 1023");
}

void json_map_reader::read_representation(const json* representation, map_entry& entry) {
    entry.is_signed = false;
    entry.width = static_cast<unsigned>(std::min<std::uint64_t>(64, 8 * entry.element_size()));
    if (representation == nullptr) return;
    constexpr std::uint64_t most_bits = 64;
    const auto width = number(*representation, "width", entry.width);
    if (width > most_bits)
        fail(place_of(*representation), fmt::format("a width of {} bits is too great", width));
    entry.width = static_cast<unsigned>(width);
    entry.fraction = static_cast<int>(fraction(*representation));
    if (const auto found = representation->find("isSigned"); found != representation->end()) {
        if (!found->is_boolean()) fail(place_of(*representation), "'isSigned' is true or false");
        entry.is_signed = found->get<bool>();
    }
    const auto type = text(*representation, "type");
    if (type == "IEEE754") entry.kind = map_kind::floating;
    if (type == "string") entry.kind = map_kind::text;
    if (type == "void") entry.kind = map_kind::none;
    if (type == "bitField") lose(entry, "fields of a bitField");
}

void json_map_reader::read_rights(const json& node, map_entry& entry) const {
    const auto mode = text(node, "access");
    if (mode == "RO") entry.access = access::ro;
    if (mode == "WO") entry.access = access::wo;
    if (!mode.empty() && mode != "RO" && mode != "WO" && mode != "RW")
        fail(entry.place, fmt::format("'{}' is no access", mode), "there are RO, RW and WO");
    const auto* causes = list(node, "triggeredByInterrupt");
    if (causes == nullptr || causes->empty()) return;
    if (!mode.empty()) fail(entry.place, "'access' and 'triggeredByInterrupt' exclude each other");
    entry.access = access::ro;
    for (const auto& cause : *causes)
        entry.interrupts.push_back(static_cast<unsigned>(
            std::min<std::uint64_t>(UINT32_MAX, number_of(cause, "triggeredByInterrupt", node))));
}

void json_map_reader::read_address(const json& address, map_entry& entry) const {
    if (!address.contains("offset")) fail(place_of(address), "'offset' is missing");
    entry.address = number(address, "offset", 0);
    entry.bar = number(address, "channel", 0);
    if (text(address, "type") == "DMA")
        entry.bar = std::min(entry.bar, UINT64_MAX - first_dma_bar) + first_dma_bar;
}

void json_map_reader::add(map_entry entry) {
    if (entry.bytes > UINT64_MAX - entry.address)
        fail(entry.place, fmt::format("{} ends behind the last address", entry.path));
    map_.entries.push_back(std::move(entry));
}

void json_map_reader::read_channel(const json& channel, const map_entry& area) {
    constexpr std::uint64_t usual_bytes = 4;
    if (!channel.is_object()) fail(area.place, "a channel must be an object");
    map_entry entry;
    entry.place = place_of(channel);
    entry.path = area.path + "." + map_path_of(text(channel, "name"));
    if (entry.name().empty()) fail(entry.place, "'name' is missing");
    entry.elements = 1;
    entry.bytes = number(channel, "bytesPerElement", usual_bytes);
    const auto offset = number(channel, "offset", 0);
    if (offset > area.frame || entry.bytes > area.frame - offset)
        fail(entry.place,
             fmt::format("{} ends behind the pitch of {} bytes", entry.path, area.frame));
    entry.address = area.address + offset;
    entry.bar = area.bar;
    entry.access = area.access;
    entry.unit = text(channel, "engineeringUnit");
    entry.text = text(channel, "description");
    read_representation(inner(channel, "representation"), entry);
    add(std::move(entry));
}

void json_map_reader::read_multiplexed(const json& node, const json& tabs, map_entry area) {
    const auto& tab = tabs.front();
    const auto* channels = tab.is_object() ? list(tab, "channels") : nullptr;
    if (channels == nullptr || channels->empty()) fail(area.place, "'channels' are missing");
    if (tabs.size() > 1) lose(area, "channelTabs but the first");
    lose_others(node, area);
    const auto name = area.name();
    area.path.insert(area.path.size() - name.size(), multiplexed);
    area.frame = number(tab, "pitch", 0);
    area.elements = number(tab, "numberOfElements", 0);
    if (area.frame == 0 || area.elements == 0 || area.elements > UINT64_MAX / area.frame)
        fail(place_of(tab), "'pitch' and 'numberOfElements' must be numbers above zero");
    area.bytes = area.frame * area.elements;
    if (area.bytes > UINT64_MAX - area.address)
        fail(area.place, fmt::format("{} ends behind the last address", area.path));
    map_.entries.push_back(area);
    for (const auto& channel : *channels)
        read_channel(channel, area);
}

bool is_remark(std::string_view key) {
    return key.starts_with('_') || key == position_key;
}

/// What stands at a register and has no meaning here.
void json_map_reader::lose_others(const json& node, const map_entry& entry) {
    constexpr std::array known{"name",           "engineeringUnit", "description",
                               "access",         "children",        "triggeredByInterrupt",
                               "address",        "channelTabs",     "numberOfElements",
                               "representation", "bytesPerElement"};
    std::vector<std::string> others;
    for (const auto& [key, value] : node.items())
        if (!is_remark(key) && std::ranges::find(known, key) == known.end()) others.push_back(key);
    if (!others.empty()) lose(entry, fmt::format("{}", fmt::join(others, ", ")));
}

void json_map_reader::read_register(const json& node, map_entry entry) {
    constexpr std::uint64_t most_bytes = std::uint64_t{1} << 48;
    const auto* address = inner(node, "address");
    const auto* representation = inner(node, "representation");
    if (address == nullptr && representation == nullptr) return;
    entry.unit = text(node, "engineeringUnit");
    entry.text = text(node, "description");
    read_rights(node, entry);
    if (address != nullptr) read_address(*address, entry);
    const auto* tabs = list(node, "channelTabs");
    if (tabs != nullptr && !tabs->empty()) return read_multiplexed(node, *tabs, std::move(entry));
    if (address != nullptr) {
        entry.elements = number(node, "numberOfElements", 1);
        const auto bytes = number(node, "bytesPerElement", 0);
        if (bytes == 0) fail(entry.place, fmt::format("{} has no bytesPerElement", entry.path));
        if (entry.elements > most_bytes / bytes)
            fail(entry.place, fmt::format("{} has too many elements", entry.path));
        entry.bytes = entry.elements * bytes;
    }
    read_representation(representation, entry);
    if ((address == nullptr) != (entry.kind == map_kind::none))
        fail(entry.place,
             fmt::format("{} has {}", entry.path,
                         address == nullptr ? "no address" : "an address but no data"),
             "registers of type 'void', and only they, have no address");
    lose_others(node, entry);
    add(std::move(entry));
}

void json_map_reader::read_node(const json& node, const std::string& parent, int depth) {
    if (!node.is_object()) fail(file_, "an entry of 'addressSpace' or 'children' is no object");
    map_entry entry;
    entry.place = place_of(node);
    entry.path = map_path_of(text(node, "name"));
    if (entry.path.empty()) fail(entry.place, "'name' is missing");
    if (depth == deepest) fail(entry.place, "more than 64 modules in one another");
    if (!parent.empty()) entry.path.insert(0, parent + ".");
    const auto path = entry.path;
    read_register(node, std::move(entry));
    if (const auto* children = list(node, "children")) read_nodes(*children, path, depth + 1);
}

void json_map_reader::read_nodes(const json& nodes, const std::string& parent, int depth) {
    for (const auto& node : nodes)
        read_node(node, parent, depth);
}

void json_map_reader::lose_contents(const json& top, const char* key) {
    const auto* found = inner(top, key);
    if (found == nullptr) return;
    for (const auto& [name, value] : found->items())
        if (!is_remark(name))
            map_.losses.push_back(
                {place_of(*found), fmt::format("{} '{}' has no place in a board file", key, name)});
}

map_document json_map_reader::read() {
    const auto top = parse();
    const auto* space = list(top, "addressSpace");
    if (space == nullptr) fail(place_of(top), "'addressSpace' is missing", "see docs/chimeratk.md");
    lose_contents(top, "metadata");
    lose_contents(top, "interruptHandler");
    read_nodes(*space, {}, 0);
    return std::move(map_);
}

} // namespace

map_document read_json_map(std::string_view text, const std::string& file) {
    return json_map_reader(text, file).read();
}

} // namespace cli
