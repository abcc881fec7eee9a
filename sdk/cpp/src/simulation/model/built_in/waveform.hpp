// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

/// What the simulated digitizer sees at its inputs, so that a sample tells channel and number.
namespace upciedev::inline v1::models {

inline constexpr unsigned waveform_period = 1000; ///< samples

/// Volts at input \p channel, \p n samples after the trigger (negative: before). Channel 0 is a
/// ramp that rises by one count of 16 bits each sample and falls from +1 V to -1 V; channel c > 0
/// is a sine of half a volt with c periods in 1000 samples.
double waveform(unsigned channel, std::int64_t n) noexcept;

} // namespace upciedev::inline v1::models
