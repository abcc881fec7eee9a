// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "files/diagnostics.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace upciedev::inline v1::detail {

/// A YAML value with its place. YAML::Node would accept duplicate keys, hide anchors and cost
/// many times as much.
struct yaml_node {
    enum class kind { null, scalar, sequence, map };

    kind what = kind::null;
    bool quoted = false; ///< scalar: text, whatever it looks like
    text_mark mark = {};
    std::string text = {};             ///< scalar
    std::vector<yaml_node> items = {}; ///< of a sequence, or values of a map
    std::string key = {};              ///< in a map
    text_mark key_mark = {};           ///< in a map; else as mark
};

/// Asked after each member of the outermost map is complete; false ends the reading there.
using go_on = std::function<bool(const yaml_node& root)>;

/// One YAML document. Reports duplicate keys. Gives up at what cannot be read further: syntax
/// errors, anchors, aliases, tags, deep nesting, several documents, what is too large
yaml_node parse_yaml(std::string_view text, diagnostics& sink, const go_on& after_member = {});

/// The whole file, or as much of one that is too large as tells that it is. \throws error
/// bad_board_file when it cannot be read
std::string read_text_file(const std::string& file);

} // namespace upciedev::inline v1::detail
