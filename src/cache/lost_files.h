// SPDX-License-Identifier: MIT
#pragma once
// What a run took away that is not its own: files that git tracks in its outputs, and outputs of other
// targets. An entry can't say that a file has to go, so such a result can't be restored.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/output_scan.h"
#include "cache/run_memory.h"
#include "cache/work_tree.h"
#include "stillage/target.h"

namespace stillage::cache {

struct Checkout;

/// The recorded outputs of the package's other targets and of those that `target` depends on directly, as far
/// as they lie there.
std::vector<OthersOutputs> see_others_outputs(Checkout& checkout, const Target& target,
                                              const TargetOutputs& outputs);

struct LostOutput {
  std::string path;  ///< relative to the root
  std::string target;
};

/// One of those that is gone now, though its target has not been at work since.
std::optional<LostOutput> find_lost_output(Checkout& checkout, const std::vector<OthersOutputs>& before);

/// A path (relative to the package) that git tracks, that is an output, and that is not there; `scan` is what
/// is.
std::optional<std::string> find_lost_tracked_file(const WorkTree& tree, const TargetOutputs& outputs,
                                                  const PackageFolder& folder, const OutputScan& scan);

}  // namespace stillage::cache
