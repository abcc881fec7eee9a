// SPDX-License-Identifier: BSD-3-Clause
#include "counter.hpp"

#include <upciedev/extend/model_plugin.hpp>

UPCIEDEV_MODEL("counter", counter);
