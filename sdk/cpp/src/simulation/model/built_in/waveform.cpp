// SPDX-License-Identifier: BSD-3-Clause
#include "simulation/model/built_in/waveform.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace upciedev::inline v1::models {
namespace {

std::array<double, waveform_period> one_period() {
    std::array<double, waveform_period> volts{};
    for (unsigned i = 0; i < waveform_period; ++i)
        volts[i] = 0.5 * std::sin(2 * std::numbers::pi * i / waveform_period);
    return volts;
}

std::size_t phase(std::int64_t n) noexcept {
    const auto rest = n % waveform_period;
    return static_cast<std::size_t>(rest < 0 ? rest + waveform_period : rest);
}

} // namespace

double waveform(unsigned channel, std::int64_t n) noexcept {
    static const auto sine = one_period();
    if (channel == 0) return static_cast<std::int16_t>(n) / 32768.0;
    return sine[phase(n * channel)];
}

} // namespace upciedev::inline v1::models
