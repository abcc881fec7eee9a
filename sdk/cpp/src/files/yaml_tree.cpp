// SPDX-License-Identifier: BSD-3-Clause
#include "files/yaml_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace upciedev::inline v1::detail {

namespace {

using kind = yaml_node::kind;

// A board file of 1,000 registers has about 100 KB and 10,000 values, and nests about ten deep.
constexpr std::size_t largest = 4U << 20U; // bytes
constexpr std::size_t most_values = 500'000;
constexpr std::size_t deepest = 32;  // nested maps and sequences
constexpr std::size_t few_keys = 32; // that are compared one by one

struct enough {}; // thrown through yaml-cpp when the reader has seen what it wants

text_mark to_mark(const YAML::Mark& mark) {
    return {std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

/// Builds the tree from yaml-cpp's events.
class builder final : public YAML::EventHandler {
  public:
    builder(diagnostics& sink, const go_on& after_member)
        : sink_(sink), after_member_(after_member) {}

    [[nodiscard]] yaml_node take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (started_) refuse(to_mark(mark), "a second document", "keep to one document a file");
        started_ = true;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        add({.mark = to_mark(mark)});
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        refuse(to_mark(mark), "an alias", "write the value out; '*' must be quoted in texts");
    }
    void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
        refuse(to_mark(mark), fmt::format("an anchor '&{}'", name),
               "write the value out; '&' must be quoted in texts");
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  const std::string& text) override {
        check_tag(mark, tag);
        add({.what = kind::scalar, .quoted = tag == "!", .mark = to_mark(mark), .text = text});
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value /*style*/) override {
        check_tag(mark, tag);
        open({.what = kind::sequence, .mark = to_mark(mark)});
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override {
        check_tag(mark, tag);
        open({.what = kind::map, .mark = to_mark(mark)});
    }
    void OnMapEnd() override { close(); }

  private:
    [[noreturn]] void refuse(text_mark at, const std::string& what, const std::string& remedy) {
        sink_.give_up(at, what + " is not allowed", remedy);
    }
    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!")
            refuse(to_mark(mark), fmt::format("the tag '{}'", tag), "leave it out");
    }

    [[nodiscard]] bool key_comes() const {
        return !path_.empty() && path_.back().what == kind::map && !key_;
    }
    void count(text_mark at) {
        if (++values_ > most_values)
            sink_.give_up(at, fmt::format("more than {} values", most_values),
                          "arrays are written with 'repeat', memories as areas");
    }
    void add(yaml_node node) {
        count(node.mark);
        if (key_comes())
            take_key(node);
        else
            store(std::move(node));
    }
    void take_key(yaml_node& node) {
        if (node.what != kind::scalar) refuse(node.mark, "a key that is not plain text", "name it");
        if (const auto line = line_of_key(node.text))
            sink_.report(node.mark, fmt::format("duplicate key '{}'", node.text),
                         fmt::format("it stands already in line {}", *line));
        key_ = std::move(node);
    }
    /// Of the same key before in this map.
    [[nodiscard]] std::optional<int> line_of_key(const std::string& key) {
        const auto& members = path_.back().items;
        if (members.size() > few_keys) return line_of_indexed_key(key);
        const auto same = std::find_if(members.begin(), members.end(),
                                       [&](const auto& m) { return m.key == key; });
        return same == members.end() ? std::nullopt : std::optional(same->key_mark.line);
    }
    [[nodiscard]] std::optional<int> line_of_indexed_key(const std::string& key) {
        auto& lines = indices_[path_.size()];
        const auto& members = path_.back().items;
        for (std::size_t i = lines.size(); i < members.size(); ++i)
            lines.try_emplace(members[i].key, members[i].key_mark.line);
        const auto same = lines.find(key);
        return same == lines.end() ? std::nullopt : std::optional(same->second);
    }
    void open(yaml_node node) {
        if (key_comes()) take_key(node); // reports that it is none
        if (path_.size() == deepest) refuse(node.mark, "deeper nesting", "flatten it");
        if (key_) name(node);
        count(node.mark);
        path_.push_back(std::move(node));
    }
    void close() {
        yaml_node node = std::move(path_.back());
        indices_[path_.size()].clear();
        path_.pop_back();
        store(std::move(node));
    }
    void name(yaml_node& node) {
        node.key = std::move(key_->text);
        node.key_mark = key_->mark;
        key_.reset();
    }
    void store(yaml_node node) {
        if (key_) name(node);
        if (path_.empty()) {
            root_ = std::move(node);
            return;
        }
        path_.back().items.push_back(std::move(node));
        if (path_.size() == 1 && after_member_ && !after_member_(path_.back())) throw enough{};
    }

    diagnostics& sink_;
    const go_on& after_member_;
    bool started_ = false;
    yaml_node root_;
    std::vector<yaml_node> path_; ///< maps and sequences not yet closed
    std::optional<yaml_node> key_;
    /// By depth: keys of a large map and their lines.
    std::array<std::unordered_map<std::string, int>, deepest + 1> indices_;
    std::size_t values_ = 0;
};

} // namespace

yaml_node parse_yaml(std::string_view text, diagnostics& sink, const go_on& after_member) {
    if (text.size() > largest)
        sink.give_up({}, fmt::format("larger than {} MiB", largest >> 20U),
                     "arrays are written with 'repeat', memories as areas");
    std::istringstream stream{std::string(text)};
    builder build(sink, after_member);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(build)) {
        }
    } catch (const enough&) {
        return {};
    } catch (const YAML::Exception& problem) {
        sink.give_up(to_mark(problem.mark), problem.msg, "this is not valid YAML");
    }
    return build.take();
}

std::string read_text_file(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream || std::filesystem::is_directory(file))
        throw error(errc::bad_board_file, file, "cannot be read",
                    stream ? "it is a folder" : std::strerror(errno));
    std::string text(largest + 1, '\0'); // one more: enough for parse_yaml() to refuse it
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

} // namespace upciedev::inline v1::detail
