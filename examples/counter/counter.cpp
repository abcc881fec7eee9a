// SPDX-License-Identifier: BSD-3-Clause
#include "counter.hpp"

#include <upciedev/model_plugin.hpp>

UPCIEDEV_MODEL("counter", counter);
