// SPDX-License-Identifier: BSD-3-Clause
// A behaviour that is right as it stands; each definition makes one thing of it wrong.
#include <upciedev/error.hpp>
#include <upciedev/extend/model_plugin.hpp>

#include <stdexcept>

namespace {

/// Doubles what is written to CTRL.
class doubler final : public upciedev::model {
  public:
    explicit doubler(upciedev::model_board& board) : model(board) {
#ifdef THROWS
        throw THROWS;
#endif
        board.on_write("CTRL", [this](std::uint64_t bits) { ctrl_.set(2 * bits); });
    }

  private:
    upciedev::model_part ctrl_ = board().part("CTRL");
};

} // namespace

#ifdef WRONG
extern "C" UPCIEDEV_API const upciedev::model_tag upciedev_model;
const upciedev::model_tag upciedev_model{WRONG, .board = "mine",
                                         .make = &upciedev::make_model<doubler>};
#elif defined(NAMELESS)
extern "C" UPCIEDEV_API const upciedev::model_tag upciedev_model;
const upciedev::model_tag upciedev_model{.make = &upciedev::make_model<doubler>};
#elif defined(WITHOUT_TAG)
[[maybe_unused]] const auto make = &upciedev::make_model<doubler>;
#else
UPCIEDEV_MODEL("mine", doubler);
#endif
