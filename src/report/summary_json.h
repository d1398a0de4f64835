// SPDX-License-Identifier: MIT
#pragma once
// The summary of a run as JSON, for programs (docs/formats/summary.md).

#include <string>

#include "graph/target_graph.h"
#include "run/result.h"
#include "stillage/result.h"

namespace stillage::report {

/// The summary's text. Targets without a command are left out; they are there for the order only.
std::string summary_json(const graph::TargetGraph& graph, const run::RunSummary& summary);

/// Whether write_summary() could write there, as far as can be told before; an `invalid` error if not. Makes
/// nothing.
Status check_summary_file(const std::string& path);

/// Writes it to a file, atomically; into what `path` names, if that is no plain file.
Status write_summary(const std::string& path, const graph::TargetGraph& graph,
                     const run::RunSummary& summary);

}  // namespace stillage::report
