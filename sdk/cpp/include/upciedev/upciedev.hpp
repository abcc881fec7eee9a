// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <upciedev/board_file.hpp>
#include <upciedev/check.hpp>
#include <upciedev/copy.hpp>
#include <upciedev/crate.hpp>
#include <upciedev/crate_file.hpp>
#include <upciedev/crate_monitor.hpp>
#include <upciedev/log.hpp>
#include <upciedev/settings.hpp>
