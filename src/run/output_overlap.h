// SPDX-License-Identifier: MIT
#pragma once
// Whether two targets may write the same files, as far as their declarations tell. Those that may are not run
// at the same time: nobody could say afterwards which of them made a file, and neither could be stored.

#include <string>
#include <vector>

#include "stillage/target.h"

namespace stillage::run {

/// Where a target's outputs begin: absolute paths, up to the first segment of each glob that has magic in it.
/// Those of a target that declares none are dist, lib, build and out of its folder; one that is not cached
/// has none.
std::vector<std::string> output_places(const Target& target);

/// Whether a place of one is, or lies beneath, a place of the other.
bool may_overlap(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace stillage::run
