// SPDX-License-Identifier: MIT
#pragma once
// The outputs of a monorepo's packages, held in memory: what benchmarks create, store and restore.

#include <cstdint>
#include <string>
#include <vector>

#include "stillage/result.h"

namespace stillage::bench {

struct OutputFile {
  std::string path;  ///< relative to the package, below "lib"
  std::uint32_t mode = 0;
  std::string content;
};

struct PackageOutputs {
  std::string dir;                   ///< relative to the root
  std::vector<std::string> folders;  ///< "lib" and those below it, each after the one that holds it
  std::vector<OutputFile> files;     ///< in byte order of their paths
};

/// What `build` of a monorepo made by gen_monorepo.py leaves: lib is a copy of src, in each package.
Result<std::vector<PackageOutputs>> read_outputs(const std::string& monorepo);

/// Makes the package's folder below `root`, without its outputs.
Status make_package(const std::string& root, const PackageOutputs& package);

/// The cheapest way to bring the files into the world: each opened relative to its folder, written at once,
/// closed.
Status create_plainly(const std::string& root, const PackageOutputs& package);

}  // namespace stillage::bench
