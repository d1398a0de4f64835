// SPDX-License-Identifier: MIT
#pragma once
// One function for each kind of vectors: replays what it finds of that kind in `folder` and tells `tally`. A
// kind that is not there is no case. Errors: vector files that cannot be read.

#include <string>

#include "stillage/result.h"
#include "tally.h"

namespace stillage::compat {

Status replay_hash_strings(const std::string& folder, Tally& tally);
Status replay_collation(const std::string& folder, Tally& tally);
Status replay_file_hash(const std::string& folder, Tally& tally);
Status replay_glob(const std::string& folder, Tally& tally);
Status replay_locks(const std::string& folder, Tally& tally);
Status replay_repos(const std::string& folder, Tally& tally);
Status replay_backfill(const std::string& folder, Tally& tally);
Status replay_azure(const std::string& folder, Tally& tally);

}  // namespace stillage::compat
