// SPDX-License-Identifier: BSD-3-Clause
// A transport that is right as it stands; each definition makes one thing of it wrong.
#include "../test_board.hpp"

#include <upciedev/extend/transport_plugin.hpp>

namespace {

using upciedev::capability_set, upciedev::found_board, upciedev::transport_ptr;

class sim_plugin final : public upciedev::transport_plugin {
  public:
    [[nodiscard]] std::string usage() const override { return "right:SLOT"; }
    [[nodiscard]] std::string title() const override { return "a board for tests"; }
    [[nodiscard]] capability_set capabilities() const noexcept override {
        return {upciedev::capability::batch};
    }
    std::vector<found_board> list(const std::string& where) override {
        const unsigned slot = where.empty() ? 3 : static_cast<unsigned>(std::stoul(where));
        return {{slot, "first", {0x1b36, 0x00a8, 0, 0}, {}},
                {slot + 1, "second", {}, "it is not there; plug it in"}};
    }
    transport_ptr open(const std::string&, const found_board& what) override {
        if (!what.remark.empty())
            throw upciedev::error(upciedev::errc::no_such_board, what.address, what.remark);
        return std::make_shared<upciedev::sim_board>(test::make_tester(), what.slot);
    }
};

[[maybe_unused]] upciedev::transport_plugin& instance() {
    static sim_plugin only;
    return only;
}

} // namespace

#ifdef WRONG
extern "C" UPCIEDEV_API const upciedev::plugin_tag upciedev_transport_plugin;
const upciedev::plugin_tag upciedev_transport_plugin{WRONG, .instance = instance};
#elif defined(UNDEFINED)
void nobody_has_this();
extern "C" UPCIEDEV_API void upciedev_transport_plugin() {
    nobody_has_this();
}
#elif !defined(WITHOUT_TAG)
UPCIEDEV_TRANSPORT_PLUGIN("right", sim_plugin);
#endif
