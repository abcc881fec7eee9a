// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/error.hpp>

#include <gtest/gtest.h>

/// The error that a call throws; fails the test if it throws none.
template <class F>
upciedev::error thrown_by(F call) {
    try {
        call();
    } catch (const upciedev::error& problem) {
        return problem;
    }
    ADD_FAILURE() << "no error";
    return {upciedev::errc::busy, "", ""};
}
