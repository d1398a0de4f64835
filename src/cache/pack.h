// SPDX-License-Identifier: MIT
#pragma once
// Turns the outputs of a run into an entry file, and into the snapshot that goes with it.

#include <map>
#include <string>
#include <vector>

#include "archive/entry_writer.h"
#include "cache/checkout.h"
#include "cache/made_outputs.h"
#include "cache/package_folder.h"
#include "stillage/cache_provider.h"
#include "stillage/result.h"

namespace stillage::cache {

struct PackRequest {
  const std::string& key;
  const Target& target;
  const RunResult& run;
  /// os, arch, libc, node.
  const std::map<std::string, std::string>& platform;
  const std::string& temp_folder;
};

/// Packs `made` into a file in temp_folder, which is the caller's then. An output that changes meanwhile is
/// an `invalid` error.
Result<archive::EntryWriter::Finished> pack_outputs(const Checkout& checkout, const PackageFolder& folder,
                                                    const MadeOutputs& made, const PackRequest& request);

/// Remembers what the run made: as the entry with that mark, or, without a manifest, as ours though not
/// stored.
Status remember_outputs(Checkout& checkout, const PackageFolder& folder, const TargetOutputs& outputs,
                        const std::string& target, const MadeOutputs& made, const archive::Manifest* manifest,
                        const EntryMark& entry);

}  // namespace stillage::cache
