// SPDX-License-Identifier: BSD-3-Clause
// What the checks of `doctor` share.
#pragma once

#include <upciedev/board_file.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace cli {

enum class verdict { ok, note, problem };

/// What one check found at one place.
struct finding {
    verdict grade = verdict::ok;
    std::string check; ///< "driver", "access", ...
    std::string where; ///< board or file; empty: the machine
    std::string what;
    std::string remedy;
};

/// A machine as its /sys, /proc, /dev, /etc, /boot and /lib tell, and what was found there.
class patient {
  public:
    explicit patient(std::filesystem::path root) : root_(std::move(root)) {}

    /// \param place "sys/module"
    [[nodiscard]] std::filesystem::path at(const std::filesystem::path& place) const {
        return root_ / place;
    }
    [[nodiscard]] std::string kernel_release() const;
    void add(finding what) { findings_.push_back(std::move(what)); }
    [[nodiscard]] const std::vector<finding>& findings() const noexcept { return findings_; }

  private:
    std::filesystem::path root_;
    std::vector<finding> findings_;
};

/// What is in a folder, sorted by name; nothing where there is none.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder);

void check_driver(patient& machine);
void check_rules(patient& machine);
void check_access(patient& machine);
void check_iommu(patient& machine);
void check_memory_access(patient& machine);
/// Boards of a known kind, and those that our driver holds.
void check_boards(patient& machine, upciedev::board_library& library);

} // namespace cli
