// SPDX-License-Identifier: BSD-3-Clause
#include "output/output.hpp"

#include "output/table.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace cli {

void print_json(const upciedev::board& board, const std::vector<anything>& results) {
    nlohmann::ordered_json json{{"board", board.label()}};
    json["results"] = nlohmann::ordered_json::array();
    for (const auto& each : results)
        json["results"].push_back(std::visit([](const auto& one) { return to_json(one); }, each));
    fmt::print("{}\n", json.dump(2));
}

void print_values(const std::vector<anything>& results, bool as_hex) {
    for (const auto& each : results) {
        if (const auto* one = std::get_if<reading>(&each)) {
            fmt::print("{}\n", bare(*one, as_hex));
            continue;
        }
        const auto& block = std::get<block_reading>(each);
        for (std::size_t i = 0; i < block.numbers.size(); ++i)
            fmt::print("{}\n",
                       as_hex ? hex(block.raw[i], block.width) : block.numbers[i].to_string());
    }
}

void print_table(const std::vector<anything>& results, bool as_hex) {
    table rows({style::bold, style::green, style::dim, style::plain});
    for (const auto& each : results)
        if (const auto* one = std::get_if<reading>(&each)) {
            const auto bits = hex(one->raw, one->width);
            rows.row(as_hex ? std::vector<std::string>{one->name, bits, "", ""}
                            : std::vector<std::string>{one->name, engineering(*one), bits,
                                                       fields_text(*one)});
        }
    rows.print();
    for (const auto& each : results)
        if (const auto* block = std::get_if<block_reading>(&each)) print_block(*block, as_hex);
}

} // namespace cli
