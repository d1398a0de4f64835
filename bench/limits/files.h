// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "figures.h"

namespace stillage::bench {

/// A folder that is to become another folder, or one file.
struct Pair {
  std::string from;
  std::string to;
};

/// Makes each folder's files anew, whose contents are in memory when the clock starts: the cheapest way to
/// have them.
Figures create_files(const std::vector<Pair>& pairs);

/// Reads each folder's files, compresses them as one stream (zstd, level 1) and writes that to one file.
Figures pack_folders(const std::vector<Pair>& pairs);

/// Takes the stat of everything in each `from`, and of the folder itself, once: what whoever remembers all
/// else still has to do.
Figures look_at_folders(const std::vector<Pair>& pairs);

}  // namespace stillage::bench
