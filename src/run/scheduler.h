// SPDX-License-Identifier: MIT
#pragma once
// Runs a target graph through a cache: keys first, all of them; look-ups at once and side by side; then, in
// the order of the graph, restores and commands. A run can be used without a cache, and stopped at any time.

#include <stop_token>

#include "run/events.h"
#include "run/run_options.h"
#include "stillage/result.h"

namespace stillage::run {

/// Runs everything in `graph` and tells `events` of it. A failing command is no error: see RunSummary. Errors
/// (invalid): a target's key can't be computed because of how it is configured. When `stop` is requested,
/// commands are ended, nothing more is started or stored, and the summary says that it was interrupted.
Result<RunSummary> run_targets(const graph::TargetGraph& graph, const RunOptions& options, Events& events,
                               std::stop_token stop = {});

/// The graph of one target without dependencies, for single_command(). Its id is `target.id`.
graph::TargetGraph single_target_graph(Target target);

}  // namespace stillage::run
