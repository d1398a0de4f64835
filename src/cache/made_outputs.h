// SPDX-License-Identifier: MIT
#pragma once
// What a run of a target made: the part of what lies in its output globs that can be proved to be its doing. What
// can't be told apart is a reason not to store the result.

#include <memory>
#include <string>
#include <vector>

#include "cache/checkout.h"
#include "cache/output_scan.h"
#include "cache/package_folder.h"
#include "stillage/result.h"

namespace stillage::cache {

struct MadeOutputs {
  /// Files, links, empty folders and folders with unusual permissions, in byte order of their paths.
  std::vector<FoundPath> outputs;
  OutputScan scan;
  /// Empty, or why these outputs must not be stored.
  std::string not_stored_because;
};

/// `run` is what prepare() saw, or null: then everything in the globs that is not another target's counts.
Result<MadeOutputs> find_made_outputs(Checkout& checkout, const Target& target, const TargetOutputs& outputs,
                                      PackageFolder& folder, const PreparedRun* run);

/// Outputs as they are before a run.
SeenFiles see_outputs(const PackageFolder& folder, const OutputScan& scan);

/// Files of the package that git would list and does not track, as they are before a run.
Result<SeenFiles> see_untracked(const Checkout& checkout, PackageFolder& folder);

}  // namespace stillage::cache
