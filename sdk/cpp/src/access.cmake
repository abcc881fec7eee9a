# SPDX-License-Identifier: BSD-3-Clause
# The upper floors of the SDK: ways to a board, boards and their handles, crates.
set(UPCIEDEV_ACCESS_SOURCES
    src/transport_check.cpp
    src/transport_error.cpp
    src/sim.cpp
    src/sim_memory.cpp
    src/sim_models.cpp
    src/sim_rules.cpp
    src/reg.cpp
    src/reg_effects.cpp
    src/reg_field.cpp
    src/area.cpp
    src/area_copy.cpp
    src/batch.cpp
    src/board.cpp
    src/board_bar.cpp)
set(UPCIEDEV_ACCESS_LIBS "")
