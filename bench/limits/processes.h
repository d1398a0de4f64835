// SPDX-License-Identifier: MIT
#pragma once

#include "figures.h"

namespace stillage::bench {

/// Runs one command and everything that it waits for. This program is small, since a process's peak of memory
/// is at least that of the one that started it.
Figures measure_command(char* const* command);

/// Starts the command `count` times, `parallel` at a time, and waits for each: the least that a runner has to
/// do.
Figures spawn_many(int count, int parallel, char* const* command);

}  // namespace stillage::bench
