// SPDX-License-Identifier: MIT
#pragma once
// The hashes of plain backfill (`backfill -- command`), to the byte: of one package with all packages of the
// workspace that it leads to, by git's ids of their files; no manifest, no lage.

#include <string>
#include <string_view>
#include <vector>

#include "stillage/result.h"

namespace stillage::hasher {

/// A package's hash with what it was made of, in the order in which backfill logs it.
struct BackfillHash {
  struct Part {
    std::string name;
    std::string files;
    std::string dependencies;
  };
  std::vector<Part> packages;
  std::string internal_packages;
  std::string command;
  std::string combined;  ///< the package's hash
};

class BackfillHasher {
 public:
  /// `package_root`: absolute; the folder of a package, or one below it.
  explicit BackfillHasher(std::string package_root) : package_root_(std::move(package_root)) {}

  /// `salt`: the arguments of the command line, joined by spaces ("-- tsc -b"). Errors: no package.json, or
  /// one without a name among those that count; no root of a workspace; no lock file or one that backfill
  /// does not take; no git repository.
  Result<BackfillHash> hash(std::string_view salt) const;

  /// The hash of the package's own files as they are now, ignored ones left out.
  Result<std::string> hash_of_output() const;

 private:
  std::string package_root_;
};

}  // namespace stillage::hasher
