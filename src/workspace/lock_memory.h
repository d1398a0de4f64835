// SPDX-License-Identifier: MIT
#pragma once
// What a lock file said of the packages of a workspace, remembered by everything that it was made of
// (docs/formats/state.md): a lock file that did not change need not be understood again.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "stillage/result.h"
#include "workspace/parsed_lock.h"
#include "workspace/workspace.h"

namespace stillage::workspace {

struct LockFacts {
  std::map<std::string, std::string, std::less<>> closure_digests;  ///< hex, by the package's folder
  std::vector<LockPatch> patches;
};

/// A digest of the lock file's text and of all that closures take from the workspace besides. Nothing for
/// workspaces whose closures stand on further files: none at all, those of each package, rush's.
std::optional<base::Sha256Digest> identity_of(const Workspace& workspace, std::string_view lock_text);

/// What the state file at `path` has of that identity; a missing or damaged one has nothing.
std::optional<LockFacts> read_lock_facts(const std::string& path, const base::Sha256Digest& identity);
Status write_lock_facts(const std::string& path, const base::Sha256Digest& identity, const LockFacts& facts);

}  // namespace stillage::workspace
