// SPDX-License-Identifier: BSD-3-Clause
#include "output/document.hpp"
#include "base/joined.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>

namespace cli {
namespace {

using cells = std::vector<phrase>;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

class markdown final : public document {
  public:
    void heading(int level, const cells& words) override {
        part();
        text_ += std::string(static_cast<std::size_t>(level), '#');
        for (const auto& word : words)
            text_ += " " + span(word);
        text_ += '\n';
    }
    void paragraph(std::string_view text) override {
        part();
        const bool looks_like_a_list = !text.empty() && (text[0] == '-' || text[0] == '+');
        text_ += (looks_like_a_list ? "\\" : "") + escaped(text) + '\n';
    }
    std::string finish() override { return std::move(text_); }

  protected:
    void full_table(const cells& head, const std::vector<cells>& rows) override {
        part();
        row(head);
        text_ += '|';
        for (std::size_t i = 0; i < head.size(); ++i)
            text_ += "---|";
        text_ += '\n';
        for (const auto& each : rows)
            row(each);
    }

  private:
    static std::string escaped(std::string_view text) {
        std::string safe;
        for (const char c : text) {
            if (std::string_view("\\`*_[]<>|#~&.").find(c) != std::string_view::npos &&
                (c != '.' || is_after_number(safe)))
                safe += '\\';
            safe += is_control(c) ? ' ' : c;
        }
        return safe;
    }
    /// "1." begins a list.
    static bool is_after_number(const std::string& text) {
        return !text.empty() &&
               std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
    static std::string span(const phrase& what) {
        return what.is_code && !what.text.empty() ? "`" + what.text + "`" : escaped(what.text);
    }
    void row(const cells& row) {
        text_ += '|';
        for (const auto& cell : row)
            text_ += " " + span(cell) + (cell.text.empty() ? "|" : " |");
        text_ += '\n';
    }
    void part() {
        if (!text_.empty()) text_ += '\n';
    }

    std::string text_;
};

constexpr const char* html_style =
    "body { font-family: sans-serif; margin: 2em; }\n"
    "table { border-collapse: collapse; }\n"
    "th, td { border: 1px solid #bbb; padding: 0.2em 0.6em; text-align: left; }\n"
    "th { background: #eee; }\n";

class html final : public document {
  public:
    void heading(int level, const cells& words) override {
        if (level == 1) title_ = upciedev::detail::joined(words, &phrase::text, " ");
        body_ +=
            fmt::format("<h{0}>{1}</h{0}>\n", level, upciedev::detail::joined(words, span, " "));
    }
    void paragraph(std::string_view text) override {
        body_ += fmt::format("<p>{}</p>\n", escaped(text));
    }
    std::string finish() override {
        return fmt::format(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
            "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}</body>\n"
            "</html>\n",
            escaped(title_), html_style, body_);
    }

  protected:
    void full_table(const cells& head, const std::vector<cells>& rows) override {
        body_ += "<table>\n";
        row("th", head);
        for (const auto& each : rows)
            row("td", each);
        body_ += "</table>\n";
    }

  private:
    static std::string escaped(std::string_view text) {
        std::string safe;
        for (const char c : text)
            switch (c) {
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '&':
                safe += "&amp;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += is_control(c) ? ' ' : c;
            }
        return safe;
    }
    static std::string span(const phrase& what) {
        const auto text = escaped(what.text);
        return what.is_code && !text.empty() ? "<code>" + text + "</code>" : text;
    }
    void row(std::string_view tag, const cells& row) {
        body_ += "<tr>";
        for (const auto& cell : row)
            body_ += fmt::format("<{0}>{1}</{0}>", tag, span(cell));
        body_ += "</tr>\n";
    }

    std::string title_;
    std::string body_;
};

} // namespace

void document::table(const std::vector<std::string>& head,
                     const std::vector<std::vector<phrase>>& rows) {
    cells used_head;
    std::vector<cells> used_rows(rows.size());
    for (std::size_t column = 0; column < head.size(); ++column) {
        const auto is_used = [&](const auto& row) { return !row[column].text.empty(); };
        if (std::none_of(rows.begin(), rows.end(), is_used)) continue;
        used_head.push_back({head[column]});
        for (std::size_t i = 0; i < rows.size(); ++i)
            used_rows[i].push_back(rows[i][column]);
    }
    if (!rows.empty()) full_table(used_head, used_rows);
}

std::unique_ptr<document> make_markdown() {
    return std::make_unique<markdown>();
}

std::unique_ptr<document> make_html() {
    return std::make_unique<html>();
}

} // namespace cli
