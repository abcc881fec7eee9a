# SPDX-License-Identifier: BSD-3-Clause
# The upper floors of the SDK: ways to a board, boards and their handles, crates.
set(UPCIEDEV_ACCESS_SOURCES
    src/capabilities.cpp
    src/transport.cpp
    src/transport_check.cpp
    src/transport_error.cpp
    src/model_board.cpp
    src/model_dma.cpp
    src/model_engine.cpp
    src/model_faults.cpp
    src/model_irqs.cpp
    src/model_memory.cpp
    src/model_parts.cpp
    src/model_registers.cpp
    src/model_rules.cpp
    src/model_state.cpp
    src/irq.cpp
    src/sim.cpp
    src/slot_interrupts.cpp
    src/sim_causes.cpp
    src/sim_interrupts.cpp
    src/sim_backplane.cpp
    src/sim_bus.cpp
    ${PROJECT_SOURCE_DIR}/models/built_in.cpp
    ${PROJECT_SOURCE_DIR}/models/digitizer.cpp
    ${PROJECT_SOURCE_DIR}/models/edu.cpp
    ${PROJECT_SOURCE_DIR}/models/io.cpp
    ${PROJECT_SOURCE_DIR}/models/scatter.cpp
    ${PROJECT_SOURCE_DIR}/models/timer.cpp
    ${PROJECT_SOURCE_DIR}/models/waveform.cpp
    src/reg.cpp
    src/reg_effects.cpp
    src/reg_field.cpp
    src/area.cpp
    src/area_copy.cpp
    src/batch.cpp
    src/board.cpp
    src/board_bar.cpp
    src/board_flush.cpp
    src/change_signal.cpp
    src/board_parts.cpp
    src/chardev.cpp
    src/chardev_interrupts.cpp
    src/chardev_lease.cpp
    src/chardev_maps.cpp
    src/crate.cpp
    src/crate_expected.cpp
    src/crate_identity.cpp
    src/crate_local.cpp
    src/crate_machine.cpp
    src/crate_monitor.cpp
    src/crate_place.cpp
    src/crate_plugin.cpp
    src/crate_sim.cpp
    src/crate_source.cpp
    src/crate_folder.cpp
    src/crate_running.cpp
    src/hangup_watch.cpp
    src/slot_facts.cpp
    src/slot_link.cpp
    src/slot_maps.cpp
    src/slot_runner.cpp
    src/slot_socket.cpp
    src/slot_transport.cpp
    src/memory_transport.cpp
    src/pci_health.cpp
    src/model_plugin.cpp
    src/plugin_loader.cpp
    src/tagged_library.cpp
    src/settings.cpp
    src/settings_bits.cpp
    src/settings_file.cpp
    src/settings_text.cpp
    src/sysfs_pci.cpp
    src/trace.cpp
    src/trace_names.cpp
    src/udev_list.cpp)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBUDEV REQUIRED IMPORTED_TARGET libudev)
# The one header that user space and the driver share.
add_library(upciedev_uapi INTERFACE)
target_include_directories(upciedev_uapi INTERFACE ${PROJECT_SOURCE_DIR}/kernel/include/uapi)
set(UPCIEDEV_ACCESS_LIBS PkgConfig::LIBUDEV upciedev_uapi ${CMAKE_DL_LIBS})
