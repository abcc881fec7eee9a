// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// Marks what the shared library shows to the outside; everything else is hidden in it.
#define UPCIEDEV_API __attribute__((visibility("default")))
