// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Plain text, or a name or number as one types it.
struct phrase {
    std::string text;
    bool is_code = false;
};

inline phrase code(std::string text) {
    return {std::move(text), true};
}

/// A text that grows from top to bottom. Whatever the texts hold, it shows as it is.
class document {
  public:
    virtual ~document() = default;
    /// \param level 1: the title, once and first; 2 and 3: of parts
    virtual void heading(int level, const std::vector<phrase>& words) = 0;
    virtual void paragraph(std::string_view text) = 0;
    /// Columns that are empty throughout are left out.
    void table(const std::vector<std::string>& head, const std::vector<std::vector<phrase>>& rows);
    [[nodiscard]] virtual std::string finish() = 0;

  protected:
    using cells = std::vector<phrase>;
    virtual void full_table(const cells& head, const std::vector<cells>& rows) = 0;
};

std::unique_ptr<document> make_markdown();
std::unique_ptr<document> make_html();

} // namespace cli
